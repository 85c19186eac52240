import { BothStores, type Divergence, type StoreName, type Watcher } from './both-stores';
import { forRequest } from '../for-request';
import type { OverflowStore } from '../overflow/overflow-store';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, StoreRequest, WriteReply } from '../store';
import { isCompleted } from './two-records';
import { MIGRATION_METRICS } from '../../../lib/contract';
import type { CounterName, IdempotencyMetrics } from '../../observability/metrics';
import { quietMetrics } from '../../observability/quiet';
import type { StoredRecord } from '../../protocol/record';

export type MigrationPhase = 'old' | 'both' | 'new';

export interface DualWriteStoreOptions {
  /**
   * Which store decides: the old one alone, both, or the new one alone. Go one
   * step at a time, from `old` through `both` to `new` (or back), and stay in
   * `both` for at least one retention (`ttlSeconds`, and `rememberSeconds` where
   * keys are remembered) after the last host of the former phase has gone. A step
   * over `both`, or one that is taken too early, executes operations twice.
   */
  readonly phase: MigrationPhase;
  /**
   * Told of each difference between the stores that phase `both` meets. In the
   * first retention there are responses of before (`missing` in `new`, copied when
   * they are asked for); after it there should be none, and then `new` may follow.
   * What it throws is swallowed.
   */
  readonly onDivergence?: (divergence: Divergence) => void;
  /**
   * Counts `OldStoreHits`, `NewStoreHits` and `Divergences`, with the route `dual-write`.
   *
   * @default - nothing is counted
   */
  readonly metrics?: IdempotencyMetrics;
  /**
   * The metrics' dimension `service`: give it the namespace of your settings.
   *
   * @default 'default'
   */
  readonly service?: string;
}

/** `DualWriteStore` was given an option it cannot work with. */
export class DualWriteStoreError extends Error {
  public readonly code = 'IDEMPOTENCY_CONFIGURATION';

  public constructor(message: string) {
    super(message);
    this.name = 'DualWriteStoreError';
  }
}

/**
 * Moves records from one store to another under traffic: to another table, from
 * Redis to DynamoDB, into another account.
 *
 *     phase   claims in          honours                          fails closed without
 *     old     old                old                              old
 *     both    old, then new      a response or a live claim of    old and new
 *                                either, under one token
 *     new     new                new                              new
 *
 * Hosts of neighbouring phases exclude each other in the store that both look at,
 * so each step can be a rolling deployment. In `both` a retry costs a read more,
 * an execution three writes more. Every promise of the lease protocol holds
 * through the migration, on the same condition: hosts' clocks differ by less than
 * `clockMarginSeconds`.
 *
 * @example
 * const store = new DualWriteStore(
 *   new DynamoDbStore({ tableName: 'keys' }),
 *   new DynamoDbStore({ tableName: 'keys-v2' }),
 *   { phase: process.env.MIGRATION_PHASE as MigrationPhase, metrics },
 * );
 */
export class DualWriteStore implements IdempotencyStore {
  /** What both stores can hold, so that a response may follow into the new one; in phase `new` what that one can. */
  public readonly limits: StoreLimits;
  public readonly bodies?: OverflowStore;
  readonly #store: IdempotencyStore;

  /** @throws DualWriteStoreError where a store is missing or the phase is none. */
  public constructor(
    private readonly oldStore: IdempotencyStore,
    private readonly newStore: IdempotencyStore,
    private readonly options: DualWriteStoreOptions,
  ) {
    for (const [name, store] of Object.entries({ oldStore, newStore })) {
      if (typeof store?.claim !== 'function') throw new DualWriteStoreError(`${name} must be a store, got ${JSON.stringify(store)}.`);
    }
    if (oldStore === newStore) throw new DualWriteStoreError('oldStore and newStore are the same store: give it alone, without DualWriteStore.');
    const { phase } = options;
    const watcher = watcherOf(options);
    switch (phase) {
      case 'old':
        this.limits = smaller(oldStore.limits, newStore.limits);
        this.#store = countingHits(oldStore, 'old', watcher);
        break;
      case 'both':
        this.limits = smaller(oldStore.limits, newStore.limits);
        this.#store = new BothStores(oldStore, newStore, this.limits, watcher);
        break;
      case 'new':
        this.limits = newStore.limits;
        this.#store = countingHits(newStore, 'new', watcher);
        break;
      default:
        throw new DualWriteStoreError(`phase must be 'old', 'both' or 'new', got ${JSON.stringify(phase)}.`);
    }
    this.bodies = this.#store.bodies;
  }

  public claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    return this.#store.claim(claim, options);
  }

  public complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    return this.#store.complete(completion, options);
  }

  public release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.#store.release(release, options);
  }

  public read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#store.read(id, options);
  }

  /** Both stores see the request. */
  public forRequest(request: StoreRequest): IdempotencyStore {
    const { oldStore, newStore, options } = this;
    if (oldStore.forRequest === undefined && newStore.forRequest === undefined) return this;
    return new DualWriteStore(forRequest(oldStore, request), forRequest(newStore, request), options);
  }
}

function smaller(one: StoreLimits, other: StoreLimits): StoreLimits {
  const least = (a: number, b: number): number => (a === 0 || b === 0 ? a + b : Math.min(a, b));
  const [inOne, inOther] = [one.inlineBytes, other.inlineBytes];
  return {
    itemBytes: least(one.itemBytes, other.itemBytes),
    writeUnitBytes: least(one.writeUnitBytes, other.writeUnitBytes),
    // Beside a record only where that is so in both: a store without bodies of its own takes no others.
    ...(inOne === undefined || inOther === undefined ? {} : { inlineBytes: Math.min(inOne, inOther) }),
  };
}

function watcherOf({ onDivergence, metrics, service = 'default' }: DualWriteStoreOptions): Watcher {
  const counted = metrics && quietMetrics(metrics);
  const count = (counters: readonly CounterName[]): void => counted?.measure({ service, route: 'dual-write', counters });
  return {
    hit: (stores) => count(stores.map((name) => HITS[name])),
    diverged(divergence) {
      count([MIGRATION_METRICS.DIVERGENCES]);
      // Told and no more: neither what it throws nor a promise that rejects changes an answer.
      void (async () => onDivergence?.(divergence))().catch(() => undefined);
    },
  };
}

const HITS = { old: MIGRATION_METRICS.OLD_STORE_HITS, new: MIGRATION_METRICS.NEW_STORE_HITS } as const;

const countingHits = (store: IdempotencyStore, name: StoreName, watcher: Watcher): IdempotencyStore => ({
  limits: store.limits,
  bodies: store.bodies,
  async claim(claim, options) {
    const reply = await store.claim(claim, options);
    if (!reply.applied && isCompleted(reply.current)) watcher.hit([name]);
    return reply;
  },
  complete: (completion, options) => store.complete(completion, options),
  release: (release, options) => store.release(release, options),
  read: (id, options) => store.read(id, options),
});
