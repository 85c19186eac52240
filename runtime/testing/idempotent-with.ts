import type { IdempotencyOptions } from '../configuration/options';
import type { Host } from '../execution/call';
import type { AnyHandler } from '../execution/call-handler';
import { systemHost, wrap, type LambdaHandler } from '../idempotent';

/**
 * `idempotent` with a clock, tokens or randomness of the test's own, and
 * without the environment: give it a `store`.
 *
 * @throws IdempotencyConfigurationError as `idempotent` does
 */
export function idempotentWith<Event, Context, Result>(
  host: Partial<Host>,
  handler: LambdaHandler<Event, Context, Result>,
  options: IdempotencyOptions,
  environment: Readonly<Record<string, string | undefined>> = {},
): (event: Event, context: Context) => Promise<Result> {
  return wrap(handler as AnyHandler, options, { ...systemHost, ...host }, environment) as (event: Event, context: Context) => Promise<Result>;
}
