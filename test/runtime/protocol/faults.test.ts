import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { acquire, type Acquired, type Ownership, type Ports } from '../../../runtime/protocol/acquire';
import { complete, release } from '../../../runtime/protocol/conclude';
import { isReadable, type IdempotencyRecord, type StoredResponse } from '../../../runtime/protocol/record';
import { sameBytes } from '../../../runtime/protocol/transitions';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { millis, systemClock, type Clock, type MonotonicMillis } from '../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import type { Fate } from '../../support/faulty-dynamodb';
import { freePort } from '../../support/ports';
import { TRANSPORTS, faultyStores, type TestTransport } from '../../support/transports';

let dynamoDb: TestDynamoDb;
let reliable: IdempotencyStore;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  reliable = new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
});
afterAll(() => dynamoDb.stop());

const TERMS = { lease: millis(30_000), ttl: millis(86_400_000), margin: millis(2_000), takeover: true };
const RESPONSE: StoredResponse = {
  statusCode: 201,
  headers: [],
  body: Buffer.from('made'),
  encoding: { base64: false, deflated: false, tooLarge: false },
};

const portsOver = (store: IdempotencyStore): Ports => ({ store, clock: systemClock, token: randomUUID, sameRequest: sameBytes });
/** Time that the pauses between two sends alone take, so that nothing depends on how fast this machine is. */
function pausesOnly(): Clock {
  let passed = 0;
  return {
    now: () => systemClock.now(),
    monotonic: () => passed as MonotonicMillis,
    // With a signal it is somebody's patience, which has no end here.
    sleep: (ms, signal) => (signal === undefined ? Promise.resolve(void (passed += ms)) : new Promise(() => {})),
  };
}
const within = (ms: number): MonotonicMillis => (systemClock.monotonic() + ms) as MonotonicMillis;
const newKey = () => ({ id: randomUUID(), fingerprint: Uint8Array.of(1, 2, 3) });

function owned(acquired: Acquired): Ownership {
  if (acquired.kind !== 'owner') throw new Error(`not the owner: ${acquired.kind}`);
  return acquired.ownership;
}

async function recordOf(id: string): Promise<IdempotencyRecord | undefined> {
  const record = await reliable.read(id);
  if (record !== undefined && !isReadable(record)) throw new Error(record.detail);
  return record;
}

describe.each(Object.keys(TRANSPORTS))('over %s', (way) => {
  const wires = faultyStores(way);
  let directly: TestTransport;
  beforeAll(() => {
    directly = TRANSPORTS[way]!(dynamoDb.endpoint);
  });
  afterAll(() => {
    directly.close();
    return wires.stop();
  });

  const storeWith = (fate: (operation: string, send: number) => Fate, tries?: number) => wires.storeWith(dynamoDb.endpoint, fate, tries);

  test("F5: the claim's reply is lost and it is resent: the caller knows its own token and is the owner", async () => {
    const { store, sent } = await storeWith((_, send) => (send === 1 ? 'lose-reply' : 'pass'));
    const key = newKey();
    const ownership = owned(await acquire(key, TERMS, portsOver(store), within(10_000)));
    expect(sent).toEqual(['UpdateItem', 'UpdateItem']);
    expect(ownership).toMatchObject({ attempt: 1, takeover: false });
    expect(await complete(ownership, RESPONSE, TERMS, portsOver(store), within(10_000))).toEqual({ kind: 'recorded' });
  });

  test('F6: a claim of unknown outcome is released once, and the next retry runs at once', async () => {
    const { store, sent } = await storeWith((_, send) => (send <= 3 ? 'lose-reply' : 'pass'));
    const key = newKey();
    const acquired = await acquire(key, TERMS, portsOver(store), within(10_000));
    expect(acquired).toMatchObject({ kind: 'unavailable', cause: { message: expect.stringContaining('socket hang up') } });
    expect(sent).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem', 'UpdateItem']);
    expect((await recordOf(key.id))?.status).toBe('R');
    expect((await acquire(key, TERMS, portsOver(reliable), within(10_000))).kind).toBe('owner');
  });

  test('F6: a claim that never arrived leaves nothing behind', async () => {
    const { store } = await storeWith((_, send) => (send <= 3 ? 'drop' : 'pass'));
    const key = newKey();
    expect((await acquire(key, TERMS, portsOver(store), within(10_000))).kind).toBe('unavailable');
    expect(await recordOf(key.id)).toBeUndefined();
  });

  test('F9: a throttled completion is sent again until it is recorded', async () => {
    const { store, sent } = await storeWith((_, send) => (send > 1 && send <= 5 ? 'throttle' : 'pass'), 2);
    const key = newKey();
    const ownership = owned(await acquire(key, TERMS, portsOver(store), within(10_000)));
    expect(await complete(ownership, RESPONSE, TERMS, portsOver(store), within(20_000))).toEqual({ kind: 'recorded' });
    expect(sent).toHaveLength(6);
    expect((await recordOf(key.id))?.status).toBe('C');
  });

  test('F9: a completion that cannot be recorded ends within the time that is left, and says so', async () => {
    const { store, sent } = await storeWith((_, send) => (send === 1 ? 'pass' : 'drop'), 1);
    const key = newKey();
    const ownership = owned(await acquire(key, TERMS, portsOver(store), within(10_000)));
    const clock = pausesOnly();
    // A quarter is kept for the read. After 0, 50, 250 and 1,050 ms the next pause, of 2,000, would be longer than what is left.
    const concluded = await complete(ownership, RESPONSE, TERMS, { ...portsOver(store), clock }, (clock.monotonic() + 4_000) as MonotonicMillis);
    expect(concluded).toMatchObject({ kind: 'unpersisted', cause: { message: expect.stringContaining('socket hang up') } });
    expect(sent).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem', 'UpdateItem', 'UpdateItem', 'GetItem']);
    expect((await recordOf(key.id))?.status).toBe('P');
  });

  test.each([
    ['by the resend', 3],
    ['by the read that follows', 1],
  ])('F10: a completion whose reply is lost is found recorded under its own token: %s', async (_, maxAttempts) => {
    let completions = 0;
    const { store } = await storeWith((operation, send) => (send > 1 && operation === 'UpdateItem' && ++completions <= 1 ? 'lose-reply' : 'pass'), maxAttempts);
    const key = newKey();
    const ownership = owned(await acquire(key, TERMS, portsOver(store), within(10_000)));
    expect(await complete(ownership, RESPONSE, TERMS, portsOver(store), within(10_000))).toEqual({ kind: 'recorded' });
  });

  test('F10: when no reply to any completion arrives, a consistent read tells that it landed', async () => {
    const { store, sent } = await storeWith((operation, send) => (send > 1 && operation === 'UpdateItem' ? 'lose-reply' : 'pass'), 1);
    const key = newKey();
    const ownership = owned(await acquire(key, TERMS, portsOver(store), within(10_000)));
    const clock = pausesOnly();
    const deadline = (clock.monotonic() + 4_000) as MonotonicMillis;
    expect(await complete(ownership, RESPONSE, TERMS, { ...portsOver(store), clock }, deadline)).toEqual({ kind: 'recorded' });
    expect(sent.at(-1)).toBe('GetItem');
  });

  describe('F26: a refusal that does not show the item is followed by one consistent read', () => {
    const blind = (calls: string[] = []): IdempotencyStore => {
      const { transport } = directly;
      return new DynamoDbStore({
        tableName: 'keys',
        transport: {
          async update(request, options) {
            calls.push('update');
            const reply = await transport.update(request, options);
            return reply.applied ? reply : { applied: false };
          },
          get(request, options) {
            calls.push('get');
            return transport.get(request, options);
          },
        },
      });
    };

    test('a conflict is told from a replay', async () => {
      const key = newKey();
      const ownership = owned(await acquire(key, TERMS, portsOver(reliable), within(10_000)));
      expect((await acquire(key, TERMS, portsOver(blind()), within(10_000))).kind).toBe('conflict');
      await complete(ownership, RESPONSE, TERMS, portsOver(reliable), within(10_000));
      const calls: string[] = [];
      expect((await acquire(key, TERMS, portsOver(blind(calls)), within(10_000))).kind).toBe('replay');
      expect(calls).toEqual(['update', 'get']);
    });

    test('a record that is gone by then is claimed once more, and no more than once', async () => {
      const key = newKey();
      let claims = 0;
      const vanishing: IdempotencyStore = {
        limits: reliable.limits,
        claim: async () => (claims++, { applied: false }),
        complete: () => Promise.reject(new Error('unexpected')),
        release: () => Promise.reject(new Error('unexpected')),
        read: async () => undefined,
      };
      expect((await acquire(key, TERMS, portsOver(vanishing), within(10_000))).kind).toBe('unavailable');
      expect(claims).toBe(2);
    });
  });

  test('F30: with DynamoDB down the claim fails closed', async () => {
    const port = await freePort();
    const { transport, close } = TRANSPORTS[way]!(`http://127.0.0.1:${port}`);
    const store = new DynamoDbStore({ tableName: 'keys', transport });
    expect(await acquire(newKey(), TERMS, portsOver(store), within(10_000))).toMatchObject({
      kind: 'unavailable',
      cause: { message: expect.stringContaining('ECONNREFUSED') },
    });
    close();
  });

  test('F31: a DynamoDB that never answers is given up on in bounded time', async () => {
    const sockets: Socket[] = [];
    const hole = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
    const { port } = hole.address() as AddressInfo;
    const { transport, close } = TRANSPORTS[way]!(`http://127.0.0.1:${port}`);
    const store = new DynamoDbStore({ tableName: 'keys', transport });
    const acquired = await acquire(newKey(), TERMS, portsOver(store), within(200));
    expect(acquired).toMatchObject({ kind: 'unavailable', cause: { code: 'IDEMPOTENCY_STORE_UNAVAILABLE' } });
    sockets.forEach((socket) => socket.destroy());
    close();
    await new Promise((resolve) => hole.close(resolve));
  });

  test('F31: even a store that ignores the signal is not waited for', async () => {
    const deaf: IdempotencyStore = {
      limits: reliable.limits,
      claim: () => new Promise(() => {}),
      complete: () => new Promise(() => {}),
      release: () => new Promise(() => {}),
      read: () => new Promise(() => {}),
    };
    expect((await acquire(newKey(), TERMS, portsOver(deaf), within(20))).kind).toBe('unavailable');
  });

  test('a released key tells the owner that it is released', async () => {
    const key = newKey();
    const ownership = owned(await acquire(key, TERMS, portsOver(reliable), within(10_000)));
    expect(await release(ownership, portsOver(reliable), within(10_000))).toBe(true);
    expect(await release(ownership, portsOver(reliable), within(10_000))).toBe(false);
    expect(await complete(ownership, RESPONSE, TERMS, portsOver(reliable), within(10_000))).toEqual({
      kind: 'unpersisted',
      reason: 'released',
    });
  });
});

test('F9: where time ends during a resend, it is told what the store said before, not that time ended', async () => {
  const key = newKey();
  const ownership = owned(await acquire(key, TERMS, portsOver(reliable), within(10_000)));
  const store = faultyStore(reliable, (_, call) => (call === 1 ? 'drop' : 'hang'));
  // Whoever is patient has waited long enough once everything else has happened.
  const clock: Clock = {
    ...pausesOnly(),
    sleep: (_, signal) => (signal === undefined ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve))),
  };
  const concluded = await complete(ownership, RESPONSE, TERMS, { ...portsOver(store), clock }, (clock.monotonic() + 4_000) as MonotonicMillis);
  expect(concluded).toMatchObject({ kind: 'unpersisted', reason: 'the store gave no answer', cause: { code: 'IDEMPOTENCY_INJECTED_FAULT', call: 'complete', fault: 'drop' } });
});
