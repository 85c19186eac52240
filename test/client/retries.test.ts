import * as fc from 'fast-check';
import { answer, brokenOff, conflict, lost, never, scriptedFetch, type Script } from './support/scripted-fetch';
import { START, virtualHost, type VirtualHost } from './support/virtual-host';
import { idempotentFetch, IdempotentFetchError, isReplay, keyOf, type Attempt, type IdempotentFetchOptions } from '../../client';

const URL = 'http://127.0.0.1/payments';

/** One POST through the client under virtual time. */
async function post(script: Script, options: IdempotentFetchOptions = {}, host: VirtualHost = virtualHost(), init: RequestInit = {}) {
  const { fetchLike, sent } = scriptedFetch(script);
  const attempts: Attempt[] = [];
  const send = idempotentFetch(fetchLike, { host, onAttempt: (attempt) => void attempts.push(attempt), ...options });
  const outcome = await host.run(send(URL, { method: 'POST', body: 'payment', ...init }).then(
    (response) => ({ response, error: undefined }),
    (error: unknown) => ({ response: undefined, error }),
  ));
  expect(host.pending()).toBe(0);
  return { ...outcome, sent, attempts, host, keys: [...new Set(sent.map(({ headers }) => headers.get('Idempotency-Key')))] };
}

/** Fails as told on the first call, and is well from the second on. */
const once = (first: () => Response | Promise<Response>): Script => (_, number) => (number === 1 ? first() : answer(201));

describe('an answer', () => {
  test.each([200, 201, 204, 302, 304, 400, 401, 403, 404, 408, 410, 412, 418, 422, 428])('of status %i is returned at once', async (status) => {
    const { response, sent, attempts, host } = await post(() => answer(status));
    expect(response!.status).toBe(status);
    expect(sent).toHaveLength(1);
    expect(attempts).toMatchObject([{ attempt: 1, retryInMs: undefined }]);
    expect(host.elapsed()).toBe(0);
  });

  test.each([425, 429, 500, 501, 502, 503, 504, 599])('of status %i is retried with the same key and the same bytes', async (status) => {
    const { response, sent, keys } = await post(once(() => answer(status)));
    expect(response!.status).toBe(201);
    expect(sent.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['payment', 'payment']);
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)]);
  });

  test('of status 422 is not retried even where a hint asks for it', async () => {
    const { sent } = await post(() => answer(422, { 'X-Should-Retry': 'true', 'Retry-After': '1' }));
    expect(sent).toHaveLength(1);
  });

  test.each([425, 429, 500, 503])('of status %i with the hint "false" is final', async (status) => {
    const { response, sent } = await post(() => answer(status, { 'X-Should-Retry': 'false' }));
    expect(response!.status).toBe(status);
    expect(sent).toHaveLength(1);
  });

  test.each([429, 500, 503])('of status %i that is a replay is final, since a retry would get the same', async (status) => {
    const { sent } = await post(() => answer(status, { 'X-Idempotent-Replay': 'true' }));
    expect(sent).toHaveLength(1);
  });

  test('tells whether it is a replay', async () => {
    const first = await post(() => answer(201));
    const second = await post(() => answer(201, { 'x-idempotent-replay': 'true' }));
    expect([isReplay(first.response!), isReplay(second.response!)]).toEqual([false, true]);
  });
});

describe('a 409', () => {
  test('of an execution in flight is waited out, however many there are, and costs no retries', async () => {
    const { response, sent, keys } = await post((_, number) => (number <= 20 ? conflict() : answer(201)), { retries: 0, totalTimeoutMs: 60_000 });
    expect(response!.status).toBe(201);
    expect(sent).toHaveLength(21);
    expect(keys).toHaveLength(1);
  });

  test('in flight for longer than the call may take is returned', async () => {
    const { response, host } = await post(() => conflict(), { totalTimeoutMs: 10_000 });
    expect(response!.status).toBe(409);
    expect(host.elapsed()).toBeLessThan(10_000);
    expect(await response!.json()).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  test('of the application is returned at once, with its body unread, though it names a time to wait', async () => {
    const { response, sent } = await post(() => answer(409, { 'Retry-After': '1' }, '{"code":"OUT_OF_STOCK"}'));
    expect(sent).toHaveLength(1);
    expect(await response!.text()).toBe('{"code":"OUT_OF_STOCK"}');
  });

  test.each([
    ['RFC 9457', '{"type":"https://example.com","title":"Conflict","status":409,"detail":"…","code": "IDEMPOTENCY_CONFLICT"}'],
    ['an envelope', '{"error":{"code":"IDEMPOTENCY_CONFLICT"}}'],
  ])('is told by its code in the form of %s', async (_, body) => {
    expect((await post(once(() => answer(409, {}, body)))).response!.status).toBe(201);
  });

  test('that only quotes the code in a text is the application\'s own', async () => {
    const { sent } = await post(() => answer(409, {}, JSON.stringify({ message: 'upstream said "IDEMPOTENCY_CONFLICT"' })));
    expect(sent).toHaveLength(1);
  });

  test('is told by the hint of a server with another body, and the hint "false" goes before the code', async () => {
    expect((await post(once(() => answer(409, { 'X-Should-Retry': 'true' }, 'busy')))).response!.status).toBe(201);
    expect((await post(once(() => conflict({ 'X-Should-Retry': 'false' })))).response!.status).toBe(409);
  });

  test('is told by a hint header of another name', async () => {
    const options = { retryHintHeader: 'Stripe-Should-Retry' };
    expect((await post(once(() => answer(409, { 'Stripe-Should-Retry': 'true' })), options)).response!.status).toBe(201);
    expect((await post(once(() => answer(409, { 'X-Should-Retry': 'true' })), options)).response!.status).toBe(409);
  });
});

describe('a connection', () => {
  test('that is lost before the answer is retried with the same key', async () => {
    const { response, keys, sent } = await post(once(lost));
    expect(response!.status).toBe(201);
    expect(sent).toHaveLength(2);
    expect(keys).toHaveLength(1);
  });

  test('that is lost in the middle of the answer is retried too', async () => {
    const { response, sent, attempts } = await post(once(brokenOff));
    expect(response!.status).toBe(201);
    expect(sent).toHaveLength(2);
    expect(attempts[0]).toMatchObject({ response: undefined, error: { message: 'terminated' } });
  });

  test('that is always lost ends in an error with the cause, the number of attempts and the key', async () => {
    const { error, keys, sent } = await post(lost, { retries: 2 });
    expect(sent).toHaveLength(3);
    expect(error).toBeInstanceOf(IdempotentFetchError);
    expect(error).toMatchObject({
      name: 'IdempotentFetchError',
      code: 'IDEMPOTENCY_NO_ANSWER',
      message: 'No answer in 3 attempts: retry with error.key',
      key: keys[0],
      attempts: 3,
      cause: { message: 'fetch failed', cause: { code: 'ECONNRESET' } },
    });
  });

  test('that fails synchronously, or with nothing to say, fails like any other', async () => {
    const silent = await post(() => Promise.reject(undefined as unknown as Error), { retries: 0 });
    expect(silent.error).toMatchObject({ attempts: 1, cause: undefined });
    const host = virtualHost();
    const send = idempotentFetch(() => lost(), { host, retries: 1 });
    await expect(host.run(send())).rejects.toThrow(TypeError);
    await expect(host.run((send as (...call: unknown[]) => Promise<unknown>)(URL, { method: 'POST' }))).rejects.toMatchObject({ attempts: 2 });
  });
});

describe('retries', () => {
  test('end after four by default, and the last answer is returned', async () => {
    const { response, sent, attempts } = await post((_, number) => answer(503, {}, `attempt ${number}`));
    expect(sent).toHaveLength(5);
    expect(response!.status).toBe(503);
    expect(await response!.text()).toBe('attempt 5');
    expect(attempts.map(({ retryInMs }) => retryInMs === undefined)).toEqual([false, false, false, false, true]);
  });

  test('can be gone on with later: the key of a failed answer sends the same operation again', async () => {
    const { response, sent } = await post(() => answer(503), { retries: 0 });
    const key = keyOf(response!)!;
    expect(key).toBe(sent[0]!.headers.get('Idempotency-Key'));
    const later = await post(() => answer(201), {}, virtualHost(), { headers: { 'idempotency-key': key } });
    expect(later.keys).toEqual([key]);
  });

  test('of two calls have two keys', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const send = idempotentFetch(fetchLike);
    await send(URL, { method: 'POST' });
    await send(URL, { method: 'POST' });
    expect(new Set(sent.map(({ headers }) => headers.get('Idempotency-Key'))).size).toBe(2);
  });

  test('are told of as they happen: key, number, answer or error, and when the next one comes', async () => {
    const { attempts, response } = await post((_, number) => (number === 1 ? lost() : number === 2 ? answer(500) : answer(201)), {
      createKey: () => 'order-1',
    }, virtualHost(() => 0.5));
    expect(attempts).toEqual([
      { key: 'order-1', attempt: 1, response: undefined, error: expect.any(TypeError), retryInMs: 125 },
      { key: 'order-1', attempt: 2, response: expect.objectContaining({ status: 500 }), error: undefined, retryInMs: 250 },
      { key: 'order-1', attempt: 3, response, error: undefined, retryInMs: undefined },
    ]);
  });

  test('do not depend on whoever listens', async () => {
    const { response, sent } = await post(once(lost), {
      onAttempt: () => {
        throw new Error('listener');
      },
    });
    expect(response!.status).toBe(201);
    expect(sent).toHaveLength(2);
  });
});

describe('the time between attempts', () => {
  /** What is waited after the first attempt. */
  const waited = async (headers: Readonly<Record<string, string>>, random = 0, status = 503) =>
    (await post(once(() => answer(status, headers)), {}, virtualHost(() => random))).attempts[0]!.retryInMs;

  test('doubles up to 10 seconds, and any part of it may be drawn', async () => {
    const all = await post(lost, { retries: 8 }, virtualHost(() => 1));
    expect(all.attempts.map(({ retryInMs }) => retryInMs)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, undefined]);
    expect(all.host.elapsed()).toBe(35_750);
    const none = await post(lost, { retries: 8 }, virtualHost(() => 0));
    expect(none.host.elapsed()).toBe(0);
  });

  test('F32: it is spread over all of its length, and never before what the server asked for', async () => {
    await fc.assert(fc.asyncProperty(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat({ max: 30 }), fc.integer({ min: 1, max: 2000 }),
      async (random, seconds, delayMs) => {
        const { attempts } = await post(once(() => answer(503, { 'Retry-After': String(seconds) })), { delayMs }, virtualHost(() => random));
        expect(attempts[0]!.retryInMs).toBe(seconds * 1000 + random * delayMs);
      },
    ), { numRuns: 50 });
  });

  test('F32: clients that fail together do not come back together', async () => {
    const waits = await Promise.all(Array.from({ length: 50 }, (_, index) => waited({ 'Retry-After': '1' }, index / 50)));
    expect(new Set(waits).size).toBe(50);
    expect(Math.min(...waits as number[])).toBe(1000);
  });

  test('is what Retry-After asks for, in seconds', async () => {
    expect(await waited({ 'Retry-After': '7' })).toBe(7000);
    expect(await waited({ 'Retry-After': '0' })).toBe(0);
    expect(await waited({ 'Retry-After': '3' }, 0, 429)).toBe(3000);
  });

  test('is what Retry-After asks for, as a date', async () => {
    expect(await waited({ 'Retry-After': new Date(START + 9000).toUTCString() })).toBe(9000);
    expect(await waited({ 'Retry-After': new Date(START - 9000).toUTCString() })).toBe(0);
  });

  test.each(['soon', '-5', '', '1, 2', 'NaN', '2026-13-45'])('is the backoff alone where Retry-After is %p', async (value) => {
    expect(await waited({ 'Retry-After': value }, 0.5)).toBe(125);
  });

  test.each(['3600', '9'.repeat(400), 'Infinity', new Date(START + 3_600_000).toUTCString()])(
    'is not waited for where it would outlast the call (%p): the answer is returned', async (value) => {
      const { response, sent, host } = await post(() => answer(503, { 'Retry-After': value }));
      expect(response!.headers.get('Retry-After')).toBe(value);
      expect(sent).toHaveLength(1);
      expect(host.elapsed()).toBe(0);
    });
});

describe('time limits', () => {
  test('an attempt without an answer is given up and told to stop, and the next one goes on', async () => {
    const { response, sent, host } = await post(once(never), { tryTimeoutMs: 700 });
    expect(response!.status).toBe(201);
    expect(host.wentOff[0]).toBe(700);
    expect(sent[0]!.signal.reason).toMatchObject({ name: 'TimeoutError', message: '700 ms passed' });
    expect(sent[1]!.signal.aborted).toBe(false);
  });

  test('the time of an attempt holds for its body too', async () => {
    const stalled = () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
    const { response, sent } = await post(once(stalled), { tryTimeoutMs: 700 });
    expect(response!.status).toBe(201);
    expect(sent).toHaveLength(2);
  });

  test('all attempts without an answer end in an error whose cause is the time-out', async () => {
    const { error, host, keys } = await post(never, { tryTimeoutMs: 1000, retries: 1 });
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_NO_ANSWER', attempts: 2, key: keys[0], cause: { name: 'TimeoutError' } });
    expect(host.elapsed()).toBe(2000);
  });

  test('the call as a whole ends in time, in the middle of an attempt', async () => {
    const { error, host, sent } = await post(never, { tryTimeoutMs: 1000, totalTimeoutMs: 2500, retries: 100 });
    expect(error).toMatchObject({ attempts: 3, cause: { name: 'TimeoutError', message: '500 ms passed' } });
    expect(host.elapsed()).toBe(2500);
    expect(sent[2]!.signal.aborted).toBe(true);
  });

  test('the call ends in time while a body comes that never ends, and nothing is sent', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
    const { error, sent, host } = await post(() => answer(201), { totalTimeoutMs: 5000 }, virtualHost(), { body, duplex: 'half' } as RequestInit);
    expect(error).toMatchObject({ name: 'TimeoutError' });
    expect(sent).toEqual([]);
    expect(host.elapsed()).toBe(5000);
  });
});

describe('the caller\'s signal', () => {
  const reason = new Error('the user went away');

  test('fired before the call: nothing is sent', async () => {
    const { error, sent } = await post(() => answer(201), {}, virtualHost(), { signal: AbortSignal.abort(reason) });
    expect(error).toBe(reason);
    expect(sent).toEqual([]);
  });

  test('fired during an attempt: it is told to stop, and the call rejects with the reason as fetch does', async () => {
    const controller = new AbortController();
    const { error, sent } = await post(() => {
      controller.abort(reason);
      return never();
    }, {}, virtualHost(), { signal: controller.signal });
    expect(error).toBe(reason);
    expect(sent).toHaveLength(1);
    expect(sent[0]!.signal.reason).toBe(reason);
  });

  test('fired between two attempts: the wait ends, and there is no other attempt', async () => {
    const controller = new AbortController();
    const host = virtualHost(() => 1);
    const { error, sent } = await post(lost, {
      onAttempt: () => void host.setTimeout(() => controller.abort(reason), 100),
    }, host, { signal: controller.signal });
    expect(error).toBe(reason);
    expect(sent).toHaveLength(1);
    expect(host.elapsed()).toBe(100);
  });

  test.each([[null], [''], [0], [false]])('F212: fired with the reason %p, at whatever time: the call rejects with that', async (nothing) => {
    const before = await post(() => answer(201), {}, virtualHost(), { signal: AbortSignal.abort(nothing) });
    const controllers = [new AbortController(), new AbortController()] as const;
    const during = await post(() => {
      controllers[0].abort(nothing);
      return never();
    }, {}, virtualHost(), { signal: controllers[0].signal });
    const host = virtualHost(() => 1);
    const between = await post(lost, {
      onAttempt: () => void host.setTimeout(() => controllers[1].abort(nothing), 100),
    }, host, { signal: controllers[1].signal });
    expect([before, during, between].map(({ error, sent }) => [error, sent.length])).toEqual([[nothing, 0], [nothing, 1], [nothing, 1]]);
    expect(during.sent[0]!.signal.reason).toBe(nothing);
  });

  test('of a Request counts as well', async () => {
    const host = virtualHost();
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const request = new Request(URL, { method: 'POST', body: 'payment', signal: AbortSignal.abort(reason) });
    await expect(host.run(idempotentFetch(fetchLike, { host })(request))).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });

  test('is left alone after the call', async () => {
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await post(once(lost), {}, virtualHost(() => 1), { signal });
    expect(added).toHaveBeenCalledTimes(4); // the body, two attempts and the wait between
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));
  });
});
