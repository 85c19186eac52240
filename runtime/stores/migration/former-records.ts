import { recordOf, type FormerState } from './former-state';
import type { StoredRecord, StoredResponse } from '../../protocol/record';
import { isClaimable } from '../../protocol/transitions';
import { detectFront } from '../../request/fronts/detect';
import { packWhole } from '../../response/codec';
import { epochMillis, epochSeconds } from '../../time';
import type { OverflowStore } from '../overflow/overflow-store';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, StoreRequest, WriteReply } from '../store';

/** A record of a system of your own, as `find` found it. */
export type FormerRecord =
  | {
    readonly status: 'completed';
    /** What the handler returned: a response in any shape that the gateway takes. */
    readonly result: unknown;
    /** Epoch seconds. @default - it does not expire */
    readonly expiresAt?: number;
    /** Epoch milliseconds, for `onDuplicate`. @default - 1970 */
    readonly createdAt?: number;
  }
  | {
    readonly status: 'in-progress';
    /** When another execution may run, epoch milliseconds. @default - at the record's expiry */
    readonly leaseEnd?: number;
    /** Epoch seconds. @default - it does not expire */
    readonly expiresAt?: number;
    /** Epoch milliseconds, for `onDuplicate`. @default - 1970 */
    readonly createdAt?: number;
  };

export interface FormerRecordsOptions {
  /**
   * The record that the former system has of a request; `undefined` or `null`
   * where it has none. `key` is the request's idempotency key, in whichever header
   * and case it came; for one that was sent in quotes it is asked twice, with the
   * quotes and without. Look it up under the tenant as well: what is found is the
   * answer, whoever asks. Read consistently: a record that is missed is an
   * operation that runs again. What it throws is a store out of reach, and so is
   * what is no record; the handler does not run.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly find: (event: any, context: any, key: string) => Promise<FormerRecord | null | undefined>;
}

/** `FormerRecords` was given something it cannot work with: at init an option, for a request what `find` found. */
export class FormerRecordsError extends Error {
  public constructor(
    message: string,
    public readonly code: 'IDEMPOTENCY_CONFIGURATION' | 'IDEMPOTENCY_FORMER_RECORD' = 'IDEMPOTENCY_CONFIGURATION',
  ) {
    super(message);
    this.name = 'FormerRecordsError';
  }
}

/** Without a request there is only the id. */
export type FindFormer = (id: string, request: StoreRequest | undefined) => Promise<FormerState | undefined>;

/**
 * A store beside which the records of a former system are honoured, read only.
 * Before each claim the former record is looked up:
 *
 *     completed, not expired               its result is replayed
 *     in progress, not past its lease      conflict
 *     anything else                        the claim goes on, as a takeover where it was in progress
 */
export class BesideFormer implements IdempotencyStore {
  public readonly limits: StoreLimits;
  public readonly bodies?: OverflowStore;

  public constructor(
    private readonly store: IdempotencyStore,
    private readonly findFormer: FindFormer,
    private readonly request?: StoreRequest,
  ) {
    this.limits = store.limits;
    this.bodies = store.bodies;
  }

  public forRequest(request: StoreRequest): IdempotencyStore {
    return new BesideFormer(this.store.forRequest?.(request) ?? this.store, this.findFormer, request);
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const state = await this.findFormer(claim.id, this.request);
    const former = state === undefined ? undefined : recordOf(state, claim.id, claim.fingerprint);
    if (former !== undefined && !isClaimable(former, claim)) return { applied: false, current: former };
    const reply = await this.store.claim(claim, options);
    return reply.applied && reply.previous === undefined ? { applied: true, previous: former } : reply;
  }

  public complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    return this.store.complete(completion, options);
  }

  public release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.store.release(release, options);
  }

  /** Records of the store's own only: of the former ones the claims know. */
  public read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.store.read(id, options);
  }
}

/**
 * Honours the records of a home-made system, which `find` looks up, while new
 * ones go to `store`.
 *
 * Nothing is written to the former system: what runs on it does not see what runs
 * here. Give it all requests at once, and at a time without retries; or write a
 * store over the former table, where old and new code exclude each other.
 *
 * @example
 * const store = new FormerRecords(new DynamoDbStore({ tableName: 'keys' }), {
 *   find: async (event, context, key) => {
 *     const row = await rows.find(event.requestContext.authorizer.jwt.claims.account_id, key);
 *     return row && { status: 'completed', result: { statusCode: row.status, body: row.response } };
 *   },
 * });
 */
export class FormerRecords extends BesideFormer {
  /** @throws FormerRecordsError where the store is none or `find` is no function. */
  public constructor(store: IdempotencyStore, { find }: FormerRecordsOptions) {
    if (typeof store?.claim !== 'function') throw new FormerRecordsError(`store must be a store, got ${JSON.stringify(store)}.`);
    if (typeof find !== 'function') throw new FormerRecordsError(`find must be a function of event and context, got ${JSON.stringify(find)}.`);
    super(store, async (_id, request) => {
      if (request === undefined) return undefined;
      for (const key of spellings(request)) {
        const found = await find(request.event, request.context, key);
        if (found !== undefined && found !== null) return stateOf(found, request.event);
      }
      return undefined;
    });
  }
}

/** The key as the former system has it, which may have taken quotes for a part of it. */
export const spellings = ({ key, sentKey }: StoreRequest): readonly string[] => (sentKey === key ? [key] : [sentKey, key]);

function stateOf(record: FormerRecord, event: unknown): FormerState {
  if (typeof record !== 'object') throw unusable(`find must resolve to a record or to undefined, got ${shown(record)}.`);
  const { status } = record;
  const common = {
    ...(record.expiresAt === undefined ? {} : { expiresAt: epochSeconds(Math.floor(time('expiresAt', record.expiresAt, 'seconds'))) }),
    ...(record.createdAt === undefined ? {} : { claimedAt: epochMillis(time('createdAt', record.createdAt, 'milliseconds')) }),
  };
  switch (status) {
    case 'completed':
      return { kind: 'completed', response: responseOf(record.result, event), ...common };
    case 'in-progress':
      return {
        kind: 'in-progress',
        ...common,
        ...(record.leaseEnd === undefined ? {} : { leaseEnd: epochMillis(Math.floor(time('leaseEnd', record.leaseEnd, 'milliseconds'))) }),
      };
    default:
      throw unusable(`status of a record that find found must be 'completed' or 'in-progress', got ${shown(status)}.`);
  }
}

/** Later than any record is kept, and sooner than any time of now in milliseconds. */
const LAST_SECOND = 100_000_000_000;

/** A time that is none, or in the other unit, would keep a record for ever or not at all. */
function time(name: string, value: unknown, unit: 'seconds' | 'milliseconds'): number {
  const fits = typeof value === 'number' && value >= 0 && (unit === 'seconds' ? value < LAST_SECOND : value <= Number.MAX_SAFE_INTEGER);
  if (!fits) throw unusable(`${name} of a record that find found must be a time in epoch ${unit}, got ${shown(value)}.`);
  return value;
}

const unusable = (message: string): FormerRecordsError => new FormerRecordsError(message, 'IDEMPOTENCY_FORMER_RECORD');

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 40);

const NO_LIMITS: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };

/** A handler's result as the gateway of its event would send it. */
export function responseOf(result: unknown, event: unknown): StoredResponse {
  const front = detectFront(event);
  if (front === undefined) throw unusable('The event of a former record is no HTTP event.');
  return packWhole(front.normalise(result), NO_LIMITS);
}
