/**
 * A sandbox's first request: loads the module, waits a little as Lambda does
 * between init and the first request, and calls it once. Prints CPU time, user
 * and system, in microseconds.
 *
 *   argv: the module whose `handler` is measured
 */
import { pathToFileURL } from 'node:url';
import { LAMBDA_EVENT, contextOf } from './event.mjs';

const url = pathToFileURL(process.argv[2]).href;
const since = (before) => {
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

const atStart = process.cpuUsage();
const { handler } = await import(url);
const init = since(atStart);
await new Promise((resolve) => setTimeout(resolve, 50));
const atCall = process.cpuUsage();
const started = performance.now();
await handler(LAMBDA_EVENT(`cold-${process.pid}-${Date.now()}`), contextOf());
const ms = performance.now() - started;
process.stderr.write(`${JSON.stringify({ cpu: since(atStart), init, call: since(atCall), ms })}\n`);
process.exit(0);
