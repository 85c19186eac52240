import { acquire, type Acquired, type Ownership, type Ports } from '../../../../runtime/protocol/acquire';
import { complete, release } from '../../../../runtime/protocol/conclude';
import type { IdempotencyRecord, StoredRecord } from '../../../../runtime/protocol/record';
import { sameBytes } from '../../../../runtime/protocol/transitions';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import type { Divergence } from '../../../../runtime/stores/migration/both-stores';
import { DualWriteStore, DualWriteStoreError, type MigrationPhase } from '../../../../runtime/stores/migration/dual-write-store';
import type { Claim, IdempotencyStore } from '../../../../runtime/stores/store';
import { controllableClock } from '../../../../runtime/testing/clock';
import { faultyStore, type StoreCall, type StoreFault } from '../../../../runtime/testing/faulty-store';
import { epochMillis, epochSeconds, millis, type MonotonicMillis } from '../../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';

const FOREVER = Number.MAX_SAFE_INTEGER as MonotonicMillis;
const terms = { lease: millis(30_000), ttl: millis(86_400_000), margin: millis(2_000), takeover: true };
const AFTER_LEASE = 32_001;
const PLAIN = { base64: false, deflated: false, tooLarge: false };
const T0 = 1_800_000_000_000;
const CLAIM: Claim = {
  id: 'key',
  token: 'token',
  fingerprint: Uint8Array.of(1),
  now: epochMillis(T0),
  leaseEnd: epochMillis(T0 + terms.lease),
  expiresAt: epochSeconds((T0 + terms.lease + terms.ttl) / 1000),
  margin: terms.margin,
  takeover: true,
};

type Fate = (call: StoreCall, number: number) => StoreFault;
const never: Fate = () => 'pass';

/** Two memories, hosts in any phase over them, one clock. */
function migration(faults: { readonly old?: Fate; readonly new?: Fate } = {}) {
  const memories = { old: new MemoryStore(), new: new MemoryStore() };
  const stores = { old: faultyStore(memories.old, faults.old ?? never), new: faultyStore(memories.new, faults.new ?? never) };
  const divergences: Divergence[] = [];
  const counted: string[] = [];
  // Sleeps end at once, and a time-out never comes: what hangs is waited for.
  const clock = {
    ...controllableClock(T0),
    sleep: (_: number, signal?: AbortSignal) => (signal === undefined ? Promise.resolve() : new Promise<void>(() => {})),
  };
  let tokens = 0;
  const host = (phase: MigrationPhase) => {
    const store = new DualWriteStore(stores.old, stores.new, {
      phase,
      onDivergence: (divergence) => divergences.push(divergence),
      metrics: { measure: ({ service, route, counters }) => counted.push(...counters.map((name) => `${service} ${route} ${name}`)) },
      service: 'shop',
    });
    const ports: Ports = { store, clock, token: () => `token-${++tokens}`, sameRequest: sameBytes };
    return {
      store,
      acquire: (fingerprint = 1) => acquire({ id: 'key', fingerprint: Uint8Array.of(fingerprint) }, terms, ports, FOREVER),
      complete: (ownership: Ownership, statusCode = 201) =>
        complete(ownership, { statusCode, headers: [], encoding: PLAIN }, terms, ports, FOREVER),
      release: (ownership: Ownership) => release(ownership, ports, FOREVER),
    };
  };
  const records = async () => ({ old: (await memories.old.read('key')) as IdempotencyRecord, new: (await memories.new.read('key')) as IdempotencyRecord });
  return { host, memories, records, divergences, counted, clock };
}

function owned(acquired: Acquired): Ownership {
  if (acquired.kind !== 'owner') throw new Error(`not an owner: ${acquired.kind}`);
  return acquired.ownership;
}

/** A memory store's methods as properties, for a test to replace one. */
const wrapped = (store: IdempotencyStore): IdempotencyStore => faultyStore(store, never);

describe('phase both', () => {
  test('F69: one claim under one token in both stores, completed and released in both', async () => {
    const { host, records } = migration();
    const both = host('both');
    const first = owned(await both.acquire());
    expect(await records()).toMatchObject({ old: { status: 'P', token: 'token-1' }, new: { status: 'P', token: 'token-1' } });
    await both.release(first);
    expect(await records()).toMatchObject({ old: { status: 'R' }, new: { status: 'R' } });
    await both.complete(owned(await both.acquire()));
    const { old, new: fresh } = await records();
    expect(old).toMatchObject({ status: 'C', token: 'token-2' });
    expect(fresh).toEqual(old);
  });

  test.each<[MigrationPhase, MigrationPhase]>([['old', 'both'], ['both', 'old'], ['both', 'new'], ['new', 'both'], ['both', 'both']])(
    'F69: a live claim of a host in phase %s is a conflict, and its response a replay, for a host in phase %s',
    async (one, other) => {
      const { host } = migration();
      const ownership = owned(await host(one).acquire());
      expect((await host(other).acquire()).kind).toBe('conflict');
      expect((await host(other).acquire(2)).kind).toBe('mismatch');
      await host(one).complete(ownership, 202);
      expect(await host(other).acquire()).toMatchObject({ kind: 'replay', record: { response: { statusCode: 202 } } });
      expect((await host(other).acquire(2)).kind).toBe('mismatch');
      expect((await host(one).acquire()).kind).toBe('replay');
    },
  );

  test('F69: an execution that was cut off in one phase is taken over, and told so, in the next', async () => {
    const { host, clock } = migration();
    owned(await host('both').acquire());
    clock.advance(AFTER_LEASE);
    expect(owned(await host('new').acquire())).toMatchObject({ attempt: 2, takeover: true });
    clock.advance(AFTER_LEASE);
    expect(owned(await host('both').acquire())).toMatchObject({ attempt: 3, takeover: true });
  });

  test('F69: an execution that a host of phase new has taken over is superseded', async () => {
    const { host, clock, divergences } = migration();
    const slow = owned(await host('both').acquire());
    clock.advance(AFTER_LEASE);
    const winner = owned(await host('new').acquire());
    expect((await host('both').complete(slow, 500)).kind).toBe('superseded-running');
    expect((await host('both').acquire()).kind).toBe('conflict');
    await host('new').complete(winner, 202);
    expect(await host('both').acquire()).toMatchObject({ kind: 'replay', record: { response: { statusCode: 202 } } });
    expect(divergences).toContainEqual({ id: 'key', kind: 'different', store: 'new', repaired: false });
  });

  test('F69: an execution that a host of phase old has taken over is superseded', async () => {
    const { host, clock } = migration();
    const slow = owned(await host('both').acquire());
    clock.advance(AFTER_LEASE);
    await host('old').complete(owned(await host('old').acquire()), 202);
    expect(await host('both').complete(slow, 500)).toMatchObject({ kind: 'superseded', winner: { response: { statusCode: 202 } } });
    expect(await host('both').acquire()).toMatchObject({ kind: 'replay', record: { response: { statusCode: 202 } } });
  });

  test('a response of before is copied into the new store when it is asked for', async () => {
    const { host, records, divergences, counted } = migration();
    await host('old').complete(owned(await host('old').acquire()), 202);
    await host('both').acquire();
    expect(divergences).toEqual([{ id: 'key', kind: 'missing', store: 'new', repaired: true }]);
    const { old, new: copy } = await records();
    expect(copy).toMatchObject({ status: 'C', token: old.token, expiresAt: old.expiresAt, response: old.response });
    expect((await host('new').acquire()).kind).toBe('replay');
    expect((await host('both').acquire()).kind).toBe('replay');
    expect(divergences).toHaveLength(1);
    expect(counted).toEqual([
      'shop dual-write OldStoreHits', 'shop dual-write Divergences', 'shop dual-write NewStoreHits', 'shop dual-write OldStoreHits', 'shop dual-write NewStoreHits',
    ]);
  });

  test('a response of after is copied into the old store, so that there is a way back', async () => {
    const { host, divergences } = migration();
    await host('new').complete(owned(await host('new').acquire()), 202);
    expect((await host('both').acquire()).kind).toBe('replay');
    expect(divergences).toEqual([{ id: 'key', kind: 'missing', store: 'old', repaired: true }]);
    expect((await host('old').acquire()).kind).toBe('replay');
  });
});

describe('F70: partial failures', () => {
  const first = (call: StoreCall, fault: StoreFault): Fate => {
    let met = 0;
    return (what) => (what === call && ++met === 1 ? fault : 'pass');
  };
  const always = (call: StoreCall, fault: StoreFault): Fate => (what) => (what === call ? fault : 'pass');

  test.each<[string, Parameters<typeof migration>[0]]>([
    ['the old store does not answer', { old: first('claim', 'drop') }],
    ['the old store’s reply is lost', { old: first('claim', 'lose-reply') }],
    ['the new store does not answer', { new: first('claim', 'drop') }],
    ['the new store’s reply is lost', { new: first('claim', 'lose-reply') }],
  ])('a claim, and %s: nothing runs, nothing stands in the way of the next', async (_, faults) => {
    const { host, records } = migration(faults);
    expect(await host('both').acquire()).toMatchObject({ kind: 'unavailable', cause: { code: 'IDEMPOTENCY_INJECTED_FAULT' } });
    const { old, new: fresh } = await records();
    expect([old?.status, fresh?.status]).not.toContain('P');
    expect((await host('both').acquire()).kind).toBe('owner');
  });

  test('a claim that new refused, and old does not take back: the retry waits out a lease at the most', async () => {
    const { host, clock } = migration({ old: always('release', 'drop') });
    owned(await host('new').acquire());
    expect((await host('both').acquire()).kind).toBe('conflict');
    expect((await host('both').acquire()).kind).toBe('conflict');
    clock.advance(AFTER_LEASE);
    expect((await host('both').acquire()).kind).toBe('owner');
  });

  test('an earlier send of a claim that landed in both stores makes its sender the owner', async () => {
    const { store } = migration().host('both');
    expect(await store.claim(CLAIM)).toMatchObject({ applied: true });
    expect(await store.claim(CLAIM)).toMatchObject({ applied: false, current: { status: 'P', token: CLAIM.token, attempt: 1 } });
  });

  test('a lost reply from new only: its own token is no foreign claim', async () => {
    const { host, memories } = migration();
    await memories.new.claim(CLAIM);
    expect(await host('both').store.claim(CLAIM)).toMatchObject({ applied: false, current: { status: 'P', token: CLAIM.token } });
    expect(await memories.old.read('key')).toMatchObject({ status: 'P', token: CLAIM.token });
  });

  test('F5: a claim that landed in old before, over an unfinished execution in new: its owner is told', async () => {
    const { host, memories } = migration();
    await memories.new.claim({ ...CLAIM, token: 'died', now: epochMillis(T0 - 60_000), leaseEnd: epochMillis(T0 - 30_000) });
    await memories.old.claim(CLAIM);
    expect(await host('both').store.claim(CLAIM)).toMatchObject({ applied: false, current: { status: 'P', token: CLAIM.token, attempt: 2 } });
  });

  test.each([['still stands', 1_000], ['has died', AFTER_LEASE]])(
    'F40: a response that only new has is not hidden by a claim for another request that %s in old, from where it was not withdrawn',
    async (_, passed) => {
      const { host, clock } = migration({ old: always('release', 'drop') });
      await host('new').complete(owned(await host('new').acquire()), 202);
      expect((await host('both').acquire(2)).kind).toBe('mismatch');
      clock.advance(passed);
      expect(await host('both').acquire()).toMatchObject({ kind: 'replay', record: { response: { statusCode: 202 } } });
      expect((await host('both').acquire(2)).kind).toBe('mismatch');
    },
  );

  test.each<[string, Parameters<typeof migration>[0]]>([
    ['old drops it', { old: first('complete', 'drop') }],
    ['old loses its reply', { old: first('complete', 'lose-reply') }],
    ['new drops it', { new: first('complete', 'drop') }],
    ['new loses its reply', { new: first('complete', 'lose-reply') }],
  ])('a completion, and %s once: it is sent again and recorded in both', async (_, faults) => {
    const { host, records } = migration(faults);
    expect(await host('both').complete(owned(await host('both').acquire()))).toEqual({ kind: 'recorded' });
    expect(await records()).toMatchObject({ old: { status: 'C' }, new: { status: 'C' } });
  });

  test('a completion that never reaches new: unpersisted, counted, and no other host gets it before new has it', async () => {
    let down = true;
    const { host, divergences, counted, records, clock } = migration({ new: (call) => (down && call === 'complete' ? 'drop' : 'pass') });
    const concluded = await host('both').complete(owned(await host('both').acquire()), 202);
    expect(concluded.kind).toBe('unpersisted');
    expect(divergences).toContainEqual({ id: 'key', kind: 'unfinished', store: 'new', repaired: false });
    expect(counted).toContain('shop dual-write Divergences');
    expect((await host('both').acquire()).kind).toBe('unavailable');
    expect((await host('new').acquire()).kind).toBe('conflict');
    down = false;
    clock.advance(AFTER_LEASE);
    expect(await host('both').acquire()).toMatchObject({ kind: 'replay', record: { response: { statusCode: 202 } } });
    expect(divergences.at(-1)).toEqual({ id: 'key', kind: 'unfinished', store: 'new', repaired: true });
    expect(await records()).toMatchObject({ new: { status: 'C', response: { statusCode: 202 } } });
  });

  test('a completion that reached both, and whose replies were all lost, is found by the read', async () => {
    const { host } = migration({ new: always('complete', 'lose-reply') });
    expect(await host('both').complete(owned(await host('both').acquire()))).toEqual({ kind: 'recorded' });
  });

  test('a release goes to both, also where one of them fails', async () => {
    const { host, records } = migration({ new: first('release', 'drop') });
    const ownership = owned(await host('both').acquire());
    expect(await host('both').release(ownership)).toBe(false);
    expect(await records()).toMatchObject({ old: { status: 'R' }, new: { status: 'P' } });
  });

  test.each<[string, Fate, Fate]>([['old', always('claim', 'drop'), never], ['new', never, always('claim', 'drop')]])(
    'with the %s store down, phase both fails closed',
    async (_, old, fresh) => {
      const { host } = migration({ old, new: fresh });
      expect((await host('both').acquire()).kind).toBe('unavailable');
      expect((await host('both').acquire()).kind).toBe('unavailable');
    },
  );

  test('a caller that no longer waits starts nothing in the new store', async () => {
    const { memories } = migration();
    const gone = new AbortController();
    const store = new DualWriteStore(
      { ...wrapped(memories.old), claim: async (given) => (gone.abort(), memories.old.claim(given)) },
      memories.new,
      { phase: 'both' },
    );
    await expect(store.claim(CLAIM, { signal: gone.signal })).rejects.toThrow();
    expect(await memories.old.read('key')).toMatchObject({ status: 'R' });
    expect(await memories.new.read('key')).toBeUndefined();
  });

  test('a record that cannot be read decides against running, in whichever store', async () => {
    const unreadable: StoredRecord = { id: 'key', unreadable: 'newer-version', detail: 'format version 2' };
    const strange: IdempotencyStore = {
      ...wrapped(new MemoryStore()),
      claim: async () => ({ applied: false, current: unreadable }),
      read: async () => unreadable,
    };
    const claimed = new MemoryStore();
    await claimed.claim({ ...CLAIM, token: 'other' });
    const refused = { applied: false, current: unreadable };
    expect(await new DualWriteStore(claimed, strange, { phase: 'both' }).claim(CLAIM)).toEqual(refused);
    expect(await new DualWriteStore(new MemoryStore(), strange, { phase: 'both' }).claim(CLAIM)).toEqual(refused);
    expect(await new DualWriteStore(strange, claimed, { phase: 'both' }).claim(CLAIM)).toEqual(refused);
    expect(await new DualWriteStore(claimed, strange, { phase: 'both' }).read('key')).toEqual(unreadable);
  });

  test('what onDivergence and the metrics throw changes nothing', async () => {
    const { host, memories } = migration();
    await host('old').complete(owned(await host('old').acquire()));
    const angry = () => {
      throw new Error('listener');
    };
    const store = new DualWriteStore(memories.old, memories.new, { phase: 'both', onDivergence: angry, metrics: { measure: angry } });
    expect(await store.claim(CLAIM)).toMatchObject({ applied: false, current: { status: 'C' } });
  });
});

describe('over a real DynamoDB', () => {
  let dynamoDb: TestDynamoDb;
  beforeAll(async () => {
    dynamoDb = await startDynamoDb();
    await dynamoDb.createTable('keys');
    await dynamoDb.createTable('keys-v2', 'pk');
  });
  afterAll(() => dynamoDb.stop());

  test('records move from table to table, and with them the limits', async () => {
    const old = new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
    const fresh = new DynamoDbStore({ tableName: 'keys-v2', partitionKey: 'pk', client: dynamoDb.client });
    await old.claim(CLAIM);
    const response = { statusCode: 202, headers: [], body: Uint8Array.of(1, 2), encoding: { base64: true, deflated: false, tooLarge: false } };
    await old.complete({ ...CLAIM, response });
    const both = new DualWriteStore(old, fresh, { phase: 'both' });
    expect(await both.claim({ ...CLAIM, token: 'retry' })).toMatchObject({ applied: false, current: { status: 'C', response } });
    expect(await fresh.read(CLAIM.id)).toMatchObject({ status: 'C', token: CLAIM.token, response });
    expect(new DualWriteStore(new MemoryStore(), old, { phase: 'old' }).limits).toEqual({ itemBytes: 409_600, writeUnitBytes: 1024 });
    expect(new DualWriteStore(old, new MemoryStore(), { phase: 'new' }).limits).toEqual({ itemBytes: 0, writeUnitBytes: 0 });
  });
});

test.each<[string, unknown[], RegExp]>([
  ['no new store', [new MemoryStore(), undefined, { phase: 'both' }], /newStore must be a store, got undefined/],
  ['one store twice', ((one) => [one, one, { phase: 'both' }])(new MemoryStore()), /are the same store/],
  ['a phase that is none', [new MemoryStore(), new MemoryStore(), { phase: 'shadow' }], /phase must be 'old', 'both' or 'new', got "shadow"/],
  ['no phase', [new MemoryStore(), new MemoryStore(), {}], /phase must be .* got undefined/],
])('throws when given %s', (_, given, message) => {
  const construct = () => new DualWriteStore(...(given as ConstructorParameters<typeof DualWriteStore>));
  expect(construct).toThrow(DualWriteStoreError);
  expect(construct).toThrow(message);
});
