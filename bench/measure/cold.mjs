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
const started = process.hrtime.bigint();
await handler(LAMBDA_EVENT(`cold-${process.pid}-${Date.now()}`), contextOf());
// Before anything of Node's own is loaded for the output: it is none of the subject's.
const measured = { cpu: since(atStart), init, call: since(atCall), ms: Number(process.hrtime.bigint() - started) / 1e6 };
process.stderr.write(`${JSON.stringify(measured)}\n`);
process.exit(0);
