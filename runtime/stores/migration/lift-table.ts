import { responseOf } from './former-records';
import type { FormerState } from './former-state';
import { FormerTableStore, responseToTell, type FormerLayout } from './former-table-store';
import type { StoredResponse } from '../../protocol/record';
import { detectFront } from '../../request/fronts/detect';
import { field, filled } from '../../request/fronts/parts';
import { epochMillis, epochSeconds } from '../../time';
import type { DynamoDbClientLike } from '../dynamodb/dynamodb-sdk-transport';
import type { DynamoDbTransport, Values } from '../dynamodb/dynamodb-transport';
import { transportOf } from '../dynamodb/dynamodb-transport-of';
import type { StoreRequest } from '../store';

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
   * Names of the key's header, the first that was sent counts: the framework's
   * `HeaderName`.
   *
   * @default ['Idempotency-Key']
   */
  readonly headerNames?: readonly string[];
  /**
   * The id of a request's item, where it is made otherwise.
   *
   * @default - `account:key`, with `account_id` of the authorizer and the header as it was sent; the key alone without an account
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever event and context the handler takes
  readonly keyOf?: (event: any, context: any) => string | undefined;
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
 *     status      here                               to the framework
 *     processing  claimed                            409 until the record expires
 *     completed   completed                          replayed, as JSON
 *     error       of the framework: replayed         -
 *     released    released: may run                  may run
 *
 * The framework does not say what an item was asked for (method, path, body), so
 * its records are not compared with the request; ours are.
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
    const { tableName, partitionKey = 'pk', ttlAttribute = 'ttl', headerNames = ['Idempotency-Key'], keyOf, client, transport } = options;
    for (const [name, value] of Object.entries({ tableName, partitionKey, ttlAttribute })) {
      if (typeof value !== 'string' || value === '') throw new LiftTableError(`${name} must be a non-empty string, got ${JSON.stringify(value)}.`);
    }
    if (!Array.isArray(headerNames) || headerNames.length === 0) {
      throw new LiftTableError(`headerNames must name a header at least, got ${JSON.stringify(headerNames)}: leave it out for Idempotency-Key.`);
    }
    const idOf = ({ event, context }: StoreRequest) => (keyOf === undefined ? accountAndKey(event, headerNames) : keyOf(event, context));
    super(tableName, liftLayout(partitionKey, ttlAttribute, idOf), transportOf({ client, transport }));
  }
}

const liftLayout = (partitionKey: string, ttlAttribute: string, idOf: NonNullable<FormerLayout['idOf']>): FormerLayout => ({
  schema: { partitionKey, ttlAttribute },
  statusAttribute: 'status',
  statuses: { P: 'processing', C: 'completed', R: 'released' },
  responseAttributes: ['response', 'status_code', 'error', 'request_hash'],
  key: (id) => ({ [partitionKey]: { S: id } }),
  idOf,
  claimed: ({ now }) => ({ created_at: { S: new Date(now).toISOString() } }),
  completed: ({ response }) => told(response),
  released: () => ({}),
  state: (item, request) => stateOf(item, ttlAttribute, request),
});

function accountAndKey(event: unknown, headerNames: readonly string[]): string | undefined {
  const request = detectFront(event)?.request(event);
  const key = headerNames.map((name) => request?.headers.get(name.toLowerCase())?.[0]).find((value) => value !== undefined);
  if (request === undefined || key === undefined) return undefined;
  const account = filled(field(request.identity.jwt?.claims, 'account_id')) ?? filled(field(request.identity.lambda?.context, 'account_id'));
  return account === undefined ? key : `${account}:${key}`;
}

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
  const status = text(item, 'status');
  // The framework lets another request run once the TTL of one that is being processed is over, and calls that a retry.
  if (status === 'processing') return { kind: 'in-progress', leaseEnd: epochMillis(expiresAt * 1000) };
  const statusCode = number(item, 'status_code') ?? 500;
  if (status === 'completed') return { kind: 'completed', expiresAt, response: responseOf(json(statusCode, text(item, 'response') ?? 'null'), request?.event) };
  if (status === 'error') {
    const message = text(item, 'error') ?? 'Previous request failed';
    const body = JSON.stringify({ code: 'IDEMPOTENT_ERROR_REPLAY', message });
    return { kind: 'completed', expiresAt, response: responseOf(json(statusCode, body), request?.event) };
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
