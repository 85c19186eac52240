import type { HeadersLike } from './fetch-like';
import type { Settings } from './options';

/**
 * Milliseconds until the next attempt: never before what the server asked for,
 * and after it exponential backoff with full jitter, so that clients which
 * failed together do not come back together.
 *
 * The server asks by `Retry-After` (RFC 9110, section 10.2.3) for seconds or for
 * a date. One that is past or cannot be read asks for nothing.
 *
 * @param attempt how many there were, from 1
 * @param headers of the response, if there was one
 */
export function delayOf(
  attempt: number,
  headers: HeadersLike | undefined,
  { host, delayMs }: Pick<Settings, 'host' | 'delayMs'>,
): number {
  const value = headers?.get('Retry-After');
  const asked = Number(value) * 1000 || Date.parse(value!) - host.Date.now();
  return (asked > 0 ? asked : 0) + host.Math.random() * Math.min(10_000, delayMs * 2 ** (attempt - 1));
}
