import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import type { StoredRecord, StoredResponse } from '../../../runtime/protocol/record';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { systemClock } from '../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { FRONTS, type Request, type Seen } from '../../support/fronts';
import { MARKER, Shop } from '../../support/shop';

/** The replay of a response with these headers. */
async function replayed(headers: Record<string, unknown>, options: IdempotencyOptions = {}, request: Request = {}): Promise<Seen['headers']> {
  const shop = new Shop({ front: 'REST API', options, respond: () => ({ statusCode: 200, headers, body: '' }) });
  await shop.pay('payment-1', request);
  const replay = await shop.pay('payment-1', request);
  expect(replay.statusCode).toBe(200);
  return replay.headers;
}

describe('headers of a replay', () => {
  test.each<[string, unknown]>([['bad name', 'x'], ['', 'x'], ['X-Split', 'a\r\nSet-Cookie: b'], ['X-Nul', 'a\0b'], ['X-Ünïcode', 'x']])(
    'F66: one that HTTP does not allow (%j: %j) is left out, and the rest is replayed',
    async (name, value) => {
      expect(await replayed({ [name]: value, 'X-Kept': 'yes' })).toEqual({ 'x-kept': 'yes', [MARKER]: 'true' });
    },
  );

  test('an allow list leaves what it names, and what the body needs', async () => {
    const headers = { 'X-One': '1', 'X-Two': '2', 'Content-Type': 'text/plain', 'Location': '/payments/1' };
    expect(await replayed(headers, { replayHeaders: { allow: ['location'] } })).toEqual({
      'location': '/payments/1', 'content-type': 'text/plain', [MARKER]: 'true',
    });
  });

  test('a deny list takes away', async () => {
    expect(await replayed({ 'X-One': '1', 'X-Two': '2' }, { replayHeaders: { deny: ['X-ONE'] } })).toEqual({ 'x-two': '2', [MARKER]: 'true' });
  });

  test('the marker has the name and the aliases that are configured', async () => {
    const headers = await replayed({}, { replayMarker: 'X-Replayed', replayMarkerAliases: ['Idempotent-Replayed'] });
    expect(headers).toEqual({ 'x-replayed': 'true', 'idempotent-replayed': 'true' });
  });
});

test.each(Object.keys(FRONTS).flatMap((front) => ['{"ok":true}', 'aGVs\r\nbG8=\r\n', '-__-'].map((body) => [front, body])))(
  'F184: what a handler calls base64 reaches %s as it was written, first and replayed: %j',
  async (front, body) => {
    const shop = new Shop({ front, respond: () => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body, isBase64Encoded: true }) });
    const event = FRONTS[front]!({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
    for (const _ of ['first', 'replay']) expect(await shop.raw(event)).toMatchObject({ statusCode: 200, body, isBase64Encoded: true });
    expect(shop.handler.calls).toHaveLength(1);
  },
);

describe('F80: whether to retry a replay', () => {
  const answered = async (statusCode: number, front: string): Promise<readonly [first: Seen, replay: Seen]> => {
    const shop = new Shop({
      front,
      options: { retryHintHeaders: ['X-Should-Retry', 'Stripe-Should-Retry'] },
      respond: () => ({ statusCode, headers: { 'Retry-After': '7', 'x-should-retry': 'true' }, body: '' }),
    });
    return [await shop.pay('payment-1'), await shop.pay('payment-1')];
  };

  test.each([408, 409, 425, 429, 500, 501, 502, 503, 504, 599])(
    'F80: a replayed %i, which SDKs would send again in vain, says not to, and names no time to do so',
    async (status) => {
      for (const front of Object.keys(FRONTS)) {
        const [first, replay] = await answered(status, front);
        expect(first).toMatchObject({ statusCode: status, headers: { 'retry-after': '7', 'x-should-retry': 'true' } });
        expect(replay).toMatchObject({
          statusCode: status, headers: { [MARKER]: 'true', 'x-should-retry': 'false', 'stripe-should-retry': 'false' },
        });
        expect(replay.headers).not.toHaveProperty('retry-after');
      }
    },
  );

  test.each([403, 413, 422])('F80: a replayed %i invites to no retry either: some clients go by the time alone', async (status) => {
    const [, replay] = await answered(status, 'HTTP API');
    expect(replay.headers).toEqual({ [MARKER]: 'true' });
  });

  test.each([200, 202, 303])('F80: a replayed %i keeps it: there it says when to ask for the result', async (status) => {
    const [, replay] = await answered(status, 'HTTP API');
    expect(replay.headers).toMatchObject({ 'retry-after': '7', [MARKER]: 'true' });
  });
});

describe('F58: CORS on a replay', () => {
  const page = (origin: string): Request => ({ headers: { Origin: origin } });

  test('F58: a page that may read the response may read the marker, also where the gateway says nothing of it', async () => {
    const headers = await replayed({ 'Access-Control-Allow-Origin': '*' }, {}, page('https://shop.example'));
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'X-Idempotent-Replay' });
  });
  test('F58: what the handler exposes stays exposed, and nothing stands there twice', async () => {
    const headers = await replayed(
      { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Location, x-idempotent-replay' },
      { replayMarkerAliases: ['Idempotent-Replayed'] },
      page('https://shop.example'),
    );
    expect(headers['access-control-expose-headers']).toBe('Location, x-idempotent-replay, Idempotent-Replayed');
  });
  test.each<[string, Record<string, string>, string | undefined]>([
    ['* exposes everything', { 'Access-Control-Expose-Headers': '*' }, '*'],
    ['* exposes nothing where credentials are sent', { 'Access-Control-Expose-Headers': '*', 'Access-Control-Allow-Credentials': 'true' }, '*, X-Idempotent-Replay'],
  ])('F58: %s', async (_, headers, expected) => {
    const origin = 'https://shop.example';
    const seen = await replayed({ 'Access-Control-Allow-Origin': origin, ...headers }, {}, page(origin));
    expect(seen['access-control-expose-headers']).toBe(expected);
  });
  test('F58: the retry hint of a replayed 5xx is exposed as well', async () => {
    const shop = new Shop({ front: 'REST API', respond: () => ({ statusCode: 500, headers: { 'Access-Control-Allow-Origin': '*' }, body: '' }) });
    await shop.pay('payment-1');
    expect((await shop.pay('payment-1')).headers['access-control-expose-headers']).toBe('X-Idempotent-Replay, X-Should-Retry');
  });
  test('F58: a response without CORS gains none, nor one for another origin', async () => {
    expect(await replayed({})).not.toHaveProperty('access-control-expose-headers');
    const shop = new Shop({ respond: () => ({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'https://shop.example' }, body: '' }) });
    await shop.pay('payment-1', page('https://shop.example'));
    const { headers } = await shop.pay('payment-1', page('https://other.example'));
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('access-control-expose-headers');
    expect(headers).toMatchObject({ vary: 'Origin' });
  });
  test('F58: the wrapper’s own errors follow the CORS settings of the API', async () => {
    const shop = new Shop({ options: { required: true, cors: { allowOrigins: ['https://shop.example'] } } });
    expect((await shop.send(page('https://shop.example'))).headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.example' });
    expect((await shop.send(page('https://other.example'))).headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('F66: a record that somebody tampered with', () => {
  /** A store whose completed records are what `change` makes of them. */
  function tampered(change: (response: StoredResponse) => unknown): IdempotencyStore {
    const memory = new MemoryStore();
    const shown = (record: StoredRecord | undefined): StoredRecord | undefined =>
      record !== undefined && 'response' in record && record.response ? ({ ...record, response: change(record.response) } as StoredRecord) : record;
    return {
      limits: memory.limits,
      claim: async (claim) => {
        const reply = await memory.claim(claim);
        return reply.applied ? reply : { ...reply, current: shown(reply.current) };
      },
      complete: (completion) => memory.complete(completion),
      release: (release) => memory.release(release),
      read: async (id) => shown(await memory.read(id)),
    };
  }

  const encoding = { base64: false, deflated: false, tooLarge: false };
  test.each<[string, (response: StoredResponse) => unknown]>([
    ['no response', () => undefined],
    ['no status', (response) => ({ ...response, statusCode: 'x' })],
    ['a status that is none', (response) => ({ ...response, statusCode: 99 })],
    ['no headers', (response) => ({ ...response, headers: {} })],
    ['a header with a line break', (response) => ({ ...response, headers: [['X-A', 'a\r\nb']] })],
    ['no body', ({ body: _, ...response }) => response],
    ['a body that does not inflate', (response) => ({ ...response, body: Buffer.from('x'), encoding: { ...encoding, deflated: true } })],
    ['a pointer where there is no bucket', ({ body: _, ...response }) => ({ ...response, overflow: '../other' })],
  ])('F66: %s: 503, and the handler is not run again', async (_, change) => {
    const shop = new Shop({ options: { store: tampered(change) } });
    await shop.pay('payment-1');
    const reply = await shop.pay('payment-1');
    expect(reply.statusCode).toBe(503);
    expect(reply.headers).not.toHaveProperty(MARKER);
    expect(shop.handler.calls).toHaveLength(1);
    expect(shop.seen.lines.at(-1)).toMatchObject({ level: 'error' });
  });

  test('F66: whatever stands there, the answer is a response or a 503, and no prototype is touched', async () => {
    const anything = fc.record(
      {
        statusCode: fc.anything(),
        headers: fc.anything(),
        body: fc.oneof(fc.anything(), fc.uint8Array()),
        encoding: fc.constant(encoding),
        overflow: fc.anything(),
      },
      { requiredKeys: ['encoding'] },
    );
    await fc.assert(fc.asyncProperty(anything, async (change) => {
      const shop = new Shop({ options: { store: tampered((response) => ({ ...response, ...change })) } });
      await shop.pay('payment-1');
      const { statusCode } = await shop.pay('payment-1');
      expect(Number.isInteger(statusCode)).toBe(true);
      expect(shop.handler.calls).toHaveLength(1);
    // Each of them once threw out of the replay.
    }), { numRuns: 200, examples: [[{ encoding, overflow: { toString: 0 } }], [{ encoding, overflow: Object.create(null) }]] });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('F67: rolling upgrade and rollback', () => {
  let dynamoDb: TestDynamoDb;
  beforeAll(async () => {
    dynamoDb = await startDynamoDb();
    await dynamoDb.createTable('keys');
  });
  afterAll(() => dynamoDb.stop());

  const NOW = Math.floor(Date.now() / 1000);
  const completed = { st: { S: 'C' }, rs: { N: '200' }, rh: { S: '[]' }, re: { N: '0' }, rb: { B: Buffer.from('kept') } };
  const running = { st: { S: 'P' }, lx: { N: String((NOW + 30) * 1_000) } };
  const MATRIX: readonly [string, string, object, number][] = [
    ['this version, completed', '1', completed, 200],
    ['this version, running', '1', running, 409],
    ['a later minor version, completed', '1.4', { ...completed, xx: { S: 'new' } }, 200],
    ['a later minor version, running', '1.4', { ...running, xx: { M: {} } }, 409],
    ['the next major version, completed', '2', completed, 503],
    ['the next major version, running', '2', running, 503],
    ['the next major version, in a state of its own', '2.1', { st: { S: 'Q' } }, 503],
    ['no version', '0', completed, 503],
    ['a state that is none', '1', { st: { S: 'Q' } }, 503],
  ];

  test.each(MATRIX)('F67: a record of %s (v %s): %i', async (name, version, state, status) => {
    const claims: { id: string; fingerprint: Uint8Array }[] = [];
    const store = new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
    const spying: IdempotencyStore = {
      limits: store.limits,
      claim: async (claim) => {
        if (claims.push({ id: claim.id, fingerprint: claim.fingerprint }) === 1) {
          const common = { id: { S: claim.id }, v: { N: version }, tok: { S: 'other' }, gen: { N: '1' }, ca: { N: '1' }, fp: { B: claim.fingerprint } };
          const item = { ...common, expires_at: { N: String(NOW + 1_000) }, ...state };
          await dynamoDb.client.send(new PutItemCommand({ TableName: 'keys', Item: item as never }));
        }
        return store.claim(claim);
      },
      complete: (completion) => store.complete(completion),
      release: (release) => store.release(release),
      read: (id) => store.read(id),
    };
    const shop = new Shop({ options: { store: spying }, host: { clock: systemClock } });
    const reply = await shop.pay(`of ${name}`.replace(/\W/g, '-'));
    expect(reply.statusCode).toBe(status);
    expect(shop.handler.calls).toHaveLength(0);
    if (status === 200) expect(reply).toMatchObject({ body: 'kept', headers: { [MARKER]: 'true' } });
  });
});
