import { Functions, onceIdle, until } from './functions';
import type { InvocationResult } from '../../../local/lambda/local-function';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

/** Answers with its process once the file that the event names exists. */
const gated = (first = '') => ({
  'index.js': `const fs = require('node:fs');
  exports.handler = async ({ gate }) => {
    ${first}
    console.log('entered');
    while (gate && !fs.existsSync(gate)) await new Promise((r) => setTimeout(r, 5));
    return process.pid;
  };`,
});

const pid = (result: InvocationResult) => (result as unknown as { payload: number }).payload;

test('requests at the same time have a sandbox each', async () => {
  const gate = `${functions.folder({})}/gate`;
  const { function: fn, log } = functions.create(gated(), { maxSandboxes: 3 });

  const running = [1, 2, 3].map((n) => fn.invoke(`request-${n}`, { gate }));
  await until(() => log.length === 3);
  functions.write(gate);
  const pids = (await Promise.all(running)).map(pid);

  expect(new Set(pids).size).toBe(3);
});

test('what exceeds the sandboxes queues, first in first out', async () => {
  const gate = `${functions.folder({})}/gate`;
  const { function: fn, log } = functions.create(gated(), { maxSandboxes: 1 });

  const order: string[] = [];
  const running = ['a', 'b', 'c', 'd'].map(async (id) => {
    const result = await fn.invoke(id, { gate });
    order.push(id);
    return pid(result);
  });
  await until(() => log.length === 1);
  functions.write(gate);
  const pids = await Promise.all(running);

  expect(order).toEqual(['a', 'b', 'c', 'd']);
  expect(new Set(pids).size).toBe(1);
});

test('F206: what queues for a caller that is gone is not run any more', async () => {
  const gate = `${functions.folder({})}/gate`;
  const { function: fn, log } = functions.create(gated(), { maxSandboxes: 1 });
  const caller = new AbortController();

  const first = fn.invoke('first', { gate });
  await until(() => log.length === 1);
  const second = fn.run({ requestId: 'second', event: '{}', signal: caller.signal });
  caller.abort();
  expect(await second).toEqual({ kind: 'throttled' });
  functions.write(gate);
  await first;
  expect(await fn.run({ requestId: 'third', event: '{}', signal: caller.signal })).toEqual({ kind: 'throttled' });
  expect(await fn.invoke('fourth', {})).toMatchObject({ kind: 'returned' });
  expect(log).toHaveLength(2);
});

test('F206: what runs already goes on without its caller, as on Lambda', async () => {
  const gate = `${functions.folder({})}/gate`;
  const { function: fn, log } = functions.create(gated(), { maxSandboxes: 1 });
  const caller = new AbortController();
  const running = fn.run({ requestId: 'first', event: JSON.stringify({ gate }), signal: caller.signal });
  await until(() => log.length === 1);
  caller.abort();
  functions.write(gate);
  expect(await running).toMatchObject({ kind: 'returned' });
});

test('requests one after the other stay in one sandbox', async () => {
  // However long a busy machine keeps the sandbox from asking for its next one.
  const { function: fn } = functions.create(gated(), { maxSandboxes: 10 }, { lingerMs: 60_000 });

  const pids = new Set<number>();
  for (let n = 0; n < 50; n++) {
    pids.add(pid(await fn.invoke(`request-${n}`, {})));
  }

  expect(pids.size).toBe(1);
});

test('the sandbox used last is used first', async () => {
  const gates = [0, 1].map((n) => `${functions.folder({})}/gate-${n}`);
  const { function: fn, log, invoke } = functions.create(gated(onceIdle("process.stdout.write('idle\\n');")), { maxSandboxes: 2 });
  const idle = () => log.filter(({ line }) => line === 'idle').length;

  const running = gates.map((gate, n) => fn.invoke(`request-${n}`, { gate }));
  await until(() => log.length === 2);
  functions.write(gates[1]);
  await until(() => idle() === 1);
  functions.write(gates[0]);
  const last = await running[0];
  await until(() => idle() === 2);

  expect(pid(await invoke('request-2', {}))).toBe(pid(last));
});

test('a crash makes room for what queues', async () => {
  const { function: fn } = functions.create({
    'index.js': 'exports.handler = async ({ exits }) => { if (exits) process.exit(1); return "served"; };',
  }, { maxSandboxes: 1 });

  const [crashed, served] = await Promise.all([fn.invoke('request-1', { exits: true }), fn.invoke('request-2', {})]);

  expect(crashed.kind).toBe('crashed');
  expect(served).toMatchObject({ kind: 'returned', payload: 'served' });
});

test('a sandbox that is not ready after its answer delays nobody', async () => {
  const { function: fn } = functions.create({
    'index.js': `exports.handler = async ({ blocks }) => {
      if (blocks) {
        // On the reply to the answer, so before the next invocation is asked for.
        require('node:diagnostics_channel').subscribe('http.client.response.finish', () => { while (true); });
      }
      return process.pid;
    };`,
  }, { maxSandboxes: 2 });

  const first = await fn.invoke('request-1', { blocks: true });
  const second = await fn.invoke('request-2', {});

  expect(second.kind).toBe('returned');
  expect(pid(second)).not.toBe(pid(first));
});
