import { createHash } from 'node:crypto';

/** As much as is used of a client, cluster or sentinel of `redis` (node-redis 4 and later). */
export interface NodeRedisLike {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** As much as is used of a `Redis` or `Cluster` of `ioredis`, or of `iovalkey`. */
export interface IoRedisLike {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

export type RedisClientLike = NodeRedisLike | IoRedisLike;

/** A Lua script, known to the server by its hash once it has run there. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

export const redisScript = (source: string): RedisScript => ({ source, sha1: createHash('sha1').update(source).digest('hex') });

/** Runs a script on one key. */
export type RunScript = (script: RedisScript, key: string, values: readonly string[]) => Promise<unknown>;

/** The one call that is needed, through whichever client it is; `undefined` where it is neither. */
export function scriptRunner(client: RedisClientLike): RunScript | undefined {
  if (has(client, 'evalSha')) {
    return bySha(
      ({ sha1 }, key, values) => client.evalSha(sha1, { keys: [key], arguments: [...values] }),
      ({ source }, key, values) => client.eval(source, { keys: [key], arguments: [...values] }),
    );
  }
  if (has(client, 'evalsha')) {
    return bySha(
      ({ sha1 }, key, values) => client.evalsha(sha1, 1, key, ...values),
      ({ source }, key, values) => client.eval(source, 1, key, ...values),
    );
  }
  return undefined;
}

/** A server that does not know the hash has done nothing, so the source may follow. */
const bySha = (known: RunScript, whole: RunScript): RunScript => async (script, key, values) => {
  try {
    return await known(script, key, values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return whole(script, key, values);
  }
};

function has(client: RedisClientLike, method: 'evalSha'): client is NodeRedisLike;
function has(client: RedisClientLike, method: 'evalsha'): client is IoRedisLike;
function has(client: RedisClientLike, method: string): boolean {
  const methods = client as unknown as Record<string, unknown> | null | undefined;
  return typeof methods?.[method] === 'function' && typeof methods.eval === 'function';
}
