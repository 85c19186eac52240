import { eventually } from './support/place';
import type { Reply, Running, Stage, Worker } from './support/worker';
import { Workers } from './support/workers';

jest.setTimeout(60_000);

let workers: Workers;

beforeAll(async () => {
  workers = await Workers.over({ processingTimeoutSeconds: 1, clockMarginSeconds: 0.5, namespace: 'late' });
});

afterAll(() => workers?.stop());

type Answered = Extract<Reply, { kind: 'answered' }>;

const answered = (reply: Reply): Answered => {
  if (reply.kind !== 'answered') throw new Error(`no answer: ${JSON.stringify(reply)}`);
  return reply;
};

/** Retries until something other than a conflict is the answer. */
const retried = (worker: Worker, invocation: Parameters<Worker['invoke']>[0]): Promise<Answered> =>
  eventually(async () => {
    const reply = answered(await worker.invoke(invocation).reply);
    return reply.status === 409 ? undefined : reply;
  });

/** Retries until one of them has taken over and waits at `pauseAt`. */
const takenOver = (worker: Worker, invocation: Parameters<Worker['invoke']>[0] & { readonly pauseAt: Stage }): Promise<Running> =>
  eventually(async () => {
    const running = worker.invoke(invocation);
    return await running.reached(invocation.pauseAt) ? running : undefined;
  });

/** A first process that holds the key, stopped at a stage, and a second one. */
async function frozen(order: string, pauseAt: Stage, more: { readonly body?: object; readonly remainingMs?: number } = {}) {
  const [first, second] = [workers.start(), workers.start()];
  const request = { key: order.replaceAll(' ', '-'), body: { order, ...more.body } };
  const late = first.invoke({ ...request, pauseAt, remainingMs: more.remainingMs });
  expect(await late.reached(pauseAt)).toBe(true);
  first.freeze();
  const resumed = () => {
    first.resume();
    late.proceed();
    return late.reply.then(answered);
  };
  return { first, second, request, resumed };
}

test.each(['in handler', 'before completion'] as const)(
  'F1, F4, F11: an execution frozen %s that ends after a takeover changes nothing, and its caller gets the winner\'s answer',
  async (stage) => {
    const { first, second, request, resumed } = await frozen(`frozen ${stage}`, stage);
    const winner = await retried(second, request);
    expect(winner).toMatchObject({ status: 201, replayed: false, persisted: true });

    expect(await resumed()).toEqual({ ...winner, replayed: true });
    expect(first.logged.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['superseded', 1]]);
    expect(second.logged.at(-1)).toMatchObject({ outcome: 'takeover', attempt: 2 });
    for (const worker of [first, second]) expect(await retried(worker, request)).toEqual({ ...winner, replayed: true });

    const [original, takeover, ...further] = workers.place.executions(request.body.order);
    expect(further).toEqual([]);
    expect(original).toMatchObject({ attempt: 1, isTakeover: false });
    expect(takeover).toMatchObject({ attempt: 2, isTakeover: true, id: original!.id, derivedKey: original!.derivedKey });
    expect(winner.body.run).toBe(takeover!.run);
  },
);

test('F3: a process frozen between claim and handler does not start it once its lease is over', async () => {
  const { second, request, resumed } = await frozen('frozen after claim', 'after claim');
  const winner = await retried(second, request);
  expect(winner).toMatchObject({ status: 201, replayed: false });

  expect(await resumed()).toMatchObject({ status: 503, body: { code: 'IDEMPOTENCY_STORE_UNAVAILABLE' } });
  expect(await retried(second, request)).toEqual({ ...winner, replayed: true });
  const [only, ...further] = workers.place.executions(request.body.order);
  expect(further).toEqual([]);
  expect(only).toMatchObject({ run: winner.body.run, attempt: 2, isTakeover: true });
});

test('F1: the first execution ends while the second is running: 409, and the second one\'s answer is recorded', async () => {
  const { first, second, request, resumed } = await frozen('overlapping', 'in handler');
  const running = await takenOver(second, { ...request, pauseAt: 'in handler' });

  expect(await resumed()).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' }, replayed: false });
  running.proceed();
  const winner = answered(await running.reply);
  expect(winner).toMatchObject({ status: 201, persisted: true });
  expect(winner.body.run).toBe(workers.place.executions(request.body.order)[1]!.run);
  expect(await retried(first, request)).toEqual({ ...winner, replayed: true });
});

test('F2: an execution that fails after a takeover does not release the key of the other', async () => {
  const { first, second, request, resumed } = await frozen('failing late', 'in handler', { body: { failsFirst: true } });
  const running = await takenOver(second, { ...request, pauseAt: 'in handler' });

  await expect(resumed()).rejects.toThrow('no effect so far');
  const third = answered(await first.invoke(request).reply);
  running.proceed();
  const winner = answered(await running.reply);
  // Where the second one's lease was over by then, it is an execution that was told so, and not one after a release.
  expect([409, 201]).toContain(third.status);
  expect(workers.place.executions(request.body.order).slice(1).every(({ isTakeover }) => isTakeover)).toBe(true);
  expect((await retried(first, request)).body).toEqual(winner.body);
});

test('F11, F17: an execution that wakes after the end of its function\'s time never passes its own answer off as recorded', async () => {
  const { second, request, resumed } = await frozen('out of time', 'in handler', { remainingMs: 1000 });
  const winner = await retried(second, request);

  const late = await resumed();
  expect(late.body.run === winner.body.run ? late.replayed : !late.persisted).toBe(true);
  expect(await retried(second, request)).toEqual({ ...winner, replayed: true });
});

test('F21: no answer while the handler is pending, however long its lease is over', async () => {
  const [first, second] = [workers.start(), workers.start()];
  const request = { key: 'pending', body: { order: 'pending' } };
  const pending = first.invoke({ ...request, pauseAt: 'in handler' });
  let isAnswered = false;
  void pending.reply.then(() => { isAnswered = true; });
  expect(await pending.reached('signal')).toBe(true);

  const winner = await retried(second, request);
  expect(answered(await first.invoke({ key: 'another', body: { order: 'another' } }).reply).status).toBe(201);
  expect(isAnswered).toBe(false);

  pending.proceed();
  expect(answered(await pending.reply)).toEqual({ ...winner, replayed: true });
});

test('F22: 64 executions at once in one process do not mix', async () => {
  const worker = workers.start();
  const orders = Array.from({ length: 64 }, (_, index) => `order-${index}`);
  const invoke = async (order: string) =>
    answered(await worker.invoke({ key: `key-of-${order}`, body: { order, meet: orders.length }, remainingMs: 30_000 }).reply);
  await worker.invoke({ key: 'warm', body: { order: 'warm' } }).reply;
  const answers = await Promise.all(orders.map(invoke));

  for (const [index, order] of orders.entries()) {
    const [execution, ...further] = workers.place.executions(order);
    expect(further).toEqual([]);
    expect(answers[index]).toMatchObject({
      status: 201,
      replayed: false,
      body: { run: execution!.run, order, key: `key-of-${order}`, id: execution!.id, derivedKey: execution!.derivedKey },
    });
  }
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(64);
  expect(new Set(answers.map(({ body }) => body.derivedKey)).size).toBe(64);

  const executed = worker.logged.slice(1).map(({ outcome, id, requestId }) => `${requestId} ${outcome} ${id}`);
  expect(executed.sort()).toEqual(answers.map(({ body }, index) => `request-${index + 2} executed ${body.id}`).sort());

  const replays = await Promise.all(orders.map(invoke));
  expect(replays).toEqual(answers.map((answer) => ({ ...answer, replayed: true })));
});
