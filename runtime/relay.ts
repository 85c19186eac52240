import { LambdaInvoker } from './aws/lambda-invoke';
import { IdempotencyConfigurationError } from './errors';
import { relayed } from './execution/relayed';
import { systemHost, wrap } from './idempotent';
import { ENV, RELAY_MARGIN_SECONDS, TARGET_INIT_SECONDS } from '../lib/contract';

/** The entry of the relay: the wrapper around an invocation of the function that it stands before. */
const {
  [ENV.TARGET]: arn, [ENV.TARGET_TIMEOUT]: timeout, [ENV.TARGET_DURABLE]: durable, [ENV.TARGET_PYTHON]: python, AWS_REGION: region,
} = process.env;

function needed(name: string, value: string | undefined): string {
  if (value) return value;
  throw new IdempotencyConfigurationError(name, `The relay needs ${name}: the construct sets it, so redeploy the stack.`);
}

const targetTimeout = Number(needed(ENV.TARGET_TIMEOUT, timeout));
if (!Number.isFinite(targetTimeout) || targetTimeout <= 0) {
  throw new IdempotencyConfigurationError(ENV.TARGET_TIMEOUT, `${ENV.TARGET_TIMEOUT} must be a number of seconds, got ${JSON.stringify(timeout)}.`);
}

const lambda = new LambdaInvoker(needed('AWS_REGION', region));
const longestSeconds = targetTimeout + TARGET_INIT_SECONDS;
const target = { arn: needed(ENV.TARGET, arn), durable: durable === 'true', python: python === 'true', longest: longestSeconds * 1000 };

export const handler = wrap(
  relayed(target, (request) => lambda.invoke(request)),
  {},
  { ...systemHost, leastLeaseSeconds: longestSeconds + RELAY_MARGIN_SECONDS },
  process.env,
);
