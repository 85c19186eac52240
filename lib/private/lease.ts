import { Duration, Token } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { WireSettings } from '../contract';
import { refuse } from './errors';

/** Lambda's own, which the CDK leaves out of the template. */
const FUNCTION_TIMEOUT_SECONDS = 3;
const PROCESSING_TIMEOUT_SECONDS = 30;
const TTL_SECONDS = Duration.hours(24).toSeconds();

/** How long a record is kept, in seconds. */
export const ttlOf = (settings: WireSettings): number => settings.ttlSeconds ?? TTL_SECONDS;

/** The settings with a lease that is never shorter than the time the function may run. */
export function withLease(settings: WireSettings, fn: LambdaFunction): WireSettings {
  const given = settings.processingTimeoutSeconds;
  const timeout = timeoutOf(fn);
  if (timeout === undefined || Token.isUnresolved(given)) return settings;
  return { ...settings, processingTimeoutSeconds: Math.max(given ?? PROCESSING_TIMEOUT_SECONDS, timeout) };
}

/** Otherwise a retry could take over while the first execution is still running. */
export function requireLeaseOverTimeout(site: IConstruct, { processingTimeoutSeconds: lease }: WireSettings, fn: LambdaFunction): void {
  const timeout = timeoutOf(fn);
  if (lease === undefined || Token.isUnresolved(lease) || timeout === undefined || lease >= timeout) return;
  refuse({
    site,
    prop: 'processingTimeout',
    problem: `is ${lease} seconds, shorter than the ${timeout} seconds of ${fn.node.path}, so two executions could overlap`,
    remedy: `Give at least ${timeout} seconds, leave it out, or shorten the function's timeout`,
  });
}

/** Otherwise a record could be gone while its execution is still running. */
export function requireTtlOverLease(site: IConstruct, settings: WireSettings): void {
  const ttl = ttlOf(settings);
  const lease = settings.processingTimeoutSeconds ?? PROCESSING_TIMEOUT_SECONDS;
  if (Token.isUnresolved(ttl) || Token.isUnresolved(lease) || ttl > lease) return;
  refuse({
    site,
    prop: 'ttl',
    problem: `is ${ttl} seconds, not longer than the processing timeout of ${lease} seconds`,
    remedy: 'Give a longer ttl: a record must outlive the execution it stands for',
  });
}

/** In seconds; undefined where it is a token. */
function timeoutOf(fn: LambdaFunction): number | undefined {
  if (fn.timeout === undefined) return FUNCTION_TIMEOUT_SECONDS;
  return fn.timeout.isUnresolved() ? undefined : fn.timeout.toSeconds();
}
