import { idempotencyOf, idempotent, MemoryStore, type IdempotencyOptions } from '../../../runtime';
import { httpApiEvent } from '../../../runtime/testing/events';
import { seen } from '../../support/fronts';
import { observed } from '../../support/quiet';

const event = (key = 'payment-1') => httpApiEvent({ headers: { 'Idempotency-Key': key }, body: 'amount=1' });

type Wrapped = (event: unknown, context: object) => Promise<unknown>;
type Wrap = typeof idempotent;

interface Wrappers {
  /** What stands between the two, and does not look wrapped: middy, a tracer. */
  readonly between?: (inner: Wrapped) => Wrapped;
  readonly innerOptions?: IdempotencyOptions;
  readonly outerOptions?: IdempotencyOptions;
  /** The copy of the package that the inner one comes from. */
  readonly wrapInner?: Wrap;
  readonly respond?: (context: object, executions: number) => unknown;
}

const pass = (inner: Wrapped): Wrapped => async (given, context) => inner(given, context);
const copying = (inner: Wrapped): Wrapped => async (given, context) => inner(given, { ...context });

function wrappedTwice({ between = pass, innerOptions, outerOptions, wrapInner = idempotent, respond }: Wrappers = {}) {
  const { logger, metrics, lines } = observed();
  let executions = 0;
  const store = new MemoryStore();
  const told = (context: object) => `payment ${executions}, attempt ${idempotencyOf(context)?.attempt}`;
  const inner: Wrapped = wrapInner(
    async (_event: unknown, context: object) => {
      executions += 1;
      return respond?.(context, executions) ?? { statusCode: 201, headers: {}, body: told(context) };
    },
    { store, logger, metrics, ...innerOptions },
  );
  const outer: Wrapped = idempotent(between(inner), { store, logger, metrics, ...outerOptions });
  return { handler: outer, inner, store, lines, count: () => executions };
}

/** Another copy of the runtime, as a function's own bundle beside the layer has one. */
function anotherCopy(): typeof import('../../../runtime') {
  let copy: typeof import('../../../runtime');
  jest.isolateModules(() => (copy = jest.requireActual('../../../runtime')));
  return copy!;
}

const BETWEEN: readonly [string, (inner: Wrapped) => Wrapped][] = [
  ['passes the context on', pass],
  ['passes a copy of the context on', copying],
  ['passes a context of its own on', (inner) => async (given) => inner(given, { functionName: 'payments' })],
  ['waits before it passes anything on', (inner) => async (given, context) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return inner(given, { ...context });
  }],
  ['has parsed the body', (inner) => async (given, context) => inner({ ...(given as object), body: { amount: 1 } }, { ...context })],
];

const CONTEXTS: readonly [string, object][] = [['Lambda’s', { awsRequestId: 'request-1' }], ['an empty one', {}]];

describe.each(CONTEXTS)('a wrapped handler within another wrapper, the context is %s', (_, context) => {
  test.each(BETWEEN)('F87: what lies between %s: it runs once, is not refused by the claim around it, and knows its execution', async (__, between) => {
    const { handler, count, lines } = wrappedTwice({ between });
    expect(seen(await handler(event(), context))).toMatchObject({ statusCode: 201, body: 'payment 1, attempt 1' });
    const replay = seen(await handler(event(), context));
    expect(replay).toMatchObject({ statusCode: 201, body: 'payment 1, attempt 1', headers: { 'x-idempotent-replay': 'true' } });
    expect(count()).toBe(1);
    expect(lines.map(({ message }) => message)).toEqual(['idempotency: executed', 'idempotency: replayed']);
  });

  test.each<[string, IdempotencyOptions]>([
    ['a namespace of its own', { namespace: 'inner' }],
    ['a tenant of its own', { tenant: () => 'tenant-1' }],
    ['a tenant that it does not find', { tenant: () => undefined }],
    ['a secret of its own', { keySecret: 'a secret of sixteen characters and more' }],
    ['another reach of keys', { keyScope: 'api' }],
    ['a store of its own', { store: new MemoryStore() }],
  ])('F87: where the inner one has %s it makes no second record of the request', async (__, innerOptions) => {
    const { handler, store, count } = wrappedTwice({ between: copying, innerOptions });
    expect(seen(await handler(event(), context)).body).toBe('payment 1, attempt 1');
    expect(count()).toBe(1);
    expect([store.size, innerOptions.store === undefined ? 0 : (innerOptions.store as MemoryStore).size]).toEqual([1, 0]);
  });

  test('F87: also where the two are of two copies of the package', async () => {
    const { handler, count } = wrappedTwice({ between: copying, wrapInner: anotherCopy().idempotent });
    expect(seen(await handler(event(), context))).toMatchObject({ statusCode: 201, body: 'payment 1, attempt 1' });
    expect(count()).toBe(1);
  });

  test('F49: the inner one’s authorize is asked all the same', async () => {
    const { handler, count } = wrappedTwice({ between: copying, innerOptions: { authorize: () => ({ statusCode: 403, headers: {}, body: 'no' }) } });
    expect(seen(await handler(event(), context))).toMatchObject({ statusCode: 403, body: 'no' });
    expect(count()).toBe(0);
  });

  test('F87: another operation that a handler calls within its own has a record and an execution of its own', async () => {
    const { logger, metrics } = observed();
    const store = new MemoryStore();
    const items: unknown[] = [];
    const item: Wrapped = idempotent(
      async (_event: unknown, given: object) => ({ statusCode: 201, body: `${items.push(idempotencyOf(given)?.key)}` }),
      { store, logger, metrics },
    );
    const batch: Wrapped = idempotent(async (_event: unknown, given: object) => {
      for (const number of [1, 2, 1]) await item(event(`item-${number}`), { ...given });
      return { statusCode: 200, body: String(idempotencyOf({ ...given })?.key) };
    }, { store, logger, metrics });
    expect(seen(await batch(event('batch'), context)).body).toBe('batch');
    expect(items).toEqual(['item-1', 'item-2']);
    expect(store.size).toBe(3);
  });

  test.each([['passing the context on', pass], ['copying the context', copying]])(
    'F87: a retry that is sent while the handler runs, and from within it, is a retry and no second wrapper (%s)', async (__, between) => {
      const retries: number[] = [];
      const twice = wrappedTwice({
        between,
        respond: (given, executions) => {
          if (executions > 1) return { statusCode: 200, body: 'executed twice' };
          return Promise.all([twice.handler(event(), { ...given }), twice.inner(event(), { ...given })]).then((answers) => {
            retries.push(...answers.map((answer) => seen(answer).statusCode));
            return { statusCode: 201, body: 'paid' };
          });
        },
      });
      expect(seen(await twice.handler(event(), context))).toMatchObject({ statusCode: 201, body: 'paid' });
      expect(retries).toEqual([409, 409]);
      expect(twice.count()).toBe(1);
    });
});

test('requests of one context are still told apart: in parallel, and one after the other', async () => {
  const { handler, count } = wrappedTwice();
  const context = {};
  const answers = await Promise.all(Array.from({ length: 5 }, () => handler(event(), context)));
  expect(answers.map((answer) => seen(answer).statusCode).sort()).toEqual([201, 409, 409, 409, 409]);
  expect(seen(await handler(event(), context)).headers).toMatchObject({ 'x-idempotent-replay': 'true' });
  expect(seen(await handler(event('payment-2'), context)).body).toBe('payment 2, attempt 1');
  expect(count()).toBe(2);
});

test('idempotencyOf finds the execution by a copy of its context, and none beside it', async () => {
  const { logger, metrics } = observed();
  const found: unknown[] = [];
  const handler: Wrapped = idempotent(async (_event: unknown, context: object) => {
    found.push(idempotencyOf({ ...context })?.key, idempotencyOf(context)?.key);
    return { statusCode: 201, body: 'paid' };
  }, { store: new MemoryStore(), logger, metrics });
  await handler(event(), { awsRequestId: 'request-1' });
  await handler(httpApiEvent({ body: 'amount=1' }), { awsRequestId: 'request-2' });
  expect(found).toEqual(['payment-1', 'payment-1', undefined, undefined]);
  expect(idempotencyOf({ awsRequestId: 'request-1' })).toBeUndefined();
});
