import { inspect } from 'node:util';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { RetryableError } from '../../../runtime/execution/in-handler';
import { idempotent } from '../../../runtime/idempotent';
import { detectFront } from '../../../runtime/request/fronts/detect';
import type { HttpResponse } from '../../../runtime/request/fronts/front';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { FRONTS } from '../../support/fronts';
import { MARKER, Shop } from '../../support/shop';

/** Whether a response with this status is executed once or again. */
async function executions(status: number, options: IdempotencyOptions): Promise<number> {
  const shop = new Shop({ options, respond: () => ({ statusCode: status, body: 'x' }) });
  await shop.pay('payment-1');
  await shop.pay('payment-1');
  return shop.handler.calls.length;
}

describe('F59: which responses are kept', () => {
  const STATUSES = [200, 201, 204, 302, 400, 401, 404, 408, 409, 422, 425, 429, 500, 501, 502, 503, 504, 599];
  const FORMS: readonly [string, IdempotencyOptions, readonly number[]][] = [
    ['by default, all', {}, STATUSES],
    ['all', { storeResponse: 'all' }, STATUSES],
    ['the definitive ones', { storeResponse: 'definitive' }, STATUSES.filter((status) => ![408, 425, 429, 502, 503, 504].includes(status))],
    ['those of a list', { storeResponse: [201, 422] }, [201, 422]],
    ['those of a predicate', { storeResponse: ({ statusCode }: HttpResponse) => statusCode < 400 }, [200, 201, 204, 302]],
  ];

  test.each(FORMS)('F59: %s', async (_, options, kept) => {
    for (const status of STATUSES) expect([status, await executions(status, options)]).toEqual([status, kept.includes(status) ? 1 : 2]);
  });

  test('F59: a predicate sees the response as the gateway would send it', async () => {
    const seen: HttpResponse[] = [];
    const shop = new Shop({ options: { storeResponse: (response) => (seen.push(response), true) }, respond: () => ({ id: 1 }) });
    await shop.pay('payment-1');
    expect(seen).toEqual([{ statusCode: 200, headers: [['content-type', 'application/json']], cookies: [], body: '{"id":1}', isBase64Encoded: false }]);
  });

  test('F59: a predicate that throws keeps the response: the handler has run', async () => {
    const shop = new Shop({ options: { storeResponse: () => { throw new Error('amount=1'); } } });
    await shop.pay('payment-1');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
    expect(shop.seen.lines[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('storeResponse threw') });
  });

  test.each([
    ['resolves', () => Promise.resolve(false)],
    ['rejects', () => Promise.reject(new Error('late'))],
  ])('F59: a predicate that returns a promise, which %s, keeps the response', async (_, storeResponse) => {
    const shop = new Shop({ options: { storeResponse: storeResponse as never } });
    await shop.pay('payment-1');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
    expect(shop.seen.lines[0]).toMatchObject({ level: 'warn', message: expect.stringContaining('returned a promise') });
  });
});

describe('F60: what the handler throws', () => {
  const failing = (options: IdempotencyOptions, error: unknown): Shop =>
    new Shop({ options, respond: (call) => { if (call === 1) throw error; return { statusCode: 201, body: 'paid' }; } });

  test('F60: is recorded by default as the gateway’s own error, and replayed with the marker', async () => {
    const shop = failing({}, new Error('after the charge'));
    await expect(shop.pay('payment-1')).rejects.toThrow('after the charge');
    expect(await shop.pay('payment-1')).toMatchObject({
      statusCode: 500, body: '{"message":"Internal Server Error"}', headers: { [MARKER]: 'true', 'x-should-retry': 'false' },
    });
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F60: releases the key where that is chosen', async () => {
    const shop = failing({ thrownErrors: 'release' }, new Error('no connection'));
    await expect(shop.pay('payment-1')).rejects.toThrow('no connection');
    expect((await shop.pay('payment-1')).body).toBe('paid');
  });

  test('F60: a RetryableError releases it, whatever is chosen', async () => {
    const shop = failing({ thrownErrors: 'store' }, new RetryableError('no effect yet'));
    await expect(shop.pay('payment-1')).rejects.toThrow('no effect yet');
    expect((await shop.pay('payment-1')).body).toBe('paid');
  });

  test('F60: also one from another copy of this package', async () => {
    const ofAnotherCopy = Object.defineProperty(new Error('no effect yet'), Symbol.for('cdk-idempotent-api.retryable'), { value: true });
    const shop = failing({}, ofAnotherCopy);
    await expect(shop.pay('payment-1')).rejects.toThrow();
    expect((await shop.pay('payment-1')).body).toBe('paid');
  });

  const named = (name: string): Error => Object.assign(new Error('of the user’s own'), { name, code: 'IDEMPOTENCY_RETRYABLE' });
  test.each<[string, unknown]>([
    ['RetryableError', named('RetryableError')],
    ['StoreUnavailableError', named('StoreUnavailableError')],
    ['ConditionalCheckFailedException', named('ConditionalCheckFailedException')],
    ['IdempotencyConfigurationError', named('IdempotencyConfigurationError')],
    ['AbortError', named('AbortError')],
    ['TimeoutError', named('TimeoutError')],
    ['a RetryableError without its brand', { name: 'RetryableError', message: 'x' }],
    ['no error at all', undefined],
    ['null', null],
    ['text', 'RetryableError'],
  ])('F28: an error with a name like ours (%s) is the handler’s own: thrown on, recorded, and the handler is not run again', async (_, error) => {
    const shop = failing({}, error);
    await expect(shop.pay('payment-1')).rejects.toBe(error);
    expect(shop.handler.calls).toHaveLength(1);
    expect((await shop.pay('payment-1')).statusCode).toBe(500);
    expect(shop.handler.calls).toHaveLength(1);
  });
});

describe.each(Object.keys(FRONTS))('F65: a status that is none, behind %s', (front) => {
  const own = detectFront(FRONTS[front]!({}))!.thrown();

  test.each([
    0, -1, 99, 100, 101, 199, 600, 1000, 200.5, NaN, Infinity, null, '', 'abc', '20', '201 Created', '0201', true, {}, [], [201],
  ].map((statusCode) => [inspect(statusCode), statusCode]))('F65, F88: %s is the gateway’s own error, recorded: the handler ran and does not run again', async (_, statusCode) => {
    const shop = new Shop({ front, respond: () => ({ statusCode, body: 'paid' }) });
    const first = await shop.pay('payment-1');
    const again = await shop.pay('payment-1');
    expect(first).toMatchObject({ statusCode: own.statusCode, body: own.body });
    expect(first.headers).not.toHaveProperty(MARKER);
    expect(again).toMatchObject({ statusCode: own.statusCode, body: own.body, headers: { [MARKER]: 'true' } });
    expect(shop.handler.calls).toHaveLength(1);
    expect(shop.seen.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('F88: whatever becomes of thrown errors and of which statuses are kept', async () => {
    for (const options of [{ thrownErrors: 'release' }, { storeResponse: 'definitive' }, { storeResponse: [201] }, { storeResponse: () => false }] as const) {
      const shop = new Shop({ front, options, respond: () => ({ statusCode: 600, body: 'paid' }) });
      await shop.pay('payment-1');
      await shop.pay('payment-1');
      expect(shop.handler.calls).toHaveLength(1);
    }
  });

  test('F65: digits are a status, as gateways take them', async () => {
    const shop = new Shop({ front, respond: () => ({ statusCode: '201', body: 'paid' }) });
    await shop.pay('payment-1');
    expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 201, body: 'paid', headers: { [MARKER]: 'true' } });
  });
});

describe('results of any shape', () => {
  const results: readonly [string, unknown][] = [
    ['undefined', undefined], ['null', null], ['text', 'paid'], ['an object', { id: 1 }], ['a list', [1, 2]], ['a number', 7],
    ['a response without a body', { statusCode: 204 }],
    ['what no JSON can hold', { statusCode: 200, body: 1n }],
  ];
  test.each(results)('F61: %s is returned as it is, and its replay is what the gateway makes of it', async (_, result) => {
    const shop = new Shop({ respond: () => result });
    const event = httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' } });
    expect(await shop.raw(event)).toStrictEqual(result);
    expect(await shop.raw(event)).toMatchObject({ statusCode: expect.any(Number), headers: { 'X-Idempotent-Replay': 'true' } });
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F61: a result that a REST API refuses is replayed as its 502', async () => {
    const shop = new Shop({ respond: () => ({ id: 1 }) });
    const event = restApiEvent({ headers: { 'Idempotency-Key': 'payment-1' } });
    await shop.raw(event);
    expect(await shop.raw(event)).toMatchObject({ statusCode: 502 });
    expect(shop.handler.calls).toHaveLength(1);
  });
});

describe('F64: handlers that there is nothing to record of', () => {
  test('F64: one that streams is refused at init', () => {
    const streaming = Object.assign(async () => undefined, { [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response' });
    expect(() => idempotent(streaming, { store: new MemoryStore() })).toThrow(/streams its response/);
  });
  test('one that is no function is refused at init', () => {
    expect(() => idempotent('handler' as never, { store: new MemoryStore() })).toThrow(/must be a function, got string/);
  });
  test('one that is wrapped already is returned as it is', () => {
    const wrapped = idempotent(async () => ({ statusCode: 200 }), { store: new MemoryStore() });
    expect(idempotent(wrapped, { store: new MemoryStore(), required: true })).toBe(wrapped);
  });
  test('a missing store is told at init', () => {
    expect(() => idempotent(async () => undefined, {})).toThrow(/There is no store: pass one/);
  });
});
