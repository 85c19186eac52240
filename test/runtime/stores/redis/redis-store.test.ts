import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { acquire } from '../../../../runtime/protocol/acquire';
import { isReadable } from '../../../../runtime/protocol/record';
import { sameBytes } from '../../../../runtime/protocol/transitions';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import type { RedisClientLike } from '../../../../runtime/stores/redis/redis-client';
import { RedisStore, RedisStoreError } from '../../../../runtime/stores/redis/redis-store';
import type { Claim, Completion, IdempotencyStore } from '../../../../runtime/stores/store';
import { epochMillis, epochSeconds, millis, plus, systemClock, toEpochSeconds, type MonotonicMillis } from '../../../../runtime/time';
import { connectNodeRedis, startRedis, type NodeRedis, type TestRedis } from '../../../support/redis';

let redis: TestRedis;
let nodeRedis: NodeRedis;
let ioRedis: Redis;
let store: RedisStore;
beforeAll(async () => {
  redis = await startRedis();
  nodeRedis = await connectNodeRedis(redis);
  ioRedis = new Redis(redis.port, '127.0.0.1');
  store = new RedisStore({ client: nodeRedis });
});
afterAll(async () => {
  nodeRedis?.destroy();
  ioRedis?.disconnect();
  await redis?.stop();
});

const T0 = 1_800_000_000_000;
const claimOf = (id: string, token: string, at = 0, fingerprint = 1, takeover = true): Claim => {
  const now = epochMillis(T0 + at);
  const leaseEnd = plus(now, millis(2_000));
  const expiresAt = toEpochSeconds(plus(leaseEnd, millis(4_000)));
  return { id, token, fingerprint: Uint8Array.of(fingerprint), now, leaseEnd, expiresAt, margin: millis(1_000), takeover };
};
const completionOf = (id: string, token: string, at = 0): Completion => ({
  id,
  token,
  expiresAt: toEpochSeconds(epochMillis(T0 + at + 4_000)),
  response: { statusCode: 200, headers: [['a', 'ü']], body: Uint8Array.of(at % 256, 0, 255), encoding: { base64: false, deflated: false, tooLarge: false } },
});
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, member) => (member instanceof Uint8Array ? [...member] : member)) ?? 'null');

test.each([['redis', () => nodeRedis], ['ioredis', () => ioRedis]])('the scripts, run by %s, say what the transitions say, for any sequence of writes', async (_, client) => {
  const tested = new RedisStore({ client: client() });
  const step = fc.record({
    kind: fc.constantFrom('claim', 'claim', 'complete', 'release', 'read'),
    token: fc.constantFrom('a', 'b', 'c'),
    fingerprint: fc.constantFrom(1, 2),
    wait: fc.constantFrom(0, 1, 999, 1_000, 2_999, 3_000, 3_001, 7_000, 8_000),
    takeover: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const id = randomUUID();
      const model = new MemoryStore();
      let at = 0;
      for (const { kind, token, fingerprint, wait, takeover } of steps) {
        at += wait;
        const run = (target: IdempotencyStore): Promise<unknown> => {
          if (kind === 'claim') return target.claim(claimOf(id, token, at, fingerprint, takeover));
          if (kind === 'release') return target.release({ id, token });
          if (kind === 'read') return target.read(id);
          return target.complete(completionOf(id, token, at));
        };
        expect(comparable(await run(tested))).toEqual(comparable(await run(model)));
      }
    }),
    { numRuns: 300 },
  );
});

test('F16: times are compared exactly, to the millisecond and the second, up to 2^53', async () => {
  const near = Number.MAX_SAFE_INTEGER - 10_000;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: near }), fc.integer({ min: -1, max: 1 }), async (leaseEnd, off) => {
      const first: Claim = { ...claimOf(randomUUID(), 'a'), now: epochMillis(0), leaseEnd: epochMillis(leaseEnd), expiresAt: epochSeconds(Number.MAX_SAFE_INTEGER), margin: millis(0) };
      await store.claim(first);
      const reply = await store.claim({ ...first, token: 'b', now: epochMillis(leaseEnd + off) });
      expect(reply.applied).toBe(off === 1);
    }),
  );
});

describe('what is kept by the server', () => {
  test('the key disappears an hour after the record expired, whatever the clocks say', async () => {
    const id = randomUUID();
    const claim = claimOf(id, 'token');
    await store.claim(claim);
    const lengthOf = async () => Number(await nodeRedis.pTTL(`idempotency:${id}`));
    expect(Math.abs((await lengthOf()) - (6_000 + 3_600_000))).toBeLessThan(60_000);
    await store.complete({ ...completionOf(id, 'token'), expiresAt: toEpochSeconds(plus(claim.now, millis(86_400_000))) });
    expect(Math.abs((await lengthOf()) - (86_400_000 + 3_600_000))).toBeLessThan(60_000);
    await store.claim(claimOf(id, 'next', 86_404_000));
    expect(Math.abs((await lengthOf()) - (6_000 + 3_600_000))).toBeLessThan(60_000);
  });
  test('one hash under the prefix, bytes in base64', async () => {
    const id = randomUUID();
    const prefixed = new RedisStore({ client: ioRedis, keyPrefix: 'shop/' });
    await prefixed.claim(claimOf(id, 'token'));
    await prefixed.complete(completionOf(id, 'token'));
    expect(await ioRedis.hgetall(`shop/${id}`)).toEqual({
      st: 'C', tok: 'token', gen: '1', ca: String(T0), fp: 'AQ==', expires_at: String(T0 / 1000 + 4), v: '1', rs: '200', rh: '[["a","ü"]]', re: '0', rb: 'AAD/',
    });
  });
  test('a body of several megabytes comes back byte for byte', async () => {
    const id = randomUUID();
    const body = Uint8Array.from({ length: 6_000_000 }, (_, index) => index * 7);
    await store.claim(claimOf(id, 'token'));
    await store.complete({ ...completionOf(id, 'token'), response: { ...completionOf(id, 'token').response, body } });
    const record = await store.read(id);
    expect(record !== undefined && isReadable(record) && sameBytes(record.response!.body!, body)).toBe(true);
  });
});

describe('F67: formats', () => {
  const write = async (change: Readonly<Record<string, string | undefined>>): Promise<string> => {
    const id = randomUUID();
    await store.claim(claimOf(id, 'token'));
    await store.complete(completionOf(id, 'token'));
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) await nodeRedis.hDel(`idempotency:${id}`, name);
      else await nodeRedis.hSet(`idempotency:${id}`, name, value);
    }
    return id;
  };
  test('a newer minor version, with fields that are not known here, is read', async () => {
    expect(await store.read(await write({ v: '1.7', new: 'x', __proto__x: 'y' }))).toMatchObject({ status: 'C', version: 1.7 });
  });
  test('a newer major version is refused, whatever else it holds, until it has expired', async () => {
    const id = await write({ v: '2', st: 'Q', rs: '' });
    expect(await store.claim(claimOf(id, 'next', 1))).toMatchObject({ applied: false, current: { id, unreadable: 'newer-version' } });
    expect(await store.claim(claimOf(id, 'next', 8_000))).toMatchObject({ applied: true, previous: { unreadable: 'newer-version' } });
  });
  test.each<[string, Record<string, string | undefined>]>([
    ['no version', { v: undefined }],
    ['an unknown state', { st: 'X' }],
    ['a status code out of range', { rs: '99' }],
    ['headers that are not pairs', { rh: '{"__proto__":{"polluted":1}}' }],
    ['a body that is not base64', { rb: 'no base64!' }],
    ['a fingerprint that is not base64', { fp: '%' }],
    ['an attempt that is no number', { gen: 'many' }],
    ['an expiry that is no number', { expires_at: 'never' }],
  ])('F66: %s is malformed, and not taken for free', async (_, change) => {
    const id = await write(change);
    expect(await store.read(id)).toMatchObject({ id, unreadable: 'malformed' });
    expect(await store.claim(claimOf(id, 'next', 1))).toMatchObject({ applied: false, current: { unreadable: 'malformed' } });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
  test('F66: a key that holds something else than a hash is malformed for every call', async () => {
    const id = randomUUID();
    await nodeRedis.set(`idempotency:${id}`, 'text');
    const refused = { applied: false, current: { id, unreadable: 'malformed' } };
    expect(await store.claim(claimOf(id, 'token'))).toMatchObject(refused);
    expect(await store.complete(completionOf(id, 'token'))).toMatchObject(refused);
    expect(await store.release({ id, token: 'token' })).toMatchObject(refused);
    expect(await store.read(id)).toMatchObject({ id, unreadable: 'malformed' });
    expect(await nodeRedis.get(`idempotency:${id}`)).toBe('text');
  });
  test('F66: whatever somebody writes into the hash, a read gives a checked record or an unreadable one', async () => {
    const names = ['v', 'st', 'tok', 'gen', 'ca', 'fp', 'expires_at', 'rs', 'rh', 're', 'rb', 'ro', 'lx', '__proto__'];
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.constantFrom('1', 'C', 'P', '-1', '1e400', '[]')), { minKeys: 1 }), async (change) => {
        const record = await store.read(await write(change));
        if (isReadable(record!)) {
          expect(record.fingerprint).toBeInstanceOf(Uint8Array);
          expect(Number.isSafeInteger(record.expiresAt)).toBe(true);
        } else {
          expect(['malformed', 'newer-version']).toContain(record!.unreadable);
        }
      }),
    );
  });
});

describe('servers', () => {
  test('one that has forgotten the scripts is sent them again', async () => {
    const id = randomUUID();
    await store.claim(claimOf(id, 'token'));
    await nodeRedis.sendCommand(['SCRIPT', 'FLUSH', 'SYNC']);
    expect(await store.claim(claimOf(id, 'other'))).toMatchObject({ applied: false, current: { token: 'token' } });
  });
  test('the older reply protocol gives the same', async () => {
    const client = await createClient({ url: redis.url, RESP: 2 }).connect();
    const id = randomUUID();
    await new RedisStore({ client }).claim(claimOf(id, 'token'));
    expect(await new RedisStore({ client }).claim(claimOf(id, 'other'))).toMatchObject({ applied: false, current: { token: 'token' } });
    client.destroy();
  });
  test('a cluster, by both clients', async () => {
    const server = await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    const admin = new Redis(server.port, '127.0.0.1');
    await admin.cluster('ADDSLOTSRANGE', 0, 16383);
    while (!String(await admin.cluster('INFO')).includes('cluster_state:ok')) await systemClock.sleep(millis(20));
    const cluster = createCluster({ rootNodes: [{ url: server.url }] });
    await cluster.connect();
    const ioCluster = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    for (const client of [cluster, ioCluster]) {
      const clustered = new RedisStore({ client });
      for (let key = 0; key < 20; key++) {
        const id = randomUUID();
        expect(await clustered.claim(claimOf(id, 'token'))).toEqual({ applied: true, previous: undefined });
        expect(await clustered.complete(completionOf(id, 'token'))).toEqual({ applied: true });
        expect(await clustered.read(id)).toMatchObject({ status: 'C' });
      }
    }
    cluster.destroy();
    ioCluster.disconnect();
    admin.disconnect();
    await server.stop();
  });
  test('F30: one that is full refuses, and leaves the record as it was', async () => {
    const id = randomUUID();
    await store.claim(claimOf(id, 'token'));
    await store.release({ id, token: 'token' });
    const before = await store.read(id);
    await nodeRedis.configSet('maxmemory', '1');
    await expect(store.claim(claimOf(id, 'next'))).rejects.toThrow(/OOM/);
    await nodeRedis.configSet('maxmemory', '0');
    expect(await store.read(id)).toEqual(before);
  });
  test('F30: one that has gone is out of reach: the handler does not run', async () => {
    const server = await startRedis();
    const client = await connectNodeRedis(server);
    const gone = new RedisStore({ client });
    await gone.claim(claimOf(randomUUID(), 'token'));
    await server.stop();
    const outcome = await acquire(
      { id: 'key', fingerprint: Uint8Array.of(1) },
      { lease: millis(1_000), ttl: millis(1_000), margin: millis(0), takeover: true },
      { store: gone, clock: systemClock, token: randomUUID, sameRequest: sameBytes },
      (systemClock.monotonic() + 10_000) as MonotonicMillis,
    );
    expect(outcome).toMatchObject({ kind: 'unavailable', cause: expect.any(Error) });
    client.destroy();
  });
});

describe('refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['no client', { client: undefined }, /client must be a client of the package redis \(4 or later\) or of ioredis/],
    ['something that is no client', { client: { get: () => undefined } }, /it has neither eval and evalSha nor eval and evalsha/],
    ['a prefix that is no text', { client: { eval: () => undefined, evalSha: () => undefined }, keyPrefix: 7 }, /keyPrefix must be a string, got 7/],
  ])('%s', (_, options, message) => {
    expect(() => new RedisStore(options as never)).toThrow(RedisStoreError);
    expect(() => new RedisStore(options as never)).toThrow(message);
  });
  test('a client that answers with something else than strings, after which nothing is concluded', async () => {
    const client: RedisClientLike = { eval: async () => undefined, evalSha: async () => [Buffer.from('1'), []] };
    await expect(new RedisStore({ client }).claim(claimOf('id', 'token'))).rejects.toMatchObject({ code: 'IDEMPOTENCY_REDIS_REPLY' });
  });
  test('a call whose caller no longer waits', async () => {
    const id = randomUUID();
    await expect(store.claim(claimOf(id, 'token'), { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await store.read(id)).toBeUndefined();
  });
});
