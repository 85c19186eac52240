import { idempotencyOf, RetryableError, type IdempotentExecution } from '../../../runtime/execution/in-handler';
import { isReadable } from '../../../runtime/protocol/record';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { Claim, IdempotencyStore } from '../../../runtime/stores/store';
import { controllableClock } from '../../../runtime/testing/clock';
import { faultyStore, type StoreCall } from '../../../runtime/testing/faulty-store';
import { pretendNode } from '../../support/node-version';
import { MARKER, Shop, gate, lambdaContext, settled } from '../../support/shop';

/** A store that tells of the claims made on it. */
function claimed(): { readonly store: IdempotencyStore; readonly claims: Claim[] } {
  const memory = new MemoryStore();
  const claims: Claim[] = [];
  return {
    claims,
    store: {
      limits: memory.limits,
      claim: (claim) => (claims.push(claim), memory.claim(claim)),
      complete: (completion) => memory.complete(completion),
      release: (release) => memory.release(release),
      read: (id) => memory.read(id),
    },
  };
}

/** What the handler was told, of each of its calls. */
function told(respond: (call: number, execution: IdempotentExecution) => unknown = () => ({ statusCode: 201, body: 'paid' })) {
  const executions: IdempotentExecution[] = [];
  return {
    executions,
    respond: (call: number, _: unknown, context: unknown): unknown => {
      const execution = idempotencyOf(context as object)!;
      executions.push(execution);
      return respond(call, execution);
    },
  };
}

describe('F17: the time that is left to the function', () => {
  test.each([[0], [1], [249], [-5]])('F17: %i ms are too little: 503 before any claim', async (ms) => {
    const { store, claims } = claimed();
    const shop = new Shop({ options: { store } });
    const refused = await shop.pay('payment-1', {}, lambdaContext(shop.clock, ms));
    expect(refused).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect([claims.length, shop.handler.calls.length]).toEqual([0, 0]);
  });

  test('F17: 250 ms are enough', async () => {
    const shop = new Shop();
    expect((await shop.pay('payment-1', {}, lambdaContext(shop.clock, 250))).statusCode).toBe(201);
  });

  const SILENT: readonly [string, object][] = [
    ['none', {}],
    ['what is no number', { getRemainingTimeInMillis: () => NaN }],
    ['nothing, as a mock does', { getRemainingTimeInMillis: () => undefined }],
    ['text', { getRemainingTimeInMillis: () => '30000' }],
    ['a member that is no function', { getRemainingTimeInMillis: 5 }],
  ];

  test.each(SILENT)('F17: a context that knows %s sets no limit', async (_, context) => {
    expect((await new Shop().pay('payment-1', {}, context)).statusCode).toBe(201);
  });

  test.each(SILENT)('F17, F31: nor does one that knows %s lift those that there are: a store that hangs is a 503 after five seconds', async (_, context) => {
    const shop = new Shop({ options: { store: { ...faultyStore(new MemoryStore(), () => 'pass'), claim: () => new Promise(() => {}) } } });
    const refused = shop.pay('payment-1', {}, context);
    await settled();
    shop.clock.advance(5_000);
    expect(await refused).toMatchObject({ statusCode: 503 });
  });

  test('F4: an owner whose lease is over when its claim is answered does not start: another retry may have taken over', async () => {
    const memory = new MemoryStore();
    const late: IdempotencyStore = {
      ...faultyStore(memory, () => 'pass'),
      claim: async (claim) => {
        const reply = await memory.claim(claim);
        if (slow) shop.clock.advance(1_500);
        return reply;
      },
    };
    let slow = true;
    const shop = new Shop({ options: { store: late, processingTimeoutSeconds: 1 } });
    expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(shop.handler.calls).toHaveLength(0);
    slow = false;
    expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 201 });
  });

  test('F17: what the claim leaves too little of is released, so that the next retry may run at once', async () => {
    const clock = controllableClock();
    const memory = new MemoryStore();
    const slow: IdempotencyStore = {
      limits: memory.limits,
      claim: (claim) => (clock.advance(180), memory.claim(claim)),
      complete: (completion) => memory.complete(completion),
      release: (release) => memory.release(release),
      read: (id) => memory.read(id),
    };
    const shop = new Shop({ options: { store: slow }, host: { clock } });
    expect((await shop.pay('payment-1', {}, lambdaContext(clock, 400))).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(0);
    expect((await shop.pay('payment-1', {}, lambdaContext(clock, 10_000))).statusCode).toBe(201);
  });
});

describe('F19: the lease', () => {
  test.each([
    [30, 3_000, 30_000],
    [30, 60_000, 60_000],
    [1, 29_999.4, 30_000],
  ])('F19: is %i s of processing timeout or %f ms of the function’s time, whichever is longer', async (processingTimeoutSeconds, ms, lease) => {
    const { store, claims } = claimed();
    const { executions, respond } = told();
    const shop = new Shop({ options: { store, processingTimeoutSeconds }, respond });
    await shop.pay('payment-1', {}, lambdaContext(shop.clock, ms));
    expect(claims[0]!.leaseEnd - claims[0]!.now).toBe(lease);
    expect(executions[0]!.leaseExpiresAt.getTime()).toBe(claims[0]!.leaseEnd);
  });
});

describe('F15: the wall clock of the host jumps while the handler runs', () => {
  test.each([['a day ahead', 86_400_000], ['a day back', -86_400_000]])('F15: %s: its deadline stays where it was, and the response is recorded', async (_, jump) => {
    const { opened, open } = gate();
    const { executions, respond } = told(async () => (await opened, { statusCode: 201, body: 'paid' }));
    const shop = new Shop({ respond });
    const reply = shop.pay('payment-1', {}, lambdaContext(shop.clock, 20_000));
    await settled();
    shop.clock.setWallClock(shop.clock.now() + jump);
    await settled();
    expect(executions[0]!.signal.aborted).toBe(false);
    shop.clock.advance(18_999);
    await settled();
    expect(executions[0]!.signal.aborted).toBe(false);
    shop.clock.advance(1);
    await settled();
    expect(executions[0]!.signal.aborted).toBe(true);
    expect(executions[0]!.signal.reason).toMatchObject({ code: 'IDEMPOTENCY_LEASE_ENDING' });
    open();
    expect((await reply).headers).not.toHaveProperty('x-idempotent-persisted');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
  });
});

describe('F21: the wrapper returns when the handler has', () => {
  test('F21: not when the lease ends, nor when the function’s time is over', async () => {
    const { opened, open } = gate();
    const shop = new Shop({ respond: async () => (await opened, { statusCode: 201, body: 'paid' }) });
    let returned = false;
    const reply = shop.pay('payment-1', {}, lambdaContext(shop.clock, 5_000)).finally(() => (returned = true));
    await settled();
    expect(shop.handler.calls).toHaveLength(1);
    for (let minute = 0; minute < 10; minute++) {
      shop.clock.advance(60_000);
      await settled();
    }
    expect(returned).toBe(false);
    open();
    expect((await reply).statusCode).toBe(201);
  });

  test('F21: a lease that ran out and that nobody took over is completed all the same', async () => {
    const { opened, open } = gate();
    const shop = new Shop({ respond: async () => (await opened, { statusCode: 201, body: 'paid' }) });
    const reply = shop.pay('payment-1');
    await settled();
    shop.clock.advance(60_000);
    open();
    expect((await reply).headers).not.toHaveProperty('x-idempotent-persisted');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
  });
});

describe('F22: many at once in one process', () => {
  test('F22: 64 requests in parallel each have their own key, event, context and answer', async () => {
    const shop = new Shop({
      respond: async (_, event, context) => {
        const { body } = event as { body: string };
        for (let turn = 0; turn < Number(body) % 7; turn++) await new Promise((resolve) => setImmediate(resolve));
        return { statusCode: 201, body: `${body} ${idempotencyOf(context as object)!.key} ${(context as { name: string }).name}` };
      },
    });
    const numbers = Array.from({ length: 64 }, (_, number) => number);
    const send = (): Promise<unknown[]> =>
      Promise.all(numbers.map(async (number) => (await shop.pay(`payment-${number}`, { body: String(number) }, { name: `context ${number}` })).body));
    const expected = numbers.map((number) => `${number} payment-${number} context ${number}`);
    expect(await send()).toEqual(expected);
    expect(await send()).toEqual(expected);
    expect(shop.handler.calls).toHaveLength(64);
  });

  test('F22: 64 with one key: one runs, the others are told so', async () => {
    const { opened, open } = gate();
    const shop = new Shop({ respond: async () => (await opened, { statusCode: 201, body: 'paid' }) });
    const replies = Array.from({ length: 64 }, () => shop.pay('payment-1'));
    await settled();
    open();
    const statuses = (await Promise.all(replies)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(63);
  });
});

test('F23: each request makes a token of its own, and making the wrapper makes none', async () => {
  const { store, claims } = claimed();
  let made = 0;
  const shop = new Shop({ options: { store }, host: { token: () => `token ${++made}` } });
  expect(made).toBe(0);
  await shop.pay('payment-1');
  await shop.pay('payment-1');
  await shop.pay('payment-2');
  expect(claims.map(({ token }) => token)).toEqual(['token 1', 'token 2', 'token 3']);
});

describe('F31: a store that never answers', () => {
  test.each([[30_000, 5_000], [4_000, 2_000]])('F31: with %i ms left it is a 503 after %i ms, and the handler has not run', async (left, ms) => {
    const shop = new Shop({ options: { store: faultyStore(new MemoryStore(), () => 'hang') } });
    const context = lambdaContext(shop.clock, left);
    const reply = shop.pay('payment-1', {}, context);
    await settled();
    shop.clock.advance(ms);
    await settled();
    shop.clock.advance(500);
    expect((await reply).statusCode).toBe(503);
    expect(context.getRemainingTimeInMillis()).toBeGreaterThan(0);
    expect(shop.handler.calls).toHaveLength(0);
  });

  test('F9, F31: while it is to record the response, the caller gets it before the function’s time is over, and is told', async () => {
    const shop = new Shop({ options: { store: faultyStore(new MemoryStore(), (call) => (call === 'claim' ? 'pass' : 'hang')) } });
    const context = lambdaContext(shop.clock, 6_000);
    const reply = shop.pay('payment-1', {}, context);
    for (let tick = 0; tick < 59; tick++) {
      await settled();
      shop.clock.advance(100);
    }
    expect(await reply).toMatchObject({ statusCode: 201, body: 'payment 1', headers: { 'x-idempotent-persisted': 'false' } });
    expect(shop.seen.measurements[0]!.counters).toEqual(['CacheMisses', 'Unpersisted']);
  });

  const failing = (failed: StoreCall): IdempotencyStore => faultyStore(new MemoryStore(), (call) => (call === failed ? 'lose-reply' : 'pass'));
  test('F6: a claim of unknown outcome is released: the next retry runs at once', async () => {
    const memory = new MemoryStore();
    let number = 0;
    const store = faultyStore(memory, (call) => (call === 'claim' && ++number === 1 ? 'lose-reply' : 'pass'));
    const shop = new Shop({ options: { store } });
    expect((await shop.pay('payment-1')).statusCode).toBe(503);
    expect((await shop.pay('payment-1')).statusCode).toBe(201);
    expect(shop.handler.calls).toHaveLength(1);
  });
  test('F10: a completion whose reply is lost is found to have landed', async () => {
    const shop = new Shop({ options: { store: failing('complete') } });
    const reply = shop.pay('payment-1');
    for (let tick = 0; tick < 60; tick++) {
      await settled();
      shop.clock.advance(100);
    }
    expect((await reply).headers).not.toHaveProperty('x-idempotent-persisted');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
  });
});

describe('what a handler may know', () => {
  test('F15: a signal that is first asked for when the lease is about to end has fired, and one that is asked for after the handler has not', async () => {
    const { opened, open } = gate();
    const { executions, respond } = told(async (call) => (call === 1 ? (await opened, { statusCode: 201, body: 'paid' }) : { statusCode: 201, body: 'paid' }));
    const shop = new Shop({ respond });
    const reply = shop.pay('payment-1', {}, lambdaContext(shop.clock, 20_000));
    await settled();
    shop.clock.advance(29_000);
    const { signal } = executions[0]!;
    expect(signal).toMatchObject({ aborted: true, reason: { code: 'IDEMPOTENCY_LEASE_ENDING' } });
    expect(executions[0]!.signal).toBe(signal);
    open();
    await reply;
    await shop.pay('payment-2');
    shop.clock.advance(60_000);
    expect(executions[1]!.signal.aborted).toBe(false);
  });

  test('the key unquoted, the record’s id, the attempt and when the lease ends', async () => {
    const { executions, respond } = told();
    const shop = new Shop({ respond });
    await shop.pay('"payment-1"');
    const [execution] = executions;
    expect(execution).toMatchObject({ key: 'payment-1', id: expect.stringMatching(/^[\w-]{43}$/), attempt: 1, isTakeover: false });
    expect(execution!.leaseExpiresAt.getTime()).toBe(shop.clock.now() + 30_000);
    expect(execution!.signal.aborted).toBe(false);
  });

  test('F4: a takeover knows that it is one, and has the derived keys of the execution before it', async () => {
    const { executions, respond } = told(async (call) => (call === 1 ? new Promise(() => {}) : { statusCode: 201, body: 'paid' }));
    const shop = new Shop({ respond });
    void shop.pay('payment-1');
    await settled();
    shop.clock.advance(32_001);
    expect((await shop.pay('payment-1')).statusCode).toBe(201);
    const [first, second] = executions;
    expect(second).toMatchObject({ attempt: 2, isTakeover: true, id: first!.id });
    expect(second!.derivedKey('charge')).toBe(first!.derivedKey('charge'));
    expect(second!.derivedKey('refund')).not.toBe(first!.derivedKey('charge'));
    expect(first!.signal.aborted).toBe(true);
    expect(shop.seen.measurements.flatMap(({ counters }) => counters)).toEqual(['CacheMisses', 'Takeovers']);
  });

  test('an attempt after a release is the second, and no takeover', async () => {
    const { executions, respond } = told((call) => {
      if (call === 1) throw new RetryableError('not yet');
      return { statusCode: 201, body: 'paid' };
    });
    const shop = new Shop({ respond });
    await expect(shop.pay('payment-1')).rejects.toThrow('not yet');
    await shop.pay('payment-1');
    expect(executions[1]).toMatchObject({ attempt: 2, isTakeover: false });
  });

  test('nothing where the request has no key, is not protected, or runs without a record', async () => {
    const seen: unknown[] = [];
    const respond = (_: number, __: unknown, context: unknown): unknown => {
      seen.push(idempotencyOf(context as object));
      return { statusCode: 201, body: 'paid' };
    };
    await new Shop({ respond }).send({});
    await new Shop({ respond }).pay('payment-1', { method: 'GET' });
    await new Shop({ respond, options: { disabled: true } }).pay('payment-1');
    await new Shop({ respond, options: { onStoreError: 'execute', store: faultyStore(new MemoryStore(), () => 'drop') } }).pay('payment-1');
    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('the handler’s own context, whatever it is, and an empty one for none', async () => {
    const restore = pretendNode('24.0.0');
    const shop = new Shop();
    restore();
    const context = { awsRequestId: 'request-1' };
    await shop.pay('payment-1', {}, context);
    expect(shop.handler.calls[0]!.context).toBe(context);
    await shop.raw({ version: '2.0', rawPath: '/', requestContext: { http: { method: 'POST' } }, headers: { 'idempotency-key': 'payment-2' } }, null as never);
    expect(shop.handler.calls[1]!.context).toEqual({});
  });
});

test('an execution is recorded under the token that it claimed with, for the whole TTL from its end', async () => {
  const { store, claims } = claimed();
  const shop = new Shop({ options: { store, ttlSeconds: 100 } });
  await shop.pay('payment-1');
  const record = await store.read(claims[0]!.id);
  if (record === undefined || !isReadable(record)) throw new Error('no record');
  expect(record).toMatchObject({ status: 'C', token: claims[0]!.token, attempt: 1, expiresAt: Math.floor(shop.clock.now() / 1000) + 100 });
});
