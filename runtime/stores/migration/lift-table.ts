import { responseOf } from './former-records';
import { endOf, type FormerState } from './former-state';
import { FormerTableStore, mayBeFollowedAt, responseToTell, type FormerLayout } from './former-table-store';
import { FORMER_ATTRIBUTES } from '../../../lib/contract';
import type { StoredResponse } from '../../protocol/record';
import { detectFront } from '../../request/fronts/detect';
import { field } from '../../request/fronts/parts';
import { accountOf } from '../../request/tenant';
import { epochMillis, epochSeconds, minus, toEpochSeconds } from '../../time';
import type { DynamoDbClientLike } from '../dynamodb/dynamodb-sdk-transport';
import type { DynamoDbTransport, Values } from '../dynamodb/dynamodb-transport';
import { transportOf } from '../dynamodb/dynamodb-transport-of';
import type { Claim, StoreRequest } from '../store';

export interface LiftTableOptions {
  /** The table's name or ARN. */
  readonly tableName: string;
  /**
   * Name of the partition key: `pk` in the framework's code, `id` in its guide.
   *
   * @default 'pk'
   */
  readonly partitionKey?: string;
  /**
   * Name of the TTL attribute, epoch seconds: `ttl` in the framework's code,
   * `expires_at` in its guide.
   *
   * @default 'ttl'
   */
  readonly ttlAttribute?: string;
  /**
   * The id of a request's item, where the framework made it otherwise; `undefined`
   * where it can have none. For a key that was sent in quotes it is asked twice,
   * with the quotes and without. What it throws is a store out of reach.
   *
   * @default - `account:key`, with `account_id` of the authorizer, a number in digits; the key alone without an account
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly keyOf?: (event: any, context: any, key: string) => string | undefined;
  /**
   * A `DynamoDBClient` of `@aws-sdk/client-dynamodb`.
   *
   * @default - a client of the store's own, as `DynamoDbStore` has it
   */
  readonly client?: DynamoDbClientLike;
  /** Something else to talk to DynamoDB with. @default - the SDK */
  readonly transport?: DynamoDbTransport;
}

/** `LiftTable` was given an option it cannot work with. */
export class LiftTableError extends Error {
  public readonly code = 'IDEMPOTENCY_CONFIGURATION';

  public constructor(message: string) {
    super(message);
    this.name = 'LiftTableError';
  }
}

/**
 * The table of the Lift framework's idempotency middleware
 * (`NewDynamoDBIdempotencyStore`), in place: its records are honoured, and ours
 * are written so that it honours them. For the time of a migration, as the old
 * store of a `DualWriteStore`.
 *
 *     here        to the framework
 *     claimed     processing until the lease ends: 409, and after that its own to run; until the record expires where takeover is never
 *     completed   completed: replayed, as JSON
 *     released    processing and past its time: it takes the lock and runs
 *     replayed    its completed and its error
 *
 * The framework judges by the TTL attribute, so that says what the framework
 * would have put there, and the expiry of our own records stands beside it. A
 * record of an execution that died may be swept soon after its lease, as the
 * framework's are; then the next one is not told of it.
 *
 * The framework does not say what an item was asked for (method, path, body), nor
 * by whom but for the account, so its records are not compared with the request;
 * ours are.
 *
 * @example
 * const store = new DualWriteStore(
 *   new LiftTable({ tableName: 'idempotency-keys' }),
 *   new DynamoDbStore({ tableName: 'keys' }),
 *   { phase: process.env.MIGRATION_PHASE as MigrationPhase },
 * );
 */
export class LiftTable extends FormerTableStore {
  /** @throws LiftTableError where an option is of the wrong type. */
  public constructor(options: LiftTableOptions) {
    const { tableName, partitionKey = 'pk', ttlAttribute = 'ttl', keyOf = accountAndKey, client, transport } = options;
    for (const [name, value] of Object.entries({ tableName, partitionKey, ttlAttribute })) {
      if (typeof value !== 'string' || value === '') throw new LiftTableError(`${name} must be a non-empty string, got ${JSON.stringify(value)}.`);
    }
    if (typeof keyOf !== 'function') throw new LiftTableError(`keyOf must be a function of event, context and key, got ${JSON.stringify(keyOf)}.`);
    super(tableName, liftLayout(partitionKey, ttlAttribute, keyOf), transportOf({ client, transport }));
  }
}

const liftLayout = (partitionKey: string, ttlAttribute: string, idOf: NonNullable<FormerLayout['idOf']>): FormerLayout => ({
  schema: { partitionKey, ttlAttribute: FORMER_ATTRIBUTES.EXPIRES_AT },
  statusAttribute: 'status',
  statuses: { P: 'processing', C: 'completed', R: 'processing' },
  responseAttributes: ['response', 'status_code', 'error', 'request_hash'],
  key: (id) => ({ [partitionKey]: { S: id } }),
  idOf,
  overdue: () => ({ condition: '#fttl < :expiredBefore', names: { '#fttl': ttlAttribute } }),
  claimed: (claim) => ({
    created_at: { S: new Date(claim.now).toISOString() },
    [ttlAttribute]: { N: String(toEpochSeconds(mayBeFollowedAt(claim)) + 1) },
  }),
  completed: ({ response, expiresAt }) => ({ ...told(response), [ttlAttribute]: { N: String(expiresAt) } }),
  released: (claim) => ({ [ttlAttribute]: { N: String(past(claim)) } }),
  state: (item, request) => stateOf(item, ttlAttribute, request),
});

function accountAndKey(event: unknown, _context: unknown, key: string): string | undefined {
  const request = detectFront(event)?.request(event);
  if (request === undefined) return undefined;
  const account = accountOf(request.identity);
  return account === undefined ? key : `${account}:${key}`;
}

/** A time that has passed on every host. Not so long ago that DynamoDB would leave the item: it deletes none that expired over five years ago. */
const past = (claim: Claim | undefined): number => (claim === undefined ? 0 : toEpochSeconds(minus(claim.now, claim.margin)) - 1);

/** The framework answers with this JSON and this status. */
function told(response: StoredResponse): Values {
  const { statusCode, body, isBase64Encoded } = responseToTell(response);
  return { response: { S: !isBase64Encoded && isJson(body) ? body : JSON.stringify(body) }, status_code: { N: String(statusCode) } };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function stateOf(item: Readonly<Record<string, unknown>>, ttlAttribute: string, request: StoreRequest | undefined): FormerState {
  const expiresAt = epochSeconds(number(item, ttlAttribute) ?? malformed(ttlAttribute));
  const createdAt = Date.parse(text(item, 'created_at') ?? '');
  const claimedAt = Number.isNaN(createdAt) ? undefined : epochMillis(createdAt);
  const status = text(item, 'status');
  // The framework lets another request run once the TTL of one that is being processed is over, and calls that a retry.
  if (status === 'processing') return { kind: 'in-progress', claimedAt, leaseEnd: endOf(expiresAt) };
  const statusCode = number(item, 'status_code') ?? 500;
  if (status === 'completed') return { kind: 'completed', claimedAt, expiresAt, response: responseOf(json(statusCode, text(item, 'response') ?? 'null'), request?.event) };
  if (status === 'error') {
    const message = text(item, 'error') ?? 'Previous request failed';
    const body = JSON.stringify({ code: 'IDEMPOTENT_ERROR_REPLAY', message });
    return { kind: 'completed', claimedAt, expiresAt, response: responseOf(json(statusCode, body), request?.event) };
  }
  return malformed('status');
}

const json = (statusCode: number, body: string) => ({ statusCode, headers: { 'Content-Type': 'application/json' }, body });

const text = (item: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = field(item[name], 'S');
  return typeof value === 'string' ? value : undefined;
};

const number = (item: Readonly<Record<string, unknown>>, name: string): number | undefined => {
  const value = field(item[name], 'N');
  return typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
};

function malformed(attribute: string): never {
  throw new LiftTableError(`attribute ${attribute} is missing or not of its type`);
}
