import { idempotencyOf, idempotent, MemoryStore } from '../../../runtime';
import { httpApiEvent } from '../../../runtime/testing/events';
import { seen } from '../../support/fronts';
import { observed } from '../../support/quiet';

const event = (key = 'payment-1') => httpApiEvent({ headers: { 'Idempotency-Key': key }, body: 'amount=1' });

function wrappedTwice() {
  const { logger, metrics } = observed();
  let executions = 0;
  const store = new MemoryStore();
  const inner = idempotent(
    async (_event: unknown, context: object) => ({ statusCode: 201, headers: {}, body: `payment ${++executions}, attempt ${idempotencyOf(context)?.attempt}` }),
    { store, logger, metrics },
  );
  // As middy or a tracer does: a function that does not look wrapped.
  const middleware = async (given: unknown, context: object) => inner(given, context);
  return { handler: idempotent(middleware, { store, logger, metrics }), count: () => executions };
}

test('a wrapped handler within another wrapper runs once and is not refused by the claim around it', async () => {
  const { handler, count } = wrappedTwice();
  expect(seen(await handler(event(), {}))).toMatchObject({ statusCode: 201, body: 'payment 1, attempt 1' });
  const replay = seen(await handler(event(), {}));
  expect(replay).toMatchObject({ statusCode: 201, body: 'payment 1, attempt 1', headers: { 'x-idempotent-replay': 'true' } });
  expect(count()).toBe(1);
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
