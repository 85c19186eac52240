import { scriptRunner, type RedisClientLike, type RedisScript, type RunScript } from './redis-client';
import { decodeFields, encodeBytes, encodeFields } from './redis-item';
import { CLAIM, COMPLETE, READ, RELEASE } from './redis-scripts';
import { FORMAT_VERSION, type StoredRecord } from '../../protocol/record';
import { minus, toEpochSeconds } from '../../time';
import type { CallOptions, Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from '../store';

export interface RedisStoreOptions {
  /**
   * A connected client of your own: of `redis` (4 and later) or of `ioredis`,
   * to one server, a Sentinel group or a Cluster.
   *
   * Let it fail fast and queue nothing while it is disconnected:
   * `disableOfflineQueue: true` of `redis`; `enableOfflineQueue: false`,
   * `maxRetriesPerRequest: 1` and a `commandTimeout` of `ioredis`.
   */
  readonly client: RedisClientLike;
  /**
   * What the key of each record begins with; the record's id follows.
   *
   * @default 'idempotency:'
   */
  readonly keyPrefix?: string;
}

/** `RedisStore` was given an option it cannot work with, or an answer that no script of its gives. */
export class RedisStoreError extends Error {
  public constructor(
    public readonly code: 'IDEMPOTENCY_CONFIGURATION' | 'IDEMPOTENCY_REDIS_REPLY',
    message: string,
  ) {
    super(message);
    this.name = 'RedisStoreError';
  }
}

/**
 * How much longer than its expiry the server keeps a record, in milliseconds.
 * The server counts a length of time and never compares clocks; expiry itself
 * is judged in the scripts, by the caller's clock, as in every store.
 */
const SLACK = 3_600_000;

/**
 * Records in Redis 4 or later or in Valkey, one hash a key. Each call is one Lua
 * script on one key: atomic, and good for Redis Cluster. The fields are those of
 * the DynamoDB item (`st`, `tok`, `gen`, `ca`, `fp`, `lx`, `expires_at`, `v`, and
 * the response's `rs`, `rh`, `rb`, `re`, `ro`), bytes in base64. A key disappears
 * by itself an hour after its record expired.
 *
 * **What Redis promises less than DynamoDB.** A record is only as durable as the
 * server makes it, and a record that is lost is an operation that runs again:
 *
 * - Replication is asynchronous. A failover can lose a claim or a response that
 *   was acknowledged; then the next retry executes again while the first
 *   execution may still be running. `WAIT` and `min-replicas-to-write` narrow the
 *   window and do not close it.
 * - `appendfsync everysec` can lose a second on a crash, no append-only file
 *   everything on a restart; `appendfsync always` loses nothing on one server.
 * - Eviction forgets records: set `maxmemory-policy noeviction`. Then a full server
 *   refuses claims, which answers 503 and executes nothing.
 *
 * Where an operation must not run twice even so, use `DynamoDbStore`.
 *
 * Calls reject with the client's own errors: what such a call did is unknown.
 *
 * @example
 * const client = await createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true }).connect();
 * export const handler = idempotent(pay, { store: new RedisStore({ client }) });
 */
export class RedisStore implements IdempotencyStore {
  /** A value may have 512 MB, far more than a response of Lambda; size costs no more than memory. */
  public readonly limits: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };
  readonly #run: RunScript;
  readonly #prefix: string;

  /** @throws RedisStoreError where the client is of neither kind, or the prefix is no text. */
  public constructor(options: RedisStoreOptions) {
    const { client, keyPrefix = 'idempotency:' } = options;
    const run = scriptRunner(client);
    if (run === undefined) {
      throw new RedisStoreError(
        'IDEMPOTENCY_CONFIGURATION',
        'client must be a client of the package redis (4 or later) or of ioredis: it has neither eval and evalSha nor eval and evalsha.',
      );
    }
    if (typeof keyPrefix !== 'string') {
      throw new RedisStoreError('IDEMPOTENCY_CONFIGURATION', `keyPrefix must be a string, got ${JSON.stringify(keyPrefix)}: leave it out for idempotency:.`);
    }
    this.#run = run;
    this.#prefix = keyPrefix;
  }

  public async claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    const before = minus(claim.now, claim.margin);
    const { applied, record } = await this.#call(CLAIM, claim.id, options, [
      claim.token,
      encodeBytes(claim.fingerprint),
      String(claim.now),
      String(claim.leaseEnd),
      String(claim.expiresAt),
      String(FORMAT_VERSION),
      String(toEpochSeconds(before)),
      claim.takeover ? String(before) : '',
      String(SLACK),
    ]);
    return applied ? { applied, previous: record } : { applied, current: record };
  }

  public async complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    const { id, token, expiresAt } = completion;
    return asWrite(await this.#call(COMPLETE, id, options, [token, String(expiresAt), String(SLACK), ...encodeFields(completion)]));
  }

  public async release({ id, token }: Release, options?: CallOptions): Promise<WriteReply> {
    return asWrite(await this.#call(RELEASE, id, options, [token]));
  }

  public async read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return (await this.#call(READ, id, options, [])).record;
  }

  async #call(script: RedisScript, id: string, options: CallOptions | undefined, values: readonly string[]): Promise<Reply> {
    options?.signal?.throwIfAborted();
    const [applied, fields] = parse(await this.#run(script, this.#prefix + id, values));
    return { applied, record: decodeFields(id, fields) };
  }
}

interface Reply {
  readonly applied: boolean;
  /** The record as it was before the call. */
  readonly record: StoredRecord | undefined;
}

const asWrite = ({ applied, record }: Reply): WriteReply => (applied ? { applied } : { applied, current: record });

function parse(reply: unknown): [applied: boolean, fields: readonly string[]] {
  const [applied, fields] = Array.isArray(reply) ? (reply as unknown[]) : [];
  const isText = (part: unknown): part is string => typeof part === 'string';
  if (isText(applied) && Array.isArray(fields) && fields.every(isText)) return [applied === '1', fields];
  throw new RedisStoreError(
    'IDEMPOTENCY_REDIS_REPLY',
    'The client did not answer with strings as the script returned them: give RedisStore a client without a type mapping or reply transformer.',
  );
}
