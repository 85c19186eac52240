import { IdempotencyItemNotFoundError, IdempotencyRecordStatus } from '@aws-lambda-powertools/idempotency';
import type { BasePersistenceLayer, IdempotencyRecord as PowertoolsRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { configuration } from './errors';
import { encodePayloadHash, encodeResult } from './result';
import { BesideFormer, responseOf } from '../stores/migration/former-records';
import type { FormerState } from '../stores/migration/former-state';
import type { IdempotencyStore, StoreLimits, StoreRequest } from '../stores/store';
import { epochMillis, epochSeconds } from '../time';

export interface PowertoolsRecordsOptions {
  /** The persistence layer that the records were written with; only read from. Its table needs `dynamodb:GetItem`. */
  readonly layer: BasePersistenceLayer;
  /**
   * The id under which `layer` has the record of an event; `undefined` where it
   * can have none. See `powertoolsKey`. What it throws is a store out of reach.
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
 * that run at the same moment do not see each other: where a deployment rolls,
 * or is to be rolled back, use `PowertoolsTable`.
 *
 * @example <caption>an HTTP handler that was wrapped by Powertools</caption>
 * const layer = new DynamoDBPersistenceLayer({ tableName: 'powertools' });
 * layer.configure({ config: new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"' }) });
 * const store = new PowertoolsRecords(new DynamoDbStore({ tableName: 'keys' }), { layer, keyOf: (event) => powertoolsKey(layer, event) });
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
      const key = keyOf === undefined ? id : request && keyOf(request.event, request.context);
      const record = key === undefined ? undefined : await find(layer, key);
      return record && stateOf(record, keyOf === undefined ? undefined : request);
    });
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

async function find(layer: BasePersistenceLayer, key: string): Promise<PowertoolsRecord | undefined> {
  try {
    return await (layer as unknown as Layer)._getRecord(key);
  } catch (error) {
    // Layers may come with their own copy of the error's class.
    if (error instanceof Error && error.name === IdempotencyItemNotFoundError.name) return undefined;
    throw error;
  }
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
