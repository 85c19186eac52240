import { bothBodies, withBody } from './both-bodies';
import type { OverflowStore } from '../overflow/overflow-store';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from '../store';
import { deciding, isCompleted, isInProgress, ofOneClaim, replaced, standsAgainst } from './two-records';
import { isReadable, type IdempotencyRecord, type StoredRecord } from '../../protocol/record';
import { isClaimable } from '../../protocol/transitions';

export type StoreName = 'old' | 'new';

/** Where the two stores were found to differ about a key. */
export interface Divergence {
  /** The record's id. */
  readonly id: string;
  /**
   * `missing`: completed in the other store, nothing in `store`. `unfinished`:
   * completed in the other store, still in progress in `store`, whose completion
   * failed. `different`: two claims stand, and `store` holds the one that counts.
   */
  readonly kind: 'missing' | 'unfinished' | 'different';
  readonly store: StoreName;
  /** Whether `store` has the response now. */
  readonly repaired: boolean;
}

export interface Watcher {
  diverged(divergence: Divergence): void;
  /** A retry was refused by a response in these stores. */
  hit(stores: readonly StoreName[]): void;
}

type Named = { readonly name: StoreName; readonly store: IdempotencyStore };
type Completed = IdempotencyRecord & Required<Pick<IdempotencyRecord, 'response'>>;

/**
 * The middle phase of a migration: whoever looks at one of the two stores only
 * is excluded by whoever looks at both.
 *
 *     CLAIM      old, then new with the same token; refused by new: release old, and new's record is the answer
 *     COMPLETE   old, then new; superseded in either is superseded
 *     RELEASE    new, then old: the old store is the gate, and opens last
 *     READ       both
 *
 * No answer is given that the other store lacks and could take: what is completed
 * in one is first completed in the other (read repair), or the call rejects.
 */
export class BothStores implements IdempotencyStore {
  public readonly bodies?: OverflowStore;
  readonly #old: Named;
  readonly #new: Named;

  public constructor(
    oldStore: IdempotencyStore,
    newStore: IdempotencyStore,
    public readonly limits: StoreLimits,
    private readonly watcher: Watcher,
  ) {
    this.#old = { name: 'old', store: oldStore };
    this.#new = { name: 'new', store: newStore };
    this.bodies = bothBodies(oldStore.bodies, newStore.bodies);
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const inOld = await this.#old.store.claim(claim, options);
    const refusal = inOld.applied ? undefined : inOld.current ?? (await this.#old.store.read(claim.id, options));
    const resent = isClaimOf(refusal, claim) ? refusal : undefined;
    if (!inOld.applied && resent === undefined) return { applied: false, current: await this.#settle(refusal, claim, options) };

    const inNew = await this.#claimNew(claim, options);
    if (inNew.applied) {
      if (inOld.applied) return { applied: true, previous: replaced(inOld.previous, inNew.previous, claim) };
      // An earlier send of this very claim: what it replaced in old is not known, and the number of attempts tells its owner, of those in new as well.
      return { applied: false, current: withAttempt(resent!, attemptOf(inNew.previous) + 1) };
    }
    const standing = inNew.current ?? (await this.#new.store.read(claim.id, options));
    if (isClaimOf(standing, claim)) {
      const attemptInOld = inOld.applied ? attemptOf(inOld.previous) + 1 : attemptOf(refusal);
      return { applied: false, current: withAttempt(standing, attemptInOld) };
    }
    await this.#withdraw(claim);
    if (isAnswerTo(claim, standing)) {
      this.watcher.hit(['new']);
      const copied = await attempt(() => this.#copy(standing, this.#old, claim, options));
      this.watcher.diverged({ id: claim.id, kind: 'missing', store: 'old', repaired: 'value' in copied && copied.value === standing });
    }
    return { applied: false, current: standing };
  }

  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    const { id, token } = completion;
    const inOld = await this.#old.store.complete(completion, options);
    if (!inOld.applied) {
      const standing = inOld.current ?? (await this.#old.store.read(id, options));
      // What is left of the claim in new ends with its lease: released, it would say that no handler has run.
      if (!isCompletionOf(standing, token)) return { applied: false, current: deciding(standing, await this.#new.store.read(id, options), id) };
    }
    const inNew = await this.#completeNew(completion, options);
    if (inNew.applied) return { applied: true };
    const standing = inNew.current ?? (await this.#new.store.read(id, options));
    if (isCompletionOf(standing, token)) return inOld.applied ? { applied: true } : { applied: false, current: standing };
    this.watcher.diverged({ id, kind: 'different', store: 'new', repaired: false });
    return { applied: false, current: standing };
  }

  public async release(release: Release, options?: CallOptions): Promise<WriteReply> {
    const [inNew, inOld] = [
      await attempt(() => this.#new.store.release(release, options)),
      await attempt(() => this.#old.store.release(release, options)),
    ];
    if ('error' in inNew) throw inNew.error;
    if ('error' in inOld) throw inOld.error;
    return inOld.value.applied ? inNew.value : inOld.value;
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    const inOld = await this.#old.store.read(id, options);
    const inNew = await this.#new.store.read(id, options);
    return ofOneClaim(inOld, inNew) ? this.#level(inOld!, inNew!, undefined, options) : deciding(inOld, inNew, id);
  }

  /** A claim that old accepted and new did not answer must not stand in old for a lease. */
  async #claimNew(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    try {
      options?.signal?.throwIfAborted();
      return await this.#new.store.claim(claim, options);
    } catch (cause) {
      await this.#withdraw(claim);
      throw cause;
    }
  }

  async #completeNew(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    try {
      return await this.#new.store.complete(completion, options);
    } catch (cause) {
      this.watcher.diverged({ id: completion.id, kind: 'unfinished', store: 'new', repaired: false });
      throw cause;
    }
  }

  /** Best effort: a claim that stays behind is a lease to wait out and never an execution. */
  async #withdraw({ id, token }: Claim): Promise<void> {
    await attempt(() => this.#old.store.release({ id, token }));
  }

  /** Old has refused the claim: what both stores together answer, once both hold it. */
  async #settle(inOld: StoredRecord | undefined, claim: Claim, options?: CallOptions): Promise<StoredRecord | undefined> {
    const inNew = await this.#new.store.read(claim.id, options);
    const stands = standsAgainst(inNew, claim);
    const hits = [...(isAnswerTo(claim, inOld) ? ['old' as const] : []), ...(isAnswerTo(claim, inNew) && stands ? ['new' as const] : [])];
    if (hits.length > 0) this.watcher.hit(hits);
    if (inOld === undefined || !isReadable(inOld)) return inOld;
    if (inNew !== undefined && !isReadable(inNew)) return inNew;
    if (ofOneClaim(inOld, inNew)) return this.#level(inOld, inNew!, claim, options);
    if (stands) {
      // What is in progress in old came after a response that only new has, so it goes no further: new will refuse it, or it died before.
      const counts = isInProgress(inOld) && isAnswerTo(claim, inNew) ? inNew : deciding(inOld, inNew, claim.id);
      this.watcher.diverged({ id: claim.id, kind: 'different', store: counts === inNew ? 'new' : 'old', repaired: false });
      return counts;
    }
    if (!isAnswerTo(claim, inOld)) return inOld;
    const copied = await this.#copy(inOld, this.#new, claim, options);
    this.watcher.diverged({ id: claim.id, kind: 'missing', store: 'new', repaired: copied === inOld });
    return copied;
  }

  /** One claim in both stores, completed in one: completes it in the other as well. */
  async #level(inOld: StoredRecord, inNew: StoredRecord, claim: Claim | undefined, options?: CallOptions): Promise<StoredRecord | undefined> {
    if (isCompleted(inOld) && isInProgress(inNew)) return this.#finish(inOld, inNew, this.#new, claim, options);
    if (isCompleted(inNew) && isInProgress(inOld)) return this.#finish(inNew, inOld, this.#old, claim, options);
    return inOld;
  }

  async #finish(done: Completed, lagging: IdempotencyRecord, { name, store }: Named, claim: Claim | undefined, options?: CallOptions) {
    const { id, token } = done;
    const reply = await store.complete(completionOf(done), options);
    const current = reply.applied ? undefined : reply.current ?? (await store.read(id, options));
    const repaired = reply.applied || isCompletionOf(current, token);
    // Within the lease the owner may be between its two writes, which is no divergence.
    if (claim !== undefined && isClaimable(lagging, { ...claim, takeover: true, fingerprint: lagging.fingerprint })) {
      this.watcher.diverged({ id, kind: 'unfinished', store: name, repaired });
    }
    return repaired ? done : deciding(done, current, id);
  }

  /** Makes a response known to the other store: a claim under the same token, completed at once. */
  async #copy(done: Completed, { store }: Named, claim: Claim, options?: CallOptions): Promise<StoredRecord | undefined> {
    const { id, token, fingerprint, expiresAt } = done;
    const from = store === this.#new.store ? this.#old.store : this.#new.store;
    const response = await withBody(done, from, store, options);
    const claimed = await store.claim({ ...claim, token, fingerprint, expiresAt }, options);
    const refusal = claimed.applied ? undefined : claimed.current ?? (await store.read(id, options));
    if (!claimed.applied && !isClaimOf(refusal, done)) return isCompletionOf(refusal, token) ? done : deciding(done, refusal, id);
    const completed = await store.complete({ ...completionOf(done), response }, options);
    const standing = completed.applied ? undefined : completed.current ?? (await store.read(id, options));
    return completed.applied || isCompletionOf(standing, token) ? done : deciding(done, standing, id);
  }
}

const withAttempt = (record: IdempotencyRecord, least: number): IdempotencyRecord => ({ ...record, attempt: Math.max(record.attempt, least) });

const completionOf = ({ id, token, expiresAt, responseExpiresAt, response }: Completed): Completion => ({
  id, token, expiresAt, response, ...(responseExpiresAt === undefined ? {} : { responseExpiresAt }),
});

const attemptOf = (record: StoredRecord | undefined): number => (record !== undefined && isReadable(record) ? record.attempt : 0);

/** Completed, and not by another operation that a former table keeps under the same id. */
const isAnswerTo = ({ id }: Claim, record: StoredRecord | undefined): record is Completed => isCompleted(record) && record.id === id;

const isClaimOf = (record: StoredRecord | undefined, { token }: { readonly token: string }): record is IdempotencyRecord =>
  isInProgress(record) && record.token === token;

const isCompletionOf = (record: StoredRecord | undefined, token: string): boolean => isCompleted(record) && record.token === token;

/** The outcome of a call whose failure is judged later. */
async function attempt<T>(call: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}
