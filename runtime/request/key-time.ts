import type { HttpRequest } from './fronts/front';
import type { KeyFault } from './key';
import type { WireKeyTime } from '../../lib/contract';
import { epochMillis, type EpochMillis } from '../time';

export type KeyTimeResult =
  | { readonly kind: 'none' }
  /** `text`: as it was sent, where it is no part of the key. */
  | { readonly kind: 'sent'; readonly at: EpochMillis; readonly text?: string }
  | { readonly kind: 'invalid'; readonly reason: KeyFault };

/** RFC 9562, section 5.7: 48 bits of milliseconds, the version and the variant. */
const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** When an operation was first sent, by its client's clock: out of the key, or out of a header. */
export function keyTimeOf(key: string, request: Pick<HttpRequest, 'headers'>, source: WireKeyTime): KeyTimeResult {
  if (source === 'none') return { kind: 'none' };
  if (source === 'uuidv7') {
    const [, high, low] = UUID_V7.exec(key) ?? [];
    return low === undefined ? { kind: 'invalid', reason: 'no-time' } : { kind: 'sent', at: epochMillis(parseInt(`${high}${low}`, 16)) };
  }
  const [text, ...others] = request.headers.get(source.header.toLowerCase()) ?? [];
  if (text === undefined) return { kind: 'invalid', reason: 'time-missing' };
  const at = others.length === 0 ? httpDate(text.trim()) : undefined;
  return at === undefined ? { kind: 'invalid', reason: 'time-invalid' } : { kind: 'sent', at, text: text.trim() };
}

/** RFC 9110, section 5.6.7, in the one form that may be sent: `Sun, 06 Nov 1994 08:49:37 GMT`. */
function httpDate(text: string): EpochMillis | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) || new Date(time).toUTCString() !== text ? undefined : epochMillis(time);
}
