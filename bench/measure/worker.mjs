/**
 * One subject in a process of its own. It is told what to do by messages and
 * answers with the CPU time that it took: user and system, microseconds.
 *
 *   argv: the module whose `handler` is measured
 */
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { LAMBDA_EVENT, contextOf } from './event.mjs';

const { handler } = await import(pathToFileURL(process.argv[2]).href);

const REPLAYED = randomUUID();
const invoke = (key) => handler(LAMBDA_EVENT(key), contextOf());

const acts = {
  /** First requests, one after the other or so many at once. */
  async miss({ count, atOnce = 1 }) {
    const latencies = [];
    let left = count;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const started = performance.now();
        await invoke(randomUUID());
        latencies.push(performance.now() - started);
      }
    }));
    return { latencies };
  },
  async replay({ count }) {
    for (let round = 0; round < count; round++) await invoke(REPLAYED);
    return {};
  },
  /** Many requests with one key at a time. */
  async duplicates({ count }) {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: count }, () => invoke(key).then((answer) => answer?.statusCode, (error) => error.name)));
    const told = {};
    for (const answer of answers) told[answer] = (told[answer] ?? 0) + 1;
    return { told };
  },
};

process.on('message', async ({ act, ...given }) => {
  const before = process.cpuUsage();
  const started = performance.now();
  const result = await acts[act](given);
  const { user, system } = process.cpuUsage(before);
  process.send({ cpu: user + system, ms: performance.now() - started, ...result });
});
process.send({ ready: true, node: process.version });
