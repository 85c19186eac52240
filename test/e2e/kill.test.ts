import { randomUUID } from 'node:crypto';
import { History, violations } from './support/history';
import { eventually } from './support/place';
import { STAGES, type Reply, type Running, type Stage, type Worker } from './support/worker';
import { Workers } from './support/workers';

jest.setTimeout(120_000);

const KEYS = 64;
const NAMES = Array.from({ length: KEYS }, (_, index) => `key-${index}`);
const stageOf = (index: number, shift = 0): Stage => STAGES[(index + shift) % STAGES.length]!;

let workers: Workers;

beforeAll(async () => {
  workers = await Workers.over({ processingTimeoutSeconds: 1.5, clockMarginSeconds: 0.5, namespace: 'killed' });
});

afterAll(() => workers?.stop());

const history = new History();

/** A process that has served before: what a cold start costs would be taken off the first lease. */
async function warm(): Promise<Worker> {
  const worker = workers.start();
  await worker.invoke({ key: randomUUID(), body: { order: 'warm' } }).reply;
  return worker;
}

const request = (worker: Worker, key: string): Promise<Reply> =>
  history.record(key, () => worker.invoke({ key, body: { order: key } }).reply);

const isSettled = (reply: Reply): boolean => reply.kind === 'lost' || (reply.kind === 'answered' && reply.status === 201);

/** Retries until the key is answered, or one of the retries waits at its stage. */
const bringTo = (worker: Worker, key: string, stage: Stage): Promise<'waits' | 'settled'> =>
  eventually(async () => {
    let running: Running | undefined;
    const reply = history.record(key, () => {
      running = worker.invoke({ key, body: { order: key }, pauseAt: stage });
      return running.reply;
    });
    if (await running!.reached(stage)) return 'waits';
    return isSettled(await reply) ? 'settled' : undefined;
  });

test('F3, F4: processes killed at every stage, then their successors, then the rest: one answer of each key', async () => {
  const survivors = await Promise.all([warm(), warm()]);
  const survivor = (index: number) => survivors[index % survivors.length]!;

  // The first request of each key waits at a stage of its own; some have company; then all their processes are killed.
  const firstVictims = await Promise.all([warm(), warm()]);
  const waiting = await Promise.all(NAMES.map((key, index) => bringTo(firstVictims[index % 2]!, key, stageOf(index >> 1))));
  expect(waiting).toEqual(Array(KEYS).fill('waits'));
  const company = Promise.all(NAMES.map((key, index) => (index % 3 === 0 ? request(survivor(index), key) : undefined)));
  await Promise.all(firstVictims.map((victim) => victim.kill()));
  await company;

  // What can be taken over is, by processes that are killed as well.
  const secondVictim = await warm();
  const successors = NAMES.filter((_, index) => index % 2 === 0);
  const states = await Promise.all(successors.map((key, index) => bringTo(secondVictim, key, stageOf(index, 3))));
  expect(states).toContain('waits');
  await secondVictim.kill();

  // Three clients of each key, through two processes, until each of them has its answer.
  await Promise.all(NAMES.flatMap((key) => [0, 1, 2].map((client) =>
    eventually(async () => (isSettled(await request(survivor(client), key)) ? true : undefined), 150))));
  const last = await Promise.all(NAMES.map((key, index) => request(survivor(index), key)));

  expect(last.map((reply) => reply.kind === 'answered' && reply.status === 201 && reply.replayed)).toEqual(Array(KEYS).fill(true));
  const found = NAMES.flatMap((key) => violations(history.of(key), workers.place.executions(key)).map((problem) => `${key}: ${problem}`));
  expect(found).toEqual([]);
  // It has to have been hard: executions that died, and requests without an answer.
  expect(NAMES.filter((key) => workers.place.executions(key).length > 1).length).toBeGreaterThan(10);
  expect(history.requests.filter(({ reply }) => reply.kind === 'lost').length).toBeGreaterThanOrEqual(KEYS);
});
