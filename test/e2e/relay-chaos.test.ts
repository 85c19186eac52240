/** The client, through a network that loses answers, before a Python handler behind a relay. */
import { createHash } from 'node:crypto';
import { LocalRun } from './support/local-run';
import { idempotentFetch, isReplay, keyFrom, type ClientHost } from '../../client';
import { startChaos, type ChaosProxy, type Fate } from '../client/support/chaos-proxy';

jest.setTimeout(300_000);

const CALLS = 200;
const AT_ONCE = 8;

const FATES: readonly Fate[] = [
  'pass', 'pass', 'pass', 'drop', 'lose-answer', 'lose-answer', 'lose-answer', 'cut-answer', 'duplicate', 'repeat-later', 'gateway-timeout', 'delay',
];

/** The same in every run, in whatever order the requests arrive. After four that fail, the fifth gets through. */
const fateOf = (key: string, number: number): Fate =>
  number > 4 ? 'pass' : FATES[createHash('sha256').update(`relay ${key} ${number}`).digest().readUInt32BE() % FATES.length]!;

/** The client's time, ten times as fast. */
const hurried: ClientHost = {
  Date,
  Math,
  crypto,
  setTimeout: (then, ms) => setTimeout(then, ms / 10),
  clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
};

let run: LocalRun;
let chaos: ChaosProxy;

beforeAll(async () => {
  run = await LocalRun.startApp('test/e2e/fixtures/relay-app.ts', { LAMBDA_ASTRAY: 'http://127.0.0.1:1' });
  chaos = await startChaos(await run.url('Api'), fateOf);
});
afterAll(async () => {
  await chaos?.stop();
  await run?.stop();
});

interface Called {
  readonly order: string;
  readonly status: number;
  readonly replayed: boolean;
  readonly run: string;
}

async function call(route: string, orders: readonly string[]): Promise<Called[]> {
  // Longer than a busy machine takes, and more retries than the network asks for: neither is a fault of the protocol.
  const patience = { retries: 40, tryTimeoutMs: 600_000, totalTimeoutMs: 2_400_000 };
  const send = idempotentFetch(undefined, { ...patience, host: hurried });
  const answers: Called[] = [];
  const left = [...orders];
  const caller = async (): Promise<void> => {
    for (let order = left.shift(); order !== undefined; order = left.shift()) {
      const response = await send(`${chaos.url}${route}`, {
        method: 'POST',
        headers: { 'Idempotency-Key': await keyFrom([order]), 'Content-Type': 'application/json' },
        body: JSON.stringify({ order }),
      });
      const { run: id } = await response.json() as { run: string };
      answers.push({ order, status: response.status, replayed: isReplay(response), run: id });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return answers;
}

const orders = (kind: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${kind}-${index}`);
const runsOf = (order: string): string[] => run.place.executions(order).map((execution) => execution.run);

test('F190: 200 calls through a network that loses, cuts, delays and doubles: 200 executions, and each call gets the answer of its own', async () => {
  const answers = await call('/payments', orders('relayed', CALLS));
  expect(new Set(answers.map(({ order }) => order)).size).toBe(CALLS);
  expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
  expect(answers.map(({ order }) => [order, runsOf(order)])).toEqual(answers.map((answer) => [answer.order, [answer.run]]));

  // The network was what it is said to be.
  expect(Object.keys(chaos.fates).sort()).toEqual([...new Set(FATES)].sort());
  expect(chaos.fates['lose-answer']).toBeGreaterThan(50);
  expect(answers.filter(({ replayed }) => replayed).length).toBeGreaterThan(50);
});

test('the same network makes more executions than calls where no relay is', async () => {
  const direct = orders('direct', 30);
  await call('/direct', direct);
  expect(direct.flatMap(runsOf).length).toBeGreaterThan(direct.length);
});
