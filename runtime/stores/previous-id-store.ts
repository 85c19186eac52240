import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from './store';
import { isReadable, type StoredRecord } from '../protocol/record';
import { isClaimable } from '../protocol/transitions';

/**
 * After the key secret was rotated: records made before lie under another id,
 * and one that still stands is honoured before a new one is claimed. For one
 * request, whose two ids it is made with. Costs one read a claim, for as long as
 * a previous secret is configured.
 */
export class PreviousIdStore implements IdempotencyStore {
  public constructor(
    private readonly store: IdempotencyStore,
    private readonly previousId: string,
  ) {}

  public get limits(): StoreLimits {
    return this.store.limits;
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const previous = await this.store.read(this.previousId, options);
    const stands = previous !== undefined && !(isReadable(previous) && previous.status === 'R') && !isClaimable(previous, claim);
    return stands ? { applied: false, current: previous } : this.store.claim(claim, options);
  }

  public complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    return this.store.complete(completion, options);
  }

  public release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.store.release(release, options);
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return (await this.store.read(id, options)) ?? this.store.read(this.previousId, options);
  }
}
