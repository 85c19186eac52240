import { IdempotencyItemNotFoundError, IdempotencyKeyError, IdempotencyRecordStatus } from '@aws-lambda-powertools/idempotency';
import type { BasePersistenceLayer, IdempotencyRecord as PowertoolsRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { configuration } from './errors';
import { encodePayloadHash, encodeResult } from './result';
import { BesideFormer, responseOf, spellings } from '../stores/migration/former-records';
import type { FormerState } from '../stores/migration/former-state';
import type { IdempotencyStore, StoreLimits, StoreRequest } from '../stores/store';
import { epochMillis, epochSeconds } from '../time';

export interface PowertoolsRecordsOptions {
  /** The persistence layer that the records were written with; only read from. Its table needs `dynamodb:GetItem`. */
  readonly layer: BasePersistenceLayer;
  /**
   * The id under which `layer` has the record of an event; `undefined` where it
   * can have none. See `powertoolsKey`. `key` is the request's idempotency key, in
   * whichever header and case it came; for one that was sent in quotes it is asked
   * twice, with the quotes and without. What it throws is a store out of reach.
   *
   * @default - the claim's own id, which is Powertools' under `PowertoolsPersistence`
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly keyOf?: (event: any, context: any, key: string) => string | undefined;
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
 * that run at the same moment do not see each other: where a deployment rolls,
 * or is to be rolled back, use `PowertoolsTable`. Not for a table that a
 * `PowertoolsTable` has written to: a layer does not see whose such a record is.
 *
 * @example <caption>an HTTP handler that was wrapped by Powertools</caption>
 * const layer = new DynamoDBPersistenceLayer({ tableName: 'powertools' });
 * layer.configure({ config: new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"' }) });
 * const keyOf = (event, context, key) => powertoolsKey(layer, { ...event, headers: { 'idempotency-key': key } });
 * const store = new PowertoolsRecords(new DynamoDbStore({ tableName: 'keys' }), { layer, keyOf });
 * export const handler = idempotent(pay, { store });
 *
 * @example <caption>a function that stays with makeIdempotent</caption>
 * const persistenceStore = new PowertoolsPersistence(new PowertoolsRecords(store, { layer }));
 */
export class PowertoolsRecords extends BesideFormer {
  /** @throws PowertoolsPersistenceError where the store or the layer is none. */
  public constructor(store: IdempotencyStore, options: PowertoolsRecordsOptions) {
    if (typeof store?.claim !== 'function') throw configuration(`store must be a store, got ${JSON.stringify(store)}.`);
    if (typeof (options?.layer as unknown as Partial<Layer> | undefined)?._getRecord !== 'function') {
      throw configuration('layer must be a persistence layer of Powertools, such as DynamoDBPersistenceLayer.');
    }
    const { layer, keyOf } = options;
    super(store, async (id, request) => {
      if (keyOf === undefined) return stateIn(layer, id, undefined);
      for (const key of request === undefined ? [] : spellings(request)) {
        const formerId = keyOf(request!.event, request!.context, key);
        const state = formerId === undefined ? undefined : await stateIn(layer, formerId, request);
        if (state !== undefined) return state;
      }
      return undefined;
    });
  }
}

/**
 * The id under which a persistence layer has the record of `payload`, as
 * Powertools makes it: call `layer.configure` first, with the configuration and
 * the key prefix that the records were written with. `undefined` where the
 * configured JMESPath selects nothing: Powertools then keeps no record, or one
 * that all such payloads share.
 *
 * JMESPath sees a header in one case only, and `null` where it is in another: give
 * it a payload with the header that it looks for. A part of a list that finds
 * nothing is `null` in the id.
 *
 * @throws PowertoolsPersistenceError where the layer is not configured
 *
 * @example
 * keyOf: (event, context, key) => powertoolsKey(layer, { ...event, headers: { 'idempotency-key': key } })
 */
export function powertoolsKey(layer: BasePersistenceLayer, payload: unknown): string | undefined {
  const own = layer as unknown as Layer;
  const { throwOnNoIdempotencyKey } = own;
  if (!own.configured) {
    throw configuration('layer is not configured: call layer.configure({ config, keyPrefix }) with what the records were written with.');
  }
  // Powertools alone knows what it takes for nothing.
  own.throwOnNoIdempotencyKey = true;
  try {
    return own.getHashedIdempotencyKey(payload);
  } catch (error) {
    if (error instanceof Error && error.name === IdempotencyKeyError.name) return undefined;
    throw error;
  } finally {
    own.throwOnNoIdempotencyKey = throwOnNoIdempotencyKey;
  }
}

/** Members that Powertools documents for layers of one's own, and declares protected. */
interface Layer {
  configured: boolean;
  throwOnNoIdempotencyKey: boolean;
  _getRecord(idempotencyKey: string): Promise<PowertoolsRecord>;
  getHashedIdempotencyKey(payload: unknown): string;
}

async function find(layer: BasePersistenceLayer, key: string): Promise<PowertoolsRecord | undefined> {
  try {
    return await (layer as unknown as Layer)._getRecord(key);
  } catch (error) {
    // Layers may come with their own copy of the error's class.
    if (error instanceof Error && error.name === IdempotencyItemNotFoundError.name) return undefined;
    throw error;
  }
}

async function stateIn(layer: BasePersistenceLayer, id: string, request: StoreRequest | undefined): Promise<FormerState | undefined> {
  const record = await find(layer, id);
  return record && stateOf(record, request);
}

const NO_LIMITS: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };

function stateOf(record: PowertoolsRecord, request: StoreRequest | undefined): FormerState | undefined {
  const status = record.getStatus();
  if (status === IdempotencyRecordStatus.EXPIRED) return undefined;
  const { expiryTimestamp, inProgressExpiryTimestamp } = record;
  const common = {
    ...(expiryTimestamp === undefined ? {} : { expiresAt: epochSeconds(expiryTimestamp) }),
    ...(request === undefined ? { fingerprint: encodePayloadHash(record.payloadHash) } : {}),
  };
  if (status === IdempotencyRecordStatus.COMPLETED) {
    const result = record.getResponse();
    return { kind: 'completed', response: request === undefined ? encodeResult(result, NO_LIMITS) : responseOf(result, request.event), ...common };
  }
  return { kind: 'in-progress', ...common, ...(inProgressExpiryTimestamp === undefined ? {} : { leaseEnd: epochMillis(inProgressExpiryTimestamp) }) };
}
