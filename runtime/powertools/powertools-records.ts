import { AsyncLocalStorage } from 'node:async_hooks';
import { IdempotencyItemNotFoundError, IdempotencyRecordStatus } from '@aws-lambda-powertools/idempotency';
import type { BasePersistenceLayer, IdempotencyRecord as PowertoolsRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { PowertoolsPersistenceError } from './errors';
import { encodePayloadHash, encodeResult } from './result';
import { pack } from '../codec';
import { detectFront } from '../fronts/detect';
import { FORMAT_VERSION, type StoredRecord, type StoredResponse } from '../protocol/record';
import { isClaimable } from '../protocol/transitions';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from '../stores/store';
import { epochMillis, epochSeconds } from '../time';

type AnyHandler<Event, Context, Result> = (event: Event, context: Context) => Result;

export interface PowertoolsRecordsOptions {
  /** The persistence layer that the records were written with; only read from. Its table needs `dynamodb:GetItem`. */
  readonly layer: BasePersistenceLayer;
  /**
   * The id under which `layer` has the record of an event, for handlers inside of
   * `wrap`; `undefined` where it can have none. See `powertoolsKey`.
   *
   * @default - the claim's own id, which is Powertools' under `PowertoolsPersistence`
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly keyOf?: (event: any, context: any) => string | undefined;
}

/**
 * Honours the records that Powertools has already written, while new ones go to
 * `store`: for as long as the former `expiresAfterSeconds` after the change.
 * Before each claim the old record is read, consistently:
 *
 *     COMPLETED, not expired                  its result is replayed
 *     INPROGRESS, not past its own expiry     conflict
 *     anything else                           the claim goes on, as a takeover where it was in progress
 *
 * Nothing is written to the old table, so a function of before and one of after
 * that run at the same moment do not see each other: let the old version finish
 * (shift all traffic at once, at a time without retries) before you rely on it.
 *
 * @example <caption>an HTTP handler that was wrapped by Powertools</caption>
 * const layer = new DynamoDBPersistenceLayer({ tableName: 'powertools' });
 * layer.configure({ config: new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"' }) });
 * const records = new PowertoolsRecords(new DynamoDbStore({ tableName: 'keys' }), { layer, keyOf: (event) => powertoolsKey(layer, event) });
 * export const handler = records.wrap(idempotent(pay, { store: records }));
 *
 * @example <caption>a function that stays with makeIdempotent</caption>
 * const persistenceStore = new PowertoolsPersistence(new PowertoolsRecords(store, { layer }));
 */
export class PowertoolsRecords implements IdempotencyStore {
  public readonly limits: StoreLimits;
  readonly #call = new AsyncLocalStorage<{ readonly event: unknown; readonly context: unknown }>();

  /** @throws PowertoolsPersistenceError where the store or the layer is none. */
  public constructor(
    private readonly store: IdempotencyStore,
    private readonly options: PowertoolsRecordsOptions,
  ) {
    if (typeof store?.claim !== 'function') throw configuration(`store must be a store, got ${JSON.stringify(store)}.`);
    if (typeof (options?.layer as unknown as Partial<Layer> | undefined)?._getRecord !== 'function') {
      throw configuration('layer must be a persistence layer of Powertools, such as DynamoDBPersistenceLayer.');
    }
    this.limits = store.limits;
  }

  /**
   * Lets the store see the event of each call of the handler, for `keyOf`.
   *
   * @throws PowertoolsPersistenceError without `keyOf`
   */
  public wrap<Event, Context, Result>(handler: AnyHandler<Event, Context, Result>): AnyHandler<Event, Context, Result> {
    if (this.options.keyOf === undefined) throw configuration('wrap needs keyOf: the id under which Powertools has the record of an event.');
    const wrapped = (event: Event, context: Context): Result => this.#call.run({ event, context }, () => handler(event, context));
    // What marks a handler (already wrapped, say) marks this one.
    for (const mark of Object.getOwnPropertySymbols(handler)) Object.defineProperty(wrapped, mark, Object.getOwnPropertyDescriptor(handler, mark)!);
    return wrapped;
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const former = await this.#former(claim.id, claim.fingerprint);
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

  async #former(id: string, fingerprint: Uint8Array): Promise<StoredRecord | undefined> {
    const call = this.#call.getStore();
    const key = call === undefined ? id : this.options.keyOf?.(call.event, call.context);
    if (key === undefined) return undefined;
    const record = await find(this.options.layer, key);
    if (record === undefined) return undefined;
    const status = record.getStatus();
    if (status === IdempotencyRecordStatus.EXPIRED) return undefined;
    const { expiryTimestamp = NEVER, inProgressExpiryTimestamp = expiryTimestamp * 1000 } = record;
    return {
      id,
      version: FORMAT_VERSION,
      token: 'powertools',
      attempt: 1,
      // Powertools keeps no time of its claims.
      claimedAt: epochMillis(0),
      fingerprint: call === undefined ? encodePayloadHash(record.payloadHash) : fingerprint,
      expiresAt: epochSeconds(expiryTimestamp),
      ...(status === IdempotencyRecordStatus.COMPLETED
        ? { status: 'C', response: responseOf(record.getResponse(), call?.event) }
        : { status: 'P', leaseEnd: epochMillis(inProgressExpiryTimestamp) }),
    };
  }
}

/**
 * The id under which a persistence layer has the record of `payload`, as
 * Powertools makes it: call `layer.configure` first, with the configuration and
 * the key prefix that the records were written with.
 */
export const powertoolsKey = (layer: BasePersistenceLayer, payload: unknown): string =>
  (layer as unknown as Layer).getHashedIdempotencyKey(payload);

/** Methods that Powertools documents for layers of one's own, and declares protected. */
interface Layer {
  _getRecord(idempotencyKey: string): Promise<PowertoolsRecord>;
  getHashedIdempotencyKey(payload: unknown): string;
}

/** The largest expiry whose milliseconds are exact. */
const NEVER = Math.floor(Number.MAX_SAFE_INTEGER / 1000);
const NO_LIMITS: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };

async function find(layer: BasePersistenceLayer, key: string): Promise<PowertoolsRecord | undefined> {
  try {
    return await (layer as unknown as Layer)._getRecord(key);
  } catch (error) {
    // Layers may come with their own copy of the error's class.
    if (error instanceof Error && error.name === IdempotencyItemNotFoundError.name) return undefined;
    throw error;
  }
}

/** A handler's result as its gateway would send it; any other function's as `PowertoolsPersistence` keeps it. */
function responseOf(result: unknown, event: unknown): StoredResponse {
  const front = event === undefined ? undefined : detectFront(event);
  if (front === undefined) return encodeResult(result, NO_LIMITS);
  const packed = pack(front.normalise(result), NO_LIMITS);
  return packed.kind === 'fits' ? packed.stored : packed.tombstone;
}

const configuration = (message: string): PowertoolsPersistenceError => new PowertoolsPersistenceError('IDEMPOTENCY_CONFIGURATION', message);
