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
  }
  | {
    readonly status: 'in-progress';
    /** When another execution may run, epoch milliseconds. @default - at the record's expiry */
    readonly leaseEnd?: number;
    /** Epoch seconds. @default - it does not expire */
    readonly expiresAt?: number;
  };

export interface FormerRecordsOptions {
  /**
   * The record that the former system has of a request, or `undefined`. Read
   * consistently: a record that is missed is an operation that runs again. What
   * it throws is a store out of reach, and the handler does not run.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly find: (event: any, context: any) => Promise<FormerRecord | undefined>;
}

/** `FormerRecords` was given something it cannot work with. */
export class FormerRecordsError extends Error {
  public readonly code = 'IDEMPOTENCY_CONFIGURATION';

  public constructor(message: string) {
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
 *   find: async (event) => {
 *     const row = await rows.find(event.headers['x-request-id']);
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
      const found = request && (await find(request.event, request.context));
      return found && stateOf(found, request.event);
    });
  }
}

function stateOf(record: FormerRecord, event: unknown): FormerState {
  const expiry = record.expiresAt === undefined ? {} : { expiresAt: epochSeconds(record.expiresAt) };
  if (record.status === 'completed') return { kind: 'completed', response: responseOf(record.result, event), ...expiry };
  return { kind: 'in-progress', ...expiry, ...(record.leaseEnd === undefined ? {} : { leaseEnd: epochMillis(record.leaseEnd) }) };
}

const NO_LIMITS: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };

/** A handler's result as the gateway of its event would send it. */
export function responseOf(result: unknown, event: unknown): StoredResponse {
  const front = detectFront(event);
  if (front === undefined) throw new FormerRecordsError('The event of a former record is no HTTP event.');
  return packWhole(front.normalise(result), NO_LIMITS);
}
