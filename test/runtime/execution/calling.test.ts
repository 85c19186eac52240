import type { APIGatewayProxyHandler, APIGatewayProxyHandlerV2 } from 'aws-lambda';
import { idempotencyOf, idempotent, MemoryStore } from '../../../runtime';
import { httpApiEvent } from '../../../runtime/testing/events';
import { seen } from '../../support/fronts';
import { pretendNode } from '../../support/node-version';
import { observed } from '../../support/quiet';

/* eslint-disable @typescript-eslint/no-explicit-any */

const keyed = httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
const keyless = httpApiEvent({ body: 'amount=1' });
const queued = { Records: [{ eventSource: 'aws:sqs' }] };
const paid = { statusCode: 201, headers: {}, body: 'paid' };

let restore = (): void => undefined;
afterEach(() => restore());

/** @param version of Node.js, as the wrapper sees it */
function wrap(version: string, handler: unknown, options: object = {}): (event: unknown, context?: unknown, callback?: unknown) => any {
  restore = pretendNode(version);
  const { logger, metrics } = observed();
  return idempotent(handler as never, { store: new MemoryStore(), logger, metrics, ...options }) as never;
}

const later = (tell: () => void): void => void setTimeout(tell, 1);

/** How a handler may tell its outcome, where Lambda lets it. */
const WAYS: readonly [string, (result: unknown, error?: Error) => (...args: any[]) => unknown][] = [
  ['a callback among three parameters', (result, error) => (_event, _context, callback) => later(() => callback(error, result))],
  ['a callback at once', (result, error) => (_event, _context, callback) => callback(error, result)],
  ['the third of the rest of its parameters', (result, error) => (...args) => later(() => args[2](error, result))],
  ['the last of its arguments', (result, error) => function () {
    // eslint-disable-next-line prefer-rest-params
    const { length, [length - 1]: callback } = arguments as any;
    later(() => callback(error, result));
  }],
  ['context.done', (result, error) => (_event, context) => later(() => context.done(error, result))],
  ['context.succeed and fail', (result, error) => (_event, context) => {
    later(() => (error === undefined ? context.succeed(result) : context.fail(error)));
  }],
  ['context.succeed, taken out of the context', (result, error) => (_event, { succeed, fail }) => {
    later(() => (error === undefined ? succeed(result) : fail(error)));
  }],
  ['context.succeed, and returns what is no outcome', (result, error) => (_event, context) => {
    later(() => (error === undefined ? context.succeed(result) : context.fail(error)));
    return { promise: Promise.resolve('a server') };
  }],
  ['a callback, and returns a number', (result, error) => (_event, _context, callback) => Number(setTimeout(callback, 1, error, result))],
  ['a promise', (result, error) => async () => {
    if (error !== undefined) throw error;
    return result;
  }],
  ['a promise that is none of the language’s own', (result, error) => () => ({
    then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) =>
      later(() => (error === undefined ? resolve(result) : reject(error))),
  })],
];

describe.each(['20.20.2', '22.1.0'])('Node.js %s', (version) => {
  describe.each(WAYS)('F160: a handler that tells its outcome by %s', (_, telling) => {
    test.each([['with a key', keyed], ['without a key', keyless], ['by another way than HTTP', queued]])('is heard, of an event %s', async (__, event) => {
      expect(await wrap(version, telling(paid))(event, { awsRequestId: 'request-1' })).toEqual(paid);
      await expect(wrap(version, telling(undefined, new Error('declined')))(event, {})).rejects.toThrow('declined');
    });

    test('is recorded and replayed', async () => {
      let runs = 0;
      const respond = telling(paid);
      const handler = wrap(version, (...args: unknown[]) => (runs += 1, respond(...args)));
      await handler(keyed, {});
      expect(seen(await handler(keyed, {}))).toMatchObject({ statusCode: 201, body: 'paid', headers: { 'x-idempotent-replay': 'true' } });
      expect(runs).toBe(1);
    });

    test('is heard where the wrapper is switched off', async () => {
      expect(await wrap(version, telling(paid), { disabled: true })(keyed, {})).toEqual(paid);
    });
  });

  const made = { statusCode: 201 };
  const taken = { statusCode: 202 };
  test.each<[string, (callback: any, context: any) => unknown, object]>([
    ['the callback before context.succeed', (callback, context) => { callback(null, made); context.succeed(taken); }, made],
    ['context.succeed before the callback', (callback, context) => { context.succeed(taken); callback(null, made); }, taken],
    ['a promise before the callback', async (callback) => { later(() => callback(null, made)); return taken; }, taken],
    ['the callback before a throw', (callback) => { callback(null, made); throw new Error('too late'); }, made],
  ])('F160: what comes first is the outcome: %s', async (_, tell, outcome) => {
    expect(await wrap(version, (_event: unknown, context: any, callback: any) => tell(callback, context))(keyed, {})).toEqual(outcome);
  });

  test('F160: a throw at once is the outcome', async () => {
    await expect(wrap(version, () => { throw new Error('at once'); })(keyed, {})).rejects.toThrow('at once');
  });

  test('F160: a response that is returned without a promise is one', async () => {
    expect(await wrap(version, () => paid)(keyed, {})).toEqual(paid);
  });

  test('F160: an event that is none of the wrapper’s reaches the handler with the runtime’s own context and callback', () => {
    const calls: unknown[][] = [];
    const handler = wrap(version, (...args: unknown[]) => void calls.push(args));
    const context = { succeed: () => undefined };
    const callback = (): void => undefined;
    for (const event of [keyless, queued]) expect(handler(event, context, callback)).toBeUndefined();
    expect(calls).toEqual([[keyless, context, callback], [queued, context, callback]]);
    expect(calls.every(([, given]) => given === context)).toBe(true);
  });

  test('F160: the runtime’s own context.succeed and callback are not called before anything is recorded', async () => {
    const told: string[] = [];
    const tell = (name: string) => () => void told.push(name);
    const context = { succeed: tell('succeed'), fail: tell('fail'), done: tell('done') };
    const answer = await wrap(version, (_event: unknown, given: any) => given.succeed(paid))(keyed, context, tell('callback'));
    expect([answer, told]).toEqual([paid, []]);
  });

  test('F160: the context keeps its members, own and inherited, and what is set on it', async () => {
    let waits = true;
    const context = Object.create({ inherited: 'yes' }, {
      awsRequestId: { value: 'request-1', enumerable: true },
      callbackWaitsForEmptyEventLoop: { get: () => waits, set: (value: boolean) => (waits = value), enumerable: true },
    });
    const members = await wrap(version, async (_event: unknown, given: any) => {
      given.callbackWaitsForEmptyEventLoop = false;
      return { statusCode: 201, body: JSON.stringify([{ ...given }.awsRequestId, given.inherited]) };
    })(keyed, context);
    expect([members.body, waits, 'succeed' in context]).toEqual(['["request-1","yes"]', false, false]);
  });

  test('F160: idempotencyOf tells of the execution by the context that the handler has, also where the call is lost track of', async () => {
    // A pool of a library's own calls back from where it was made, not from where it was asked.
    const pool: ((answer: void) => void)[] = [];
    const poll = setInterval(() => pool.splice(0).forEach((answer) => answer()), 1);
    const handler = wrap(version, (_event: unknown, context: any, callback: any) =>
      void pool.push(() => callback(null, { statusCode: 201, body: String(idempotencyOf(context)?.key) })));
    expect((await handler(keyed, {})).body).toBe('payment-1');
    clearInterval(poll);
  });

  test('F160: where Lambda runs several invocations at once in a process there are no callbacks, as on Node.js 24', async () => {
    process.env.AWS_LAMBDA_MAX_CONCURRENCY = '10';
    try {
      expect(() => wrap(version, (_event: unknown, _context: unknown, _callback: unknown) => undefined)).toThrow(/several invocations at once/);
      expect(await wrap(version, (...args: unknown[]) => args.length)(keyed, {})).toBe(2);
    } finally {
      delete process.env.AWS_LAMBDA_MAX_CONCURRENCY;
    }
  });
});

test('handlers typed as those of an API, which may take a callback, are taken as they are', async () => {
  const store = new MemoryStore();
  const { logger, metrics } = observed();
  const second: APIGatewayProxyHandlerV2 = async () => paid;
  const first: APIGatewayProxyHandler = async () => paid;
  const handlers = [idempotent(second, { store, logger, metrics }), idempotent(first, { store, logger, metrics })];
  expect(await Promise.all(handlers.map((handler) => handler(keyless as never, {} as never)))).toEqual([paid, paid]);
});

describe('Node.js 24', () => {
  test('F160: a handler that takes a callback is refused at init, as by Lambda itself', () => {
    expect(() => wrap('24.0.0', (_event: unknown, _context: unknown, _callback: unknown) => undefined)).toThrow(/Node.js 24 on Lambda no longer calls: make it async/);
  });

  test.each([['with a key', keyed], ['without a key', keyless], ['by another way than HTTP', queued]])(
    'F160: a handler gets event and context and no more, and returns its outcome, of an event %s', async (_, event) => {
      const calls: unknown[][] = [];
      const context = { awsRequestId: 'request-1' };
      const handler = wrap('24.0.0', (...args: unknown[]) => (calls.push(args), 'sent'));
      expect(handler).toHaveLength(2);
      expect(await handler(event, context, () => undefined)).toBe('sent');
      expect(calls).toEqual([[event, context]]);
      expect(calls[0]![1]).toBe(context);
    });

  test('F160: context.succeed is not there, as in Lambda itself', async () => {
    await expect(wrap('24.0.0', (_event: unknown, context: any) => context.succeed(paid))(keyed, {})).rejects.toThrow(/succeed is not a function/);
  });
});
