import type { IdempotencyOptions } from './configuration/options';
import { loadUserHandler } from './execution/user-handler';
import { systemHost, wrap } from './idempotent';
import { ENV } from '../lib/contract';

/**
 * The entry of the layer. The construct makes it the function's handler and
 * keeps the name of the function's own, which is loaded and wrapped here, before
 * the first request and within the function's own init.
 */
const own = process.env[ENV.HANDLER];
// What the function's own code asks for its name by (Powertools Tracer, OpenTelemetry) is to find its own.
if (own !== undefined) process.env._HANDLER = own;
const user = await loadUserHandler(own, process.env.LAMBDA_TASK_ROOT ?? process.cwd());

const options = (user.idempotency ?? {}) as IdempotencyOptions;

export const handler = wrap(user.handler, options, systemHost, process.env);

await options.store?.check?.();
