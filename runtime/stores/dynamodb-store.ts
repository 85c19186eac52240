import { RESPONSE_ATTRIBUTES, decodeItem, encodeResponse, type TableSchema } from './dynamodb-item';
import { sdkTransport, type DynamoDbClientLike } from './dynamodb-sdk-transport';
import type { DynamoDbTransport, Item } from './dynamodb-transport';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from './store';
import { ATTRIBUTES } from '../../lib/contract';
import { FORMAT_VERSION, type StoredRecord } from '../protocol/record';
import { minus, toEpochSeconds } from '../time';

export interface DynamoDbStoreOptions {
  /** The table's name or ARN. */
  readonly tableName: string;
  /**
   * Name of the table's partition key, a string.
   *
   * @default 'id'
   */
  readonly partitionKey?: string;
  /**
   * Name of the attribute that the table's TTL is set on, epoch seconds.
   *
   * @default 'expires_at'
   */
  readonly ttlAttribute?: string;
  /**
   * Whether reads are consistent. Every read of the protocol decides whether a
   * handler runs, so `false` is refused.
   *
   * @default true
   */
  readonly consistentRead?: true;
  /**
   * A `DynamoDBClient` of `@aws-sdk/client-dynamodb`. Give it
   * `throwOnRequestTimeout: true`: without it the SDK's `requestTimeout` only warns.
   *
   * @default - a client of the store's own: 3 attempts of at most 1.5 s, region and endpoint from the environment
   */
  readonly client?: DynamoDbClientLike;
  /**
   * Something else to talk to DynamoDB with; excludes `client`.
   *
   * @default - the SDK
   */
  readonly transport?: DynamoDbTransport;
}

/** `DynamoDbStore` was given an option it cannot work with. */
export class DynamoDbStoreError extends Error {
  public readonly code = 'IDEMPOTENCY_CONFIGURATION';

  public constructor(message: string) {
    super(message);
    this.name = 'DynamoDbStoreError';
  }
}

const NAMES = {
  '#st': ATTRIBUTES.STATUS,
  '#tok': ATTRIBUTES.TOKEN,
} as const;

const CLAIM_NAMES = {
  ...NAMES,
  '#gen': ATTRIBUTES.ATTEMPT,
  '#fp': ATTRIBUTES.FINGERPRINT,
  '#ca': ATTRIBUTES.CLAIMED_AT,
  '#lx': ATTRIBUTES.LEASE_END,
  '#v': ATTRIBUTES.VERSION,
  ...Object.fromEntries(RESPONSE_ATTRIBUTES.map((name) => [`#${name}`, name])),
} as const;

const CLAIM_UPDATE =
  'SET #st = :P, #tok = :tok, #gen = if_not_exists(#gen, :zero) + :one, #fp = :fp, #ca = :now, ' +
  '#lx = :leaseEnd, #ttl = :leaseEndPlusTtl, #v = :version ' +
  `REMOVE ${RESPONSE_ATTRIBUTES.map((name) => `#${name}`).join(', ')}`;
const FREE = 'attribute_not_exists(#id) OR #ttl < :expiredBefore';
const RELEASED = '(#st = :R AND #tok <> :tok)';
const TAKEOVER = '(#st = :P AND #lx < :leaseEndedBefore AND #fp = :fp AND #tok <> :tok)';
const HELD = '#st = :P AND #tok = :tok';

/**
 * Records in DynamoDB, one item a key, with the conditional expressions of the
 * lease protocol. Needs `dynamodb:UpdateItem` and `dynamodb:GetItem` on the
 * table and nothing else.
 */
export class DynamoDbStore implements IdempotencyStore {
  /** A DynamoDB item is at most 400 KB, and a write is charged by the started KB. */
  public readonly limits: StoreLimits = { itemBytes: 409_600, writeUnitBytes: 1024 };
  readonly #table: string;
  readonly #schema: TableSchema;
  readonly #transport: DynamoDbTransport;

  /** @throws DynamoDbStoreError where an option is of the wrong type or would break a promise. */
  public constructor(options: DynamoDbStoreOptions) {
    const { tableName, partitionKey = 'id', ttlAttribute = 'expires_at', client, transport } = options;
    for (const [name, value] of Object.entries({ tableName, partitionKey, ttlAttribute })) {
      if (typeof value !== 'string' || value === '') {
        throw new DynamoDbStoreError(`${name} must be a non-empty string, got ${JSON.stringify(value)}.`);
      }
    }
    if (options.consistentRead !== undefined && options.consistentRead !== true) {
      throw new DynamoDbStoreError(
        'consistentRead must be true: a stale read would run a handler twice or refuse an answer that is there. Leave it out.',
      );
    }
    if (client !== undefined && transport !== undefined) {
      throw new DynamoDbStoreError('client and transport exclude each other: leave one of them out.');
    }
    this.#table = tableName;
    this.#schema = { partitionKey, ttlAttribute };
    this.#transport = transport ?? sdkTransport(client);
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const reply = await this.#transport.update(
      {
        table: this.#table,
        key: this.#key(claim.id),
        update: CLAIM_UPDATE,
        condition: [FREE, ...(claim.takeover ? [TAKEOVER] : []), RELEASED].join(' OR '),
        names: { ...CLAIM_NAMES, '#id': this.#schema.partitionKey, '#ttl': this.#schema.ttlAttribute },
        values: {
          ':P': { S: 'P' },
          ':R': { S: 'R' },
          ':zero': { N: '0' },
          ':one': { N: '1' },
          ':tok': { S: claim.token },
          ':fp': { B: claim.fingerprint },
          ':now': { N: String(claim.now) },
          ':leaseEnd': { N: String(claim.leaseEnd) },
          ':leaseEndPlusTtl': { N: String(claim.expiresAt) },
          ':version': { N: String(FORMAT_VERSION) },
          ':expiredBefore': { N: String(toEpochSeconds(minus(claim.now, claim.margin))) },
          ...(claim.takeover ? { ':leaseEndedBefore': { N: String(minus(claim.now, claim.margin)) } } : {}),
        },
        returnOld: true,
      },
      options,
    );
    if (!reply.applied) return { applied: false, current: this.#decode(reply.item) };
    // Some servers answer with the bare key for an item that was not there.
    const { old } = reply;
    return { applied: true, previous: old !== undefined && Object.keys(old).length > 1 ? this.#decode(old) : undefined };
  }

  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    const attributes = encodeResponse(completion.response);
    const assignments = Object.keys(attributes).map((name) => `#${name} = :${name}`);
    return this.#writeAsHolder(
      completion,
      {
        update: `SET #st = :C, #ttl = :nowPlusTtl, ${assignments.join(', ')} REMOVE #lx`,
        names: {
          '#ttl': this.#schema.ttlAttribute,
          ...Object.fromEntries(Object.keys(attributes).map((name) => [`#${name}`, name])),
        },
        values: {
          ':C': { S: 'C' },
          ':nowPlusTtl': { N: String(completion.expiresAt) },
          ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
        },
      },
      options,
    );
  }

  public async release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.#writeAsHolder(release, { update: 'SET #st = :R REMOVE #lx', names: {}, values: { ':R': { S: 'R' } } }, options);
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#decode(await this.#transport.get({ table: this.#table, key: this.#key(id) }, options));
  }

  async #writeAsHolder(
    holder: Release,
    write: { readonly update: string; readonly names: Record<string, string>; readonly values: Item },
    options?: CallOptions,
  ): Promise<WriteReply> {
    const reply = await this.#transport.update(
      {
        table: this.#table,
        key: this.#key(holder.id),
        update: write.update,
        condition: HELD,
        names: { ...NAMES, '#lx': ATTRIBUTES.LEASE_END, ...write.names },
        values: { ':P': { S: 'P' }, ':tok': { S: holder.token }, ...write.values },
        returnOld: false,
      },
      options,
    );
    return reply.applied ? { applied: true } : { applied: false, current: this.#decode(reply.item) };
  }

  #key(id: string): Item {
    return { [this.#schema.partitionKey]: { S: id } };
  }

  #decode(item: Record<string, unknown> | undefined): StoredRecord | undefined {
    return item === undefined ? undefined : decodeItem(item, this.#schema);
  }
}
