import { IdempotencyConfigurationError } from '../errors';
import type { IdempotencyOptions } from './options';
import { resolveSettings, retentionOf, type ResolvedSettings } from './settings';
import { ENV, type WireConfiguration } from '../../lib/contract';
import { CLIENT_SKEW, leavesTimeToRetry } from '../protocol/key-time';
import { seconds } from '../time';

/**
 * Checks what shows only once code, environment and defaults are put together:
 * for the function as a whole, and for each route that has settings of its own.
 *
 * @throws IdempotencyConfigurationError naming the option, its value, the route and the remedy
 */
export function requireConsistent(code: IdempotencyOptions, environment: WireConfiguration, hasKeySecret: boolean): void {
  for (const name of [undefined, ...Object.keys(environment.routes ?? {})]) {
    const [method, route] = name === undefined ? ['', ''] : name.split(' ') as [string, string];
    const settings = resolveSettings({ code, environment, method: method === 'ANY' ? '' : method, route });
    if (settings.disabled) continue;
    const where = name === undefined ? '' : ` (route ${name})`;
    requireTimeToRetry(settings, where);
    if (settings.responseEncryption === 'client-key' && !hasKeySecret) {
      throw new IdempotencyConfigurationError(
        'responseEncryption',
        `responseEncryption is "client-key"${where} and there is no keySecret: give keySecret, or let the construct set ${ENV.KEY_SECRET}. `
        + 'Without it, whoever reads the table could try keys against what is encrypted.',
      );
    }
  }
}

function requireTimeToRetry(settings: ResolvedSettings, where: string): void {
  const { keyTime, maxKeyAgeSeconds, ttlSeconds, rememberSeconds, clockMarginSeconds } = settings;
  if (keyTime === 'none') return;
  const known = ttlSeconds + rememberSeconds;
  if (maxKeyAgeSeconds > known) {
    throw new IdempotencyConfigurationError(
      'maxKeyAgeSeconds',
      `maxKeyAgeSeconds is ${maxKeyAgeSeconds}${where}, longer than keys are known (ttlSeconds + rememberSeconds, ${known}): leave it out, or give a longer rememberSeconds.`,
    );
  }
  if (leavesTimeToRetry({ ...retentionOf(settings), margin: seconds(clockMarginSeconds), maxAge: seconds(maxKeyAgeSeconds) })) return;
  const least = 2 * (CLIENT_SKEW / 1000 + clockMarginSeconds);
  const [what, got] = maxKeyAgeSeconds > 0 ? ['maxKeyAgeSeconds', maxKeyAgeSeconds] : ['ttlSeconds + rememberSeconds', known];
  throw new IdempotencyConfigurationError(
    'keyTime',
    `keyTime needs ${what} of more than ${least}${where}, got ${got}: with clocks 5 minutes apart no retry would be let through. `
    + `Give a longer ${maxKeyAgeSeconds > 0 ? 'maxKeyAgeSeconds' : 'rememberSeconds'}, or leave keyTime out.`,
  );
}
