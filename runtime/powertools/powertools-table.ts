import { IdempotencyRecordStatus } from '@aws-lambda-powertools/idempotency';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { configuration } from './errors';
import { decodeResult, encodePayloadHash, encodeResult } from './result';
import type { StoredResponse } from '../protocol/record';
import { detectFront } from '../request/fronts/detect';
import type { DynamoDbClientLike } from '../stores/dynamodb/dynamodb-sdk-transport';
import type { DynamoDbTransport, Values } from '../stores/dynamodb/dynamodb-transport';
import { transportOf } from '../stores/dynamodb/dynamodb-transport-of';
import { responseOf } from '../stores/migration/former-records';
import type { FormerState } from '../stores/migration/former-state';
import { FormerTableStore, mayBeFollowedAt, responseToTell, type FormerLayout } from '../stores/migration/former-table-store';
import type { StoreLimits, StoreRequest } from '../stores/store';
import { epochMillis, epochSeconds } from '../time';

/** Names and defaults of the attributes are those of Powertools' `DynamoDBPersistenceLayer`. */
export interface PowertoolsTableOptions {
  /** The table's name or ARN. */
  readonly tableName: string;
  /**
   * The id under which Powertools has the record of an event; `undefined` where
   * it can have none. See `powertoolsKey`. `key` is the request's idempotency key,
   * in whichever header and case it came; for one that was sent in quotes it is
   * asked twice, with the quotes and without. What it throws is a store out of
   * reach.
   *
   * @default - the claim's own id, which is Powertools' under `PowertoolsPersistence`
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly keyOf?: (event: any, context: any, key: string) => string | undefined;
  /** @default 'id' */
  readonly keyAttr?: string;
  /** @default - the table has no sort key */
  readonly sortKeyAttr?: string;
  /** The partition key of every item, where the table has a sort key. @default - `idempotency#` and the function's name */
  readonly staticPkValue?: string;
  /** @default 'expiration' */
  readonly expiryAttr?: string;
  /** @default 'in_progress_expiration' */
  readonly inProgressExpiryAttr?: string;
  /** @default 'status' */
  readonly statusAttr?: string;
  /** @default 'data' */
  readonly dataAttr?: string;
  /** @default 'validation' */
  readonly validationKeyAttr?: string;
  /**
   * A `DynamoDBClient` of `@aws-sdk/client-dynamodb`.
   *
   * @default - a client of the store's own, as `DynamoDbStore` has it
   */
  readonly client?: DynamoDbClientLike;
  /** Something else to talk to DynamoDB with. @default - the SDK */
  readonly transport?: DynamoDbTransport;
}

/**
 * A table of Powertools, in place: its records are honoured, and ours are written
 * so that Powertools honours them. Functions of before and after a migration
 * exclude each other, in a deployment that rolls forward or back.
 *
 *     here        to Powertools
 *     claimed     INPROGRESS until the lease ends; until the record expires where takeover is never
 *     completed   COMPLETED, with the response as data; 410 where it is too large for that
 *     released    INPROGRESS and past its time: may run
 *
 * Powertools does not fence: an execution of its own that outlives its time
 * overwrites or deletes what stands in the table, ours as well. Where it has
 * completed over a claim of ours, its result is the recorded one.
 *
 * Records of Powertools' say of no tenant more than the id does, and are not
 * compared with the request; ours are, and answer nobody but who made them. Ours
 * bear no hash for `payloadValidationJmesPath`: leave that out while both serve.
 *
 * @example
 * const layer = new DynamoDBPersistenceLayer({ tableName: 'powertools' });
 * layer.configure({ config: new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"' }) });
 * const keyOf = (event, context, key) => powertoolsKey(layer, { ...event, headers: { 'idempotency-key': key } });
 * const store = new PowertoolsTable({ tableName: 'powertools', keyOf });
 */
export class PowertoolsTable extends FormerTableStore {
  /** @throws PowertoolsPersistenceError where the table's name is none. */
  public constructor(options: PowertoolsTableOptions) {
    const { tableName, keyOf, client, transport } = options;
    if (typeof tableName !== 'string' || tableName === '') throw configuration(`tableName must be a non-empty string, got ${JSON.stringify(tableName)}.`);
    if (keyOf !== undefined && typeof keyOf !== 'function') throw configuration(`keyOf must be a function of event, context and key, got ${JSON.stringify(keyOf)}.`);
    super(tableName, powertoolsLayout(options), transportOf({ client, transport }));
  }
}

const { INPROGRESS, COMPLETED } = IdempotencyRecordStatus;

function powertoolsLayout({
  keyOf,
  keyAttr = 'id',
  sortKeyAttr,
  staticPkValue = `idempotency#${process.env.AWS_LAMBDA_FUNCTION_NAME ?? ''}`,
  expiryAttr = 'expiration',
  inProgressExpiryAttr = 'in_progress_expiration',
  statusAttr = 'status',
  dataAttr = 'data',
  validationKeyAttr = 'validation',
}: PowertoolsTableOptions): FormerLayout {
  return {
    schema: { partitionKey: keyAttr, ttlAttribute: expiryAttr },
    statusAttribute: statusAttr,
    statuses: { P: INPROGRESS, C: COMPLETED, R: INPROGRESS },
    responseAttributes: [dataAttr, validationKeyAttr],
    key: (id) => (sortKeyAttr === undefined ? { [keyAttr]: { S: id } } : { [keyAttr]: { S: staticPkValue }, [sortKeyAttr]: { S: id } }),
    ...(keyOf === undefined ? {} : { idOf: keyOf }),
    overdue: ({ takeover }) => (takeover ? { condition: '#fst = :fP AND #fip < :leaseEndedBefore', names: { '#fip': inProgressExpiryAttr } } : undefined),
    claimed: (claim) => ({ [inProgressExpiryAttr]: { N: String(mayBeFollowedAt(claim)) } }),
    completed: ({ response }, request) => marshalled({ [dataAttr]: resultOf(response, keyOf === undefined ? undefined : request) }),
    released: () => ({ [inProgressExpiryAttr]: { N: '0' } }),
    state: (item, request) => {
      const { [statusAttr]: status, [expiryAttr]: expiry, [inProgressExpiryAttr]: leaseEnd, [dataAttr]: data, [validationKeyAttr]: hash } =
        unmarshall(item as Record<string, AttributeValue>) as Record<string, unknown>;
      return stateOf({ status, expiry, leaseEnd, data, hash }, keyOf === undefined ? undefined : request);
    },
  };
}

interface FormerItem {
  readonly status: unknown;
  readonly expiry: unknown;
  readonly leaseEnd: unknown;
  readonly data: unknown;
  readonly hash: unknown;
}

function stateOf({ status, expiry, leaseEnd, data, hash }: FormerItem, request: StoreRequest | undefined): FormerState {
  if (typeof expiry !== 'number') throw configuration('the record has no expiry');
  const common = {
    expiresAt: epochSeconds(Math.floor(expiry)),
    ...(request === undefined ? { fingerprint: encodePayloadHash(typeof hash === 'string' ? hash : undefined) } : {}),
  };
  if (status === COMPLETED) {
    return { kind: 'completed', ...common, response: request === undefined ? encodeResult(data, NO_LIMITS) : responseOf(data, request.event) };
  }
  if (status !== INPROGRESS) throw configuration('the record is in a state that Powertools does not have');
  return { kind: 'in-progress', ...common, ...(typeof leaseEnd === 'number' ? { leaseEnd: epochMillis(Math.floor(leaseEnd)) } : {}) };
}

const NO_LIMITS: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };

const marshalled = (attributes: Record<string, unknown>): Values =>
  marshall(attributes, { removeUndefinedValues: true }) as unknown as Values;

/** What Powertools' function returns on a retry: of one that is no HTTP handler nothing, where the result is too large to be told. */
function resultOf(response: StoredResponse, request: StoreRequest | undefined): unknown {
  const whole = responseToTell(response);
  if (request !== undefined) return detectFront(request.event)!.render(whole, request.event);
  return whole.statusCode === response.statusCode ? decodeResult(response) : undefined;
}
