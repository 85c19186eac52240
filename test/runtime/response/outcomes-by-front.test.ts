import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { FRONTS } from '../../support/fronts';
import { MARKER, Shop, gate, settled } from '../../support/shop';

const problem = (code: string, message: string, status: number): string => JSON.stringify({ code, message, status });

type Row = (front: string) => Promise<void>;

const OUTCOMES: Readonly<Record<string, Row>> = {
  'first time: the response of the handler, unchanged': async (front) => {
    const shop = new Shop({ front });
    const first = await shop.pay('payment-key-1');
    expect(first).toEqual({ statusCode: 201, headers: { 'content-type': 'text/plain' }, body: 'payment 1' });
  },
  'completed, same request: the recorded response with the marker, the handler ran once': async (front) => {
    const shop = new Shop({ front });
    await shop.pay('payment-key-1');
    const replay = await shop.pay('payment-key-1');
    expect(replay).toMatchObject({ statusCode: 201, body: 'payment 1', headers: { 'content-type': 'text/plain', [MARKER]: 'true' } });
    expect(shop.handler.calls).toHaveLength(1);
  },
  'completed with an error response: replayed like any other, and a 5xx says not to retry': async (front) => {
    const shop = new Shop({ front, respond: () => ({ statusCode: 500, headers: {}, body: 'declined' }) });
    expect((await shop.pay('payment-key-1')).headers).not.toHaveProperty('x-should-retry');
    const replay = await shop.pay('payment-key-1');
    expect(replay).toMatchObject({ statusCode: 500, body: 'declined', headers: { [MARKER]: 'true', 'x-should-retry': 'false' } });
    expect(shop.handler.calls).toHaveLength(1);
  },
  'in flight: 409 with Retry-After 1': async (front) => {
    const { opened, open } = gate();
    const shop = new Shop({ front, respond: async () => (await opened, { statusCode: 200, body: 'done' }) });
    const first = shop.pay('payment-key-1');
    const second = await shop.pay('payment-key-1');
    expect(second).toMatchObject({ statusCode: 409, headers: { 'retry-after': '1', 'x-should-retry': 'true', 'content-type': 'application/json' } });
    expect(second.body).toBe(problem('IDEMPOTENCY_CONFLICT', 'A request with this idempotency key is already being processed', 409));
    expect(second.headers).not.toHaveProperty(MARKER);
    open();
    expect(await first).toMatchObject({ statusCode: 200, body: 'done' });
  },
  'F40: completed, another body: 422 where the body is compared': async (front) => {
    const shop = new Shop({ front, options: { includeRequestHash: true } });
    await shop.pay('payment-key-1');
    const other = await shop.pay('payment-key-1', { body: 'amount=2' });
    expect(other).toMatchObject({ statusCode: 422, headers: { 'x-should-retry': 'false' } });
    expect(other.body).toBe(problem('IDEMPOTENCY_KEY_REUSED', 'Idempotency key already used for different request', 422));
    expect((await shop.pay('payment-key-1')).headers[MARKER]).toBe('true');
    expect(shop.handler.calls).toHaveLength(1);
  },
  'F40: completed, another body: a replay where it is not': async (front) => {
    const shop = new Shop({ front });
    await shop.pay('payment-key-1');
    expect(await shop.pay('payment-key-1', { body: 'amount=2' })).toMatchObject({ statusCode: 201, headers: { [MARKER]: 'true' } });
  },
  'F40: completed, another query: 422 whatever is compared of the body': async (front) => {
    const shop = new Shop({ front });
    await shop.pay('payment-key-1');
    expect((await shop.pay('payment-key-1', { query: 'dry=1' })).statusCode).toBe(422);
  },
  'F40: in flight, another body: 422 before 409': async (front) => {
    const { opened, open } = gate();
    const shop = new Shop({ front, options: { includeRequestHash: true }, respond: async () => (await opened, { statusCode: 200, body: 'done' }) });
    const first = shop.pay('payment-key-1');
    expect((await shop.pay('payment-key-1', { body: 'amount=2' })).statusCode).toBe(422);
    open();
    await first;
  },
  'missing key, optional: straight to the handler, every time': async (front) => {
    const shop = new Shop({ front });
    await shop.send({});
    expect(await shop.send({})).toMatchObject({ statusCode: 201, body: 'payment 2' });
  },
  'missing key, required: 400': async (front) => {
    const shop = new Shop({ front, options: { required: true } });
    const refused = await shop.send({});
    expect(refused).toMatchObject({ statusCode: 400, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'IDEMPOTENCY_KEY_MISSING', status: 400 });
    expect(shop.handler.calls).toHaveLength(0);
  },
  'F43: malformed key: 400 and the handler does not run, even where a key is optional': async (front) => {
    const shop = new Shop({ front });
    for (const key of ['', '   ', 'a,b', '"open', 'a b', 'x'.repeat(256), 'ünïcode']) {
      const refused = await shop.pay(key);
      expect(refused.statusCode).toBe(400);
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', status: 400 });
    }
    expect(shop.handler.calls).toHaveLength(0);
  },
  'F42: a quoted key and a bare one name the same operation': async (front) => {
    const shop = new Shop({ front });
    await shop.pay('"payment-key-1"');
    expect((await shop.pay('payment-key-1')).headers[MARKER]).toBe('true');
  },
  'F46: demanded tenant absent: 403': async (front) => {
    const shop = new Shop({ front, options: { tenant: { source: 'jwtClaim', name: 'account_id' } } });
    const refused = await shop.pay('payment-key-1');
    expect(refused).toMatchObject({ statusCode: 403, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'IDEMPOTENCY_TENANT_MISSING', status: 403 });
    expect(shop.handler.calls).toHaveLength(0);
  },
  'F30: store out of reach: 503 with Retry-After, the handler has not run': async (front) => {
    const shop = new Shop({ front, options: { store: faultyStore(new MemoryStore(), () => 'drop') } });
    const refused = await shop.pay('payment-key-1');
    expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1', 'x-should-retry': 'true' } });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'IDEMPOTENCY_STORE_UNAVAILABLE', status: 503 });
    expect(shop.handler.calls).toHaveLength(0);
    expect(await shop.send({})).toMatchObject({ statusCode: 201 });
  },
  'F30: store out of reach and execution chosen: unprotected, and it says so': async (front) => {
    const shop = new Shop({ front, options: { store: faultyStore(new MemoryStore(), () => 'drop'), onStoreError: 'execute' } });
    expect(await shop.pay('payment-key-1')).toMatchObject({ statusCode: 201, body: 'payment 1', headers: { 'x-idempotent-persisted': 'false' } });
    expect(shop.seen.measurements[0]?.counters).toEqual(['StoreErrors', 'Unpersisted']);
  },
  'F35: response too large: the first caller gets it, retries get 410, it is never executed again': async (front) => {
    const store: IdempotencyStore = Object.defineProperty(new MemoryStore(), 'limits', { value: { itemBytes: 10_000, writeUnitBytes: 1024 } });
    const random = Buffer.from(crypto.getRandomValues(new Uint8Array(20_000)));
    const shop = new Shop({ front, options: { store }, respond: () => ({ statusCode: 200, body: random.toString('base64'), isBase64Encoded: true }) });
    expect((await shop.pay('payment-key-1')).body).toBe(random.toString('latin1'));
    const retry = await shop.pay('payment-key-1');
    expect(retry.statusCode).toBe(410);
    expect(JSON.parse(retry.body)).toMatchObject({ code: 'IDEMPOTENCY_RESULT_TOO_LARGE', status: 410 });
    expect(shop.handler.calls).toHaveLength(1);
  },
  'F1: the lease ran out and a retry took over: the late one gets what the winner recorded': async (front) => {
    const gates = [gate(), gate()];
    const shop = new Shop({ front, options: { processingTimeoutSeconds: 30 }, respond: async (call) => (await gates[call - 1]!.opened, { statusCode: 200, body: `execution ${call}` }) });
    const first = shop.pay('payment-key-1');
    await settled();
    shop.clock.advance(32_001);
    const second = shop.pay('payment-key-1');
    await settled();
    gates[1]!.open();
    expect(await second).toMatchObject({ statusCode: 200, body: 'execution 2' });
    gates[0]!.open();
    expect(await first).toMatchObject({ statusCode: 200, body: 'execution 2', headers: { [MARKER]: 'true' } });
    expect(await shop.pay('payment-key-1')).toMatchObject({ body: 'execution 2', headers: { [MARKER]: 'true' } });
    expect(shop.seen.lines.map(({ message }) => message)).toEqual([
      'idempotency: takeover', 'idempotency: superseded', 'idempotency: replayed',
    ]);
  },
  'F1: the late one ends while the winner still runs: 409': async (front) => {
    const gates = [gate(), gate()];
    const shop = new Shop({ front, respond: async (call) => (await gates[call - 1]!.opened, { statusCode: 200, body: `execution ${call}` }) });
    const first = shop.pay('payment-key-1');
    await settled();
    shop.clock.advance(32_001);
    const second = shop.pay('payment-key-1');
    await settled();
    gates[0]!.open();
    expect((await first).statusCode).toBe(409);
    gates[1]!.open();
    expect((await second).body).toBe('execution 2');
  },
  'within the lease nobody takes over, and never where takeover is off': async (front) => {
    const { opened, open } = gate();
    const shop = new Shop({ front, options: { takeover: 'never' }, respond: async () => (await opened, { statusCode: 200, body: 'done' }) });
    const first = shop.pay('payment-key-1');
    await settled();
    shop.clock.advance(80_000_000);
    expect((await shop.pay('payment-key-1')).statusCode).toBe(409);
    open();
    await first;
  },
  'the TTL has passed: the same key is a new operation': async (front) => {
    const shop = new Shop({ front, options: { ttlSeconds: 60 } });
    await shop.pay('payment-key-1');
    shop.clock.advance(59_000);
    expect((await shop.pay('payment-key-1')).headers[MARKER]).toBe('true');
    shop.clock.advance(5_000);
    expect(await shop.pay('payment-key-1')).toMatchObject({ body: 'payment 2' });
  },
  'F57: GET, HEAD and OPTIONS go straight to the handler, key or not': async (front) => {
    const shop = new Shop({ front, options: { required: true } });
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await shop.pay('payment-key-1', { method });
    expect(shop.handler.calls).toHaveLength(3);
  },
  'problem format by setting, or where the client prefers it': async (front) => {
    const configured = [new Shop({ front, options: { required: true, errorFormat: 'problem' } }), {}] as const;
    const preferred = [new Shop({ front, options: { required: true } }), { Accept: 'application/problem+json' }] as const;
    for (const [shop, headers] of [configured, preferred]) {
      const refused = await shop.send({ headers });
      expect(refused.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(refused.body)).toMatchObject({ status: 400, type: expect.stringContaining('idempotency_key_missing') });
    }
  },
  'F58: cookies, dates, trace ids and hop-by-hop headers of the first exchange are not repeated': async (front) => {
    const headers = { 'Set-Cookie': 'session=1', 'Date': 'now', 'X-Amzn-Trace-Id': 'Root=1', 'Connection': 'close', 'X-Kept': 'yes' };
    const shop = new Shop({ front, respond: () => ({ statusCode: 200, headers, body: '' }) });
    await shop.pay('payment-key-1');
    const replay = await shop.pay('payment-key-1');
    expect(replay.headers).toEqual({ 'x-kept': 'yes', [MARKER]: 'true' });
  },
  'F63: a binary response is replayed byte for byte': async (front) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const shop = new Shop({ front, respond: () => ({ statusCode: 200, headers: { 'content-encoding': 'gzip' }, body: bytes.toString('base64'), isBase64Encoded: true }) });
    await shop.pay('payment-key-1');
    const replay = await shop.pay('payment-key-1');
    expect(replay.body).toBe(bytes.toString('latin1'));
    expect(replay.headers['content-encoding']).toBe('gzip');
  },
};

describe.each(Object.keys(FRONTS))('behind %s', (front) => {
  test.each(Object.entries(OUTCOMES))('%s', (_, row) => row(front));
});

describe('F60: a throw', () => {
  const GATEWAY_ERROR: Readonly<Record<string, number>> = {
    'HTTP API': 500, 'REST API': 502, 'Function URL': 502, 'ALB': 502, 'ALB with multi-value headers': 502,
  };

  test.each(Object.entries(GATEWAY_ERROR))('behind %s is recorded as the gateway’s own %i and replayed', async (front, status) => {
    const shop = new Shop({ front, respond: () => { throw new Error('after the charge'); } });
    await expect(shop.pay('payment-key-1')).rejects.toThrow('after the charge');
    const replay = await shop.pay('payment-key-1');
    expect(replay).toMatchObject({ statusCode: status, headers: { [MARKER]: 'true', 'x-should-retry': 'false' } });
    expect(shop.handler.calls).toHaveLength(1);
  });
});
