import type { StoredRecord } from '../../protocol/record';
import { isReadable } from '../../protocol/record';
import { applyClaim, applyCompletion, applyRelease, isExpired } from '../../protocol/transitions';
import type { EpochMillis, Millis } from '../../time';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from '../store';

export interface MemoryStoreOptions {
  /**
   * How many records are kept. When it is reached, expired records go first,
   * then the oldest completed ones; a claim in progress is never dropped.
   *
   * @default 10000
   */
  readonly maxRecords?: number;
}

/** The memory store was asked to do what it cannot do safely. */
export class MemoryStoreError extends Error {
  public constructor(
    public readonly code: 'IDEMPOTENCY_MEMORY_STORE_IN_LAMBDA' | 'IDEMPOTENCY_MEMORY_STORE_FULL' | 'IDEMPOTENCY_CONFIGURATION',
    message: string,
  ) {
    super(message);
    this.name = 'MemoryStoreError';
  }
}

/**
 * Records in this process: for development and tests. The same semantics as
 * every other store, within one process only, so it refuses to run in Lambda,
 * where two sandboxes would each have a memory of their own.
 */
export class MemoryStore implements IdempotencyStore {
  public readonly limits: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };
  readonly #records = new Map<string, StoredRecord>();
  readonly #maxRecords: number;

  /** @throws MemoryStoreError in Lambda, and where `maxRecords` is not a positive integer. */
  public constructor(options: MemoryStoreOptions = {}, environment: Readonly<Record<string, string | undefined>> = process.env) {
    // Test set-ups name a function as Lambda does; only a sandbox has a Runtime API.
    if (environment.AWS_LAMBDA_RUNTIME_API !== undefined) {
      throw new MemoryStoreError(
        'IDEMPOTENCY_MEMORY_STORE_IN_LAMBDA',
        'MemoryStore keeps records in one process and Lambda runs many: use DynamoDbStore.',
      );
    }
    const { maxRecords = 10_000 } = options;
    if (!Number.isInteger(maxRecords) || maxRecords < 1) {
      throw new MemoryStoreError(
        'IDEMPOTENCY_CONFIGURATION',
        `maxRecords must be a positive integer, got ${String(maxRecords)}: leave it out for 10000.`,
      );
    }
    this.#maxRecords = maxRecords;
  }

  /** How many records are kept at the moment. */
  public get size(): number {
    return this.#records.size;
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    options?.signal?.throwIfAborted();
    const current = this.#records.get(claim.id);
    if (current === undefined) this.#makeRoom(claim.now, claim.margin);
    const { record, reply } = applyClaim(current, claim);
    this.#put(record);
    return reply;
  }

  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    options?.signal?.throwIfAborted();
    const { record, reply } = applyCompletion(this.#records.get(completion.id), completion);
    if (record !== undefined) this.#put(record);
    return reply;
  }

  public async release(release: Release, options?: CallOptions): Promise<WriteReply> {
    options?.signal?.throwIfAborted();
    const { record, reply } = applyRelease(this.#records.get(release.id), release);
    if (record !== undefined) this.#put(record);
    return reply;
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    options?.signal?.throwIfAborted();
    return this.#records.get(id);
  }

  #put(record: StoredRecord): void {
    this.#records.delete(record.id);
    this.#records.set(record.id, record);
  }

  #makeRoom(now: EpochMillis, margin: Millis): void {
    if (this.#records.size < this.#maxRecords) return;
    for (const [id, record] of this.#records) {
      if (isReadable(record) && isExpired(record, now, margin)) this.#records.delete(id);
    }
    if (this.#records.size < this.#maxRecords) return;
    for (const [id, record] of this.#records) {
      if (isReadable(record) && record.status !== 'P') {
        this.#records.delete(id);
        return;
      }
    }
    throw new MemoryStoreError(
      'IDEMPOTENCY_MEMORY_STORE_FULL',
      `All ${this.#maxRecords} records are executions in progress: raise maxRecords.`,
    );
  }
}
