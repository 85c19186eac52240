import { createHash } from 'node:crypto';
import { startChaos, type ChaosProxy, type Fate } from './support/chaos-proxy';
import { startPayments, type Payment, type PaymentsServer } from './support/payments-server';
import { idempotentFetch, isReplay, keyFrom, type ClientHost } from '../../client';

const CALLS = 500;
const AT_ONCE = 25;
const SEED = 'seed-1';

const FATES: readonly Fate[] = [
  'pass', 'pass', 'pass', 'pass', 'drop', 'drop', 'lose-answer', 'lose-answer', 'lose-answer', 'lose-answer', 'cut-answer', 'cut-answer',
  'duplicate', 'duplicate', 'repeat-later', 'repeat-later', 'gateway-timeout', 'gateway-timeout', 'delay', 'delay', 'hang',
];

/** The same in every run, in whatever order the requests arrive. After four that fail, the fifth gets through. */
const fateOf = (key: string, number: number): Fate =>
  number > 4 ? 'pass' : FATES[createHash('sha256').update(`${SEED} ${key} ${number}`).digest().readUInt32BE() % FATES.length]!;

/** The client's time, ten times as fast. */
const hurried: ClientHost = {
  Date,
  Math,
  crypto,
  setTimeout: (then, ms) => setTimeout(then, ms / 10),
  clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
};

let payments: PaymentsServer;
let chaos: ChaosProxy;

beforeEach(async () => {
  payments = await startPayments();
  chaos = await startChaos(payments.url, fateOf);
});
afterEach(async () => {
  await chaos.stop();
  await payments.stop();
});

/** Makes each call, a number of them at once. */
async function all<T>(calls: number, call: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < calls) {
      const index = next++;
      results[index] = await call(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

test('500 calls through a network that loses, cuts, delays and doubles: 500 effects, and each call gets the answer of its own', async () => {
  let attempts = 0;
  // More retries than the network asks for: a slow machine is no fault of the protocol.
  const patience = { retries: 20, tryTimeoutMs: 20_000, totalTimeoutMs: 400_000 };
  const send = idempotentFetch(undefined, { ...patience, host: hurried, onAttempt: () => void attempts++ });
  const answers = await all(CALLS, async (index) => {
    const call = `call-${index}`;
    const response = await send(`${chaos.url}/payments`, {
      method: 'POST',
      headers: { 'Idempotency-Key': await keyFrom([call]), 'Content-Type': 'application/json' },
      body: JSON.stringify({ call, takesMs: index % 20 }),
    });
    return { call, status: response.status, replay: isReplay(response), payment: await response.json() as Payment };
  });

  expect(payments.effects).toHaveLength(CALLS);
  expect(new Set(payments.effects).size).toBe(CALLS);
  const isOwn = ({ call, payment }: typeof answers[number]) => payment.call === call && payments.effects[payment.effect - 1] === call;
  expect(answers.filter((answer) => answer.status !== 201 || !isOwn(answer))).toEqual([]);
  expect(new Set(answers.map(({ payment }) => payment.effect)).size).toBe(CALLS);

  // The network was what it is said to be.
  expect(Object.keys(chaos.fates).sort()).toEqual([...new Set(FATES)].sort());
  expect(Math.min(...Object.values(chaos.fates))).toBeGreaterThan(20);
  expect(payments.answers.replay).toBeGreaterThan(200);
  expect(payments.answers['409']).toBeGreaterThan(0);
  expect(answers.filter(({ replay }) => replay).length).toBeGreaterThan(100);
  expect(attempts).toBeGreaterThan(CALLS);
}, 300_000);

test('the same network without keys makes more effects than calls', async () => {
  const retry = async (body: string): Promise<void> => {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        const response = await fetch(`${chaos.url}/payments`, { method: 'POST', body, signal: AbortSignal.timeout(700) });
        await response.text();
        if (response.status === 201) return;
      } catch {
        // Once more, as a careless client does.
      }
    }
  };
  await all(50, (index) => retry(JSON.stringify({ call: `call-${index}` })));
  expect(payments.effects.length).toBeGreaterThan(new Set(payments.effects).size);
});

test('F20: a gateway that gives up while the work goes on: the retries get 409 until it is done, and then the answer', async () => {
  const statuses: (number | undefined)[] = [];
  const gateway = await startChaos(payments.url, (_, number) => (number === 1 ? 'gateway-timeout' : 'pass'));
  const send = idempotentFetch(undefined, { host: hurried, retries: 1, onAttempt: ({ response }) => void statuses.push(response?.status) });
  const response = await send(`${gateway.url}/payments`, { method: 'POST', body: JSON.stringify({ call: 'slow', untilConflict: true }) });
  await gateway.stop();

  expect(isReplay(response)).toBe(true);
  expect(await response.json()).toEqual({ call: 'slow', effect: 1 });
  expect(statuses[0]).toBe(503);
  expect(statuses.slice(1, -1).every((status) => status === 409)).toBe(true);
  expect(statuses.slice(1, -1).length).toBeGreaterThan(0);
  expect(statuses.at(-1)).toBe(201);
  expect(payments.effects).toEqual(['slow']);
});

test('two operations under one key: the second is told so at once, and nothing is executed', async () => {
  const statuses: (number | undefined)[] = [];
  const send = idempotentFetch(undefined, { host: hurried, onAttempt: ({ response }) => void statuses.push(response?.status) });
  const post = (call: string) => send(`${payments.url}/payments`, {
    method: 'POST', headers: { 'Idempotency-Key': 'order-1' }, body: JSON.stringify({ call }),
  });
  await post('one');
  expect(await (await post('other')).json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 });
  expect(statuses).toEqual([201, 422]);
  expect(payments.effects).toEqual(['one']);
});
