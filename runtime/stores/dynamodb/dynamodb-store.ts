import { DynamoDbBodies } from './dynamodb-bodies';
import { RELEASE, claimExpression, claimValues, completeShape, completeValues, holderExpression, releaseValues, type Expression } from './dynamodb-expressions';
import { decodeItem, encodeResponse, type TableSchema } from './dynamodb-item';
import type { DynamoDbClientLike } from './dynamodb-sdk-transport';
import type { DynamoDbTransport, Item, UpdateReply, Values } from './dynamodb-transport';
import { transportOf } from './dynamodb-transport-of';
import { judgeTransaction } from './transaction';
import type { StoredRecord } from '../../protocol/record';
import type { OverflowStore } from '../overflow/overflow-store';
import type { CallOptions, Claim, ClaimReply, Commit, CommitReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from '../store';

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
   * @default - none in Lambda and wherever else the environment has credentials and a region: requests are made without the SDK; elsewhere a client of the store's own. 3 attempts of at most 1.5 s either way
   */
  readonly client?: DynamoDbClientLike;
  /**
   * Something else to talk to DynamoDB with; excludes `client`.
   *
   * @default - as for `client`
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

/**
 * Records in DynamoDB, one item a key and one more for a large body, with the
 * conditional expressions of the lease protocol. Needs `dynamodb:UpdateItem` and `dynamodb:GetItem` on the
 * table and nothing else.
 */
export class DynamoDbStore implements IdempotencyStore {
  /**
   * A DynamoDB item is at most 400 KB, and a write is charged by the started KB:
   * a refused one for the item that it met, so that no more than 16 KB of a body
   * lie in the record.
   */
  public readonly limits: StoreLimits = { itemBytes: 409_600, writeUnitBytes: 1024, inlineBytes: 16_384 };
  public readonly bodies: OverflowStore;
  /** Absent where the transport has no transactions. */
  public readonly commit?: (commit: Commit, options?: CallOptions) => Promise<CommitReply>;
  readonly #table: string;
  readonly #schema: TableSchema;
  readonly #transport: DynamoDbTransport;
  /** By what they are for: few, and always the same. */
  readonly #expressions = new Map<string, Expression>();

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
    if (client !== undefined && typeof (client as { send?: unknown } | null)?.send !== 'function') {
      throw new DynamoDbStoreError('client must be a DynamoDBClient of @aws-sdk/client-dynamodb (AWS SDK for JavaScript 3): it has no send().');
    }
    this.#table = tableName;
    this.#schema = { partitionKey, ttlAttribute };
    this.#transport = transportOf({ client, transport });
    this.bodies = new DynamoDbBodies(tableName, this.#schema, this.#transport);
    if (canTransact(this.#transport)) {
      const transacting = this.#transport;
      this.commit = (commit, called) => this.#transact(commit, transacting, called);
    }
  }

  public async check(): Promise<void> {
    await this.#transport.check?.();
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const { takeover } = claim;
    const expression = this.#expression(takeover ? 'claim, taking over' : 'claim', () => claimExpression(takeover, this.#schema));
    try {
      const reply = await this.#update(claim, expression, claimValues(claim), options);
      if (!reply.applied) return { applied: false, current: this.#decode(reply.item) };
      return { applied: true, previous: this.#decodeUnlessBare(reply.old) };
    } catch (error) {
      if (!meetsAnotherWrite(error)) throw error;
      // Refused, by whatever a read is going to show.
      return { applied: false };
    }
  }

  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    const { expression, values } = this.#completion(completion);
    return this.#writeAsHolder(completion, expression, values, options);
  }

  public async release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.#writeAsHolder(release, this.#expression('release', () => holderExpression(RELEASE)), releaseValues(release), options);
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#decode(await this.#transport.get({ table: this.#table, key: this.#key(id) }, options));
  }

  /** COMPLETE first, so that its refusal is known by its place. */
  async #transact(commit: Commit, transport: Required<DynamoDbTransport>, options?: CallOptions): Promise<CommitReply> {
    const { effects, requestToken, ...completion } = commit;
    const { expression, values } = this.#completion(completion);
    const complete = {
      Update: {
        TableName: this.#table,
        Key: this.#key(completion.id),
        UpdateExpression: expression.update,
        ConditionExpression: expression.condition,
        ExpressionAttributeNames: expression.names,
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
    const reply = await transport.transact({ items: [complete, ...effects], requestToken }, options);
    return reply.applied ? reply : judgeTransaction(reply, (item) => this.#decodeUnlessBare(item));
  }

  /** One of those whose response has the same attributes. */
  #completion(completion: Completion): { readonly expression: Expression; readonly values: Values } {
    const attributes = encodeResponse(completion.response, completion.responseExpiresAt);
    const names = Object.keys(attributes);
    const expression = this.#expression(names.join(), () => holderExpression(completeShape(names, this.#schema)));
    return { expression, values: completeValues(completion, attributes) };
  }

  #expression(what: string, make: () => Expression): Expression {
    let made = this.#expressions.get(what);
    if (made === undefined) this.#expressions.set(what, made = make());
    return made;
  }

  async #writeAsHolder(holder: Release, expression: Expression, values: Values, options?: CallOptions): Promise<WriteReply> {
    const reply = await this.#update(holder, expression, values, options);
    return reply.applied ? { applied: true } : { applied: false, current: this.#decode(reply.item) };
  }

  #update({ id }: { readonly id: string }, expression: Expression, values: Values, options?: CallOptions): Promise<UpdateReply> {
    return this.#transport.update({ table: this.#table, key: this.#key(id), ...expression, values }, options);
  }

  #key(id: string): Item {
    return { [this.#schema.partitionKey]: { S: id } };
  }

  /** Some servers answer with the bare key for an item that was not there. */
  #decodeUnlessBare(item: Record<string, unknown> | undefined): StoredRecord | undefined {
    return item !== undefined && Object.keys(item).length > 1 ? this.#decode(item) : undefined;
  }

  #decode(item: Record<string, unknown> | undefined): StoredRecord | undefined {
    return item === undefined ? undefined : decodeItem(item, this.#schema);
  }
}

/** A transaction is on the item, or a write in another region of a table that is consistent over all: nothing was written. */
const WRITTEN_BY_OTHERS: ReadonlySet<unknown> = new Set(['TransactionConflictException', 'ReplicatedWriteConflictException']);

/** By the name of the SDK's error, by the code of our own. */
const meetsAnotherWrite = (error: unknown): boolean => {
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  return WRITTEN_BY_OTHERS.has(name) || WRITTEN_BY_OTHERS.has(code);
};

const canTransact = (transport: DynamoDbTransport): transport is Required<DynamoDbTransport> => transport.transact !== undefined;
