import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { controllableClock } from '../../../runtime/testing/clock';
import { httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { FRONTS, type Request } from '../../support/fronts';
import { MARKER, Shop, gate, settled } from '../../support/shop';

describe('F40: the same key on another request', () => {
  const OTHERS: readonly [string, Request, IdempotencyOptions][] = [
    ['query', { query: 'dry=1' }, {}],
    ['order of the query', { query: 'b=2&a=1' }, {}],
    ['body, where it counts', { body: 'amount=2' }, { includeRequestHash: true }],
    ['method, where the key spans the API', { method: 'PUT' }, { keyScope: 'api' }],
    ['path, where the key spans the API', { path: '/refunds' }, { keyScope: 'api' }],
  ];
  const original: Request = { query: 'a=1&b=2' };

  test.each(OTHERS)('F40: another %s: 422 when completed', async (_, other, options) => {
    const shop = new Shop({ options });
    await shop.pay('payment-1', original);
    expect((await shop.pay('payment-1', { ...original, ...other })).statusCode).toBe(422);
    expect(shop.handler.calls).toHaveLength(1);
  });

  test.each(OTHERS)('F40: another %s: 422 in flight, told at once in wait mode as well', async (_, other, options) => {
    const { opened, open } = gate();
    const shop = new Shop({ options: { ...options, onConflict: 'wait' }, respond: async () => (await opened, { statusCode: 201, body: 'paid' }) });
    const first = shop.pay('payment-1', original);
    await settled();
    expect((await shop.pay('payment-1', { ...original, ...other })).statusCode).toBe(422);
    open();
    await first;
  });

  test.each(OTHERS)('F40: another %s: no takeover after the lease', async (_, other, options) => {
    const shop = new Shop({ options, respond: (call) => (call === 1 ? new Promise(() => {}) : { statusCode: 201, body: 'paid' }) });
    void shop.pay('payment-1', original);
    await settled();
    shop.clock.advance(60_000);
    expect((await shop.pay('payment-1', { ...original, ...other })).statusCode).toBe(422);
    expect((await shop.pay('payment-1', original)).statusCode).toBe(201);
    expect(shop.handler.calls).toHaveLength(2);
  });

  test('F40: on another route it is another operation, unless the key spans the API', async () => {
    const shop = new Shop();
    await shop.pay('payment-1', { path: '/payments' });
    expect((await shop.pay('payment-1', { path: '/refunds' })).body).toBe('payment 2');
    expect((await shop.pay('payment-1', { path: '/payments', method: 'PUT' })).body).toBe('payment 3');
  });

  test('F40: two resources of one route: the path is compared', async () => {
    const shop = new Shop();
    const event = (id: string): unknown => httpApiEvent({ path: `/payments/${id}`, route: '/payments/{id}', headers: { 'Idempotency-Key': 'payment-1' } });
    await shop.raw(event('7'));
    expect(await shop.raw(event('8'))).toMatchObject({ statusCode: 422 });
  });
});

describe('a quoted key with a space and a comma in it', () => {
  const QUOTED = '"order 789, try"';

  test.each(Object.keys(FRONTS))('F42: names one operation through %s', async (front) => {
    const shop = new Shop({ front });
    expect((await shop.pay(QUOTED)).statusCode).toBe(201);
    expect((await shop.pay(QUOTED)).headers[MARKER]).toBe('true');
    expect((await shop.pay('"order 789,try"')).body).toBe('payment 2');
  });

  test.each(Object.keys(FRONTS).filter((front) => front !== 'ALB'))('F44: sent twice through %s it is no key', async (front) => {
    const shop = new Shop({ front });
    expect((await shop.send({ headers: { 'Idempotency-Key': [QUOTED, QUOTED] } })).statusCode).toBe(400);
    expect((await shop.send({ headers: { 'Idempotency-Key': ['"a"', '"b"'] } })).statusCode).toBe(400);
    expect(shop.handler.calls).toHaveLength(0);
  });
});

describe('F56: what changes from one try to the next', () => {
  test('F56: headers are not compared, whatever is compared of the body', async () => {
    const shop = new Shop({ options: { includeRequestHash: true } });
    await shop.pay('payment-1', { headers: { 'User-Agent': 'one', 'X-Request-Id': '1', 'traceparent': '00-1' } });
    expect((await shop.pay('payment-1', { headers: { 'User-Agent': 'two', 'X-Request-Id': '2', 'traceparent': '00-2' } })).headers[MARKER]).toBe('true');
  });
  test('F56: members of the body that change are left out by a selection', async () => {
    const shop = new Shop({ options: { includeRequestHash: true, fingerprint: { exclude: ['/sentAt'] } } });
    await shop.pay('payment-1', { body: { amount: 1, sentAt: 1 } });
    expect((await shop.pay('payment-1', { body: { sentAt: 2, amount: 1 } })).headers[MARKER]).toBe('true');
    expect((await shop.pay('payment-1', { body: { amount: 2, sentAt: 1 } })).statusCode).toBe(422);
  });
});

describe('F55: a multipart body, whose boundary changes with each try', () => {
  const parts = (boundary: string): Request => ({
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: `--${boundary}\r\nContent-Disposition: form-data; name="amount"\r\n\r\n1\r\n--${boundary}--\r\n`,
  });
  test('F55: is another request while the body counts, and the same by default', async () => {
    for (const [includeRequestHash, status] of [[true, 422], [false, 201]] as const) {
      const shop = new Shop({ options: { includeRequestHash } });
      await shop.pay('payment-1', parts('boundary-1'));
      expect((await shop.pay('payment-1', parts('boundary-2'))).statusCode).toBe(status);
    }
  });
});

describe('F50: APIs and stages that share a table', () => {
  test('F50: are kept apart by their namespaces', async () => {
    const store = new MemoryStore();
    const clock = controllableClock();
    const api = (namespace: string): Shop => new Shop({ options: { store, namespace }, host: { clock } });
    const [one, other] = [api('Payments/Prod'), api('Payments/Test')];
    await one.pay('payment-1');
    expect((await other.pay('payment-1')).headers).not.toHaveProperty(MARKER);
    expect((await api('Payments/Prod').pay('payment-1')).headers[MARKER]).toBe('true');
  });

  test('F50: without one, functions are kept apart by their names', async () => {
    const store = new MemoryStore();
    const clock = controllableClock();
    const fn = (name: string): Shop => new Shop({ options: { store }, host: { clock }, environment: { AWS_LAMBDA_FUNCTION_NAME: name } });
    await fn('create').pay('payment-1');
    expect((await fn('refund').pay('payment-1')).headers).not.toHaveProperty(MARKER);
    expect((await fn('create').pay('payment-1')).headers[MARKER]).toBe('true');
  });
});

describe('F29: the same event delivered again', () => {
  test.each<[string, unknown]>([
    ['HTTP API', httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' })],
    ['REST API', restApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' })],
  ])('F29: of a %s, with another invocation’s context, in another sandbox: replayed', async (_, event) => {
    const store = new MemoryStore();
    const clock = controllableClock();
    const sandbox = (): Shop => new Shop({ options: { store }, host: { clock } });
    await sandbox().raw(event, { awsRequestId: '1' });
    const again = sandbox();
    expect(await again.raw(JSON.parse(JSON.stringify(event)), { awsRequestId: '2' })).toMatchObject({ statusCode: 201, headers: { 'X-Idempotent-Replay': 'true' } });
    expect(again.handler.calls).toHaveLength(0);
  });

  test('F29: by way of another path of delivery, an event that is no HTTP request goes to the handler every time', async () => {
    const shop = new Shop();
    for (const event of [{ Records: [{ body: '{}' }] }, { source: 'aws.events' }, 'text', 7, null, undefined, []]) {
      await shop.raw(event);
      await shop.raw(event);
    }
    expect(shop.handler.calls).toHaveLength(14);
    expect(shop.seen.lines).toEqual([]);
  });
});

describe('F57: methods', () => {
  test.each([['GET'], ['HEAD'], ['OPTIONS']])('F57: %s passes, with a key and without, even while one is required and the store is down', async (method) => {
    const shop = new Shop({ options: { required: true, store: faultyStore(new MemoryStore(), () => 'drop') } });
    expect((await shop.pay('payment-1', { method })).statusCode).toBe(201);
    expect((await shop.send({ method })).statusCode).toBe(201);
    expect(shop.handler.calls).toHaveLength(2);
  });
  test.each([['POST'], ['PUT'], ['PATCH'], ['DELETE'], ['QUERY']])('F57: %s is protected', async (method) => {
    const shop = new Shop();
    await shop.pay('payment-1', { method });
    expect((await shop.pay('payment-1', { method })).headers[MARKER]).toBe('true');
  });
  test('F57: where methods are listed, those alone are', async () => {
    const shop = new Shop({ options: { methods: ['POST', 'GET'] } });
    for (const [method, replayed] of [['POST', 'true'], ['GET', 'true'], ['PUT', undefined]] as const) {
      await shop.pay(`of-${method}`, { method });
      expect((await shop.pay(`of-${method}`, { method })).headers[MARKER]).toBe(replayed);
    }
  });
});

describe('header names', () => {
  const options: IdempotencyOptions = { headerName: 'X-Operation', headerAliases: ['Idempotency-Key', 'X-Legacy-Key'], required: true };
  const send = (shop: Shop, headers: Record<string, string>) => shop.send({ headers });

  test('a key under one name is the same key under another, while clients move', async () => {
    const shop = new Shop({ options });
    await send(shop, { 'Idempotency-Key': 'payment-1' });
    for (const name of ['X-Operation', 'X-Legacy-Key', 'x-LEGACY-key']) expect((await send(shop, { [name]: 'payment-1' })).headers[MARKER]).toBe('true');
    expect(shop.handler.calls).toHaveLength(1);
  });
  test('where two are sent, headerName wins, and the aliases in their order', async () => {
    const shop = new Shop({ options });
    await send(shop, { 'X-Operation': 'payment-1', 'Idempotency-Key': 'payment-2' });
    expect((await send(shop, { 'X-Operation': 'payment-1' })).headers[MARKER]).toBe('true');
    expect((await send(shop, { 'X-Legacy-Key': 'payment-1', 'Idempotency-Key': 'payment-3' })).headers).not.toHaveProperty(MARKER);
  });
  test('where none is sent, the refusal names headerName', async () => {
    expect((await send(new Shop({ options }), {})).body).toContain('The header X-Operation is required');
  });
});

describe('routes', () => {
  const environment = {
    IDEMPOTENCY_SETTINGS: JSON.stringify({
      defaults: { required: true, namespace: 'Shop' },
      routes: { 'POST /orders': { required: false, headerName: 'X-Order' }, 'ANY /carts/{id}': { disabled: true } },
    }),
  };
  test('each has the settings that the construct gave it', async () => {
    const shop = new Shop({ environment });
    expect((await shop.send({ path: '/payments' })).statusCode).toBe(400);
    expect((await shop.send({ path: '/orders' })).statusCode).toBe(201);
    await shop.send({ path: '/orders', headers: { 'X-Order': 'order-1' } });
    expect((await shop.send({ path: '/orders', headers: { 'X-Order': 'order-1' } })).headers[MARKER]).toBe('true');
    const cart = httpApiEvent({ path: '/carts/7', route: '/carts/{id}' });
    expect(await shop.raw(cart)).toMatchObject({ statusCode: 201 });
  });
});
