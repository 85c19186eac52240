import { Duration, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { CLIENT_SKEW_SECONDS, WireSettings } from '../contract';
import { refuse } from './errors';
import { FunctionHandle } from './function-handle';

const PROCESSING_TIMEOUT_SECONDS = 30;
const CLOCK_MARGIN_SECONDS = 2;
const TTL_SECONDS = Duration.hours(24).toSeconds();

/** How long a response is kept, in seconds. */
export const ttlOf = (settings: WireSettings): number => settings.ttlSeconds ?? TTL_SECONDS;

/** The settings with a lease that is never shorter than the time the function may run. */
export function withLease(settings: WireSettings, fn: FunctionHandle): WireSettings {
  const given = settings.processingTimeoutSeconds;
  const longest = fn.longestExecutionSeconds;
  if (longest === undefined || Token.isUnresolved(given)) return settings;
  return { ...settings, processingTimeoutSeconds: Math.max(given ?? PROCESSING_TIMEOUT_SECONDS, longest) };
}

/** Otherwise a retry could take over while the first execution is still running. */
export function requireLeaseOverTimeout(site: IConstruct, { processingTimeoutSeconds: lease }: WireSettings, fn: FunctionHandle): void {
  const longest = fn.longestExecutionSeconds;
  if (lease === undefined || Token.isUnresolved(lease) || longest === undefined || lease >= longest) return;
  refuse({
    site,
    prop: 'processingTimeout',
    problem: `is ${lease} seconds, shorter than the ${longest} seconds of ${fn.relayTo === undefined ? fn.construct.node.path : `${fn.relayTo.handler.node.path} behind its relay`}, so two executions could overlap`,
    remedy: `Give at least ${longest} seconds, leave it out, or shorten the function's timeout`,
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

/** Otherwise a key could be let in whose record is gone, or no retry would be, by clocks that differ as much as they may. */
export function requireTimeToRetry(site: IConstruct, settings: WireSettings): void {
  const { keyTime = 'none', maxKeyAgeSeconds = 0, rememberSeconds = 0, clockMarginSeconds = CLOCK_MARGIN_SECONDS } = settings;
  const ttl = ttlOf(settings);
  if (keyTime === 'none' || [ttl, rememberSeconds, clockMarginSeconds, maxKeyAgeSeconds].some((value) => Token.isUnresolved(value))) return;
  const known = ttl + rememberSeconds;
  if (maxKeyAgeSeconds > known) {
    refuse({
      site,
      prop: 'maxKeyAge',
      problem: `is ${maxKeyAgeSeconds} seconds, longer than the ${known} seconds of ttl and remember together for which keys are known`,
      remedy: 'Leave it out, or give a longer remember',
    });
  }
  const least = 2 * (CLIENT_SKEW_SECONDS + clockMarginSeconds);
  if ((maxKeyAgeSeconds || known) > least) return;
  const [what, longer] = maxKeyAgeSeconds === 0 ? ['ttl and remember', 'remember, so that they are'] : ['maxKeyAge', 'maxKeyAge,'];
  refuse({
    site,
    prop: 'keyTime',
    problem: `stands beside a ${what} of ${maxKeyAgeSeconds || known} seconds${maxKeyAgeSeconds === 0 ? ' together' : ''}, with which clocks that are 5 minutes apart would let no retry through`,
    remedy: `Give a longer ${longer} more than ${least} seconds, or leave keyTime out`,
  });
}
