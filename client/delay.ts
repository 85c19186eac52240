import type { ClientHost } from './host';

/**
 * Milliseconds until the next attempt: never before what the server asked for,
 * and after it exponential backoff with full jitter, so that clients which
 * failed together do not come back together.
 *
 * The server asks by `Retry-After` (RFC 9110, section 10.2.3) for seconds or for
 * a date. One that is past or cannot be read asks for nothing.
 *
 * @param attempt how many there were, from 1
 * @param retryAfter the header of the response, if there was one
 * @param delayMs most of the first backoff
 */
export const delayOf = (attempt: number, retryAfter: string | null | undefined, host: ClientHost, delayMs: number): number =>
  Math.max(0, +retryAfter! * 1000 || Date.parse(retryAfter!) - host.Date.now() || 0)
  + host.Math.random() * Math.min(10_000, delayMs * 2 ** attempt / 2);
