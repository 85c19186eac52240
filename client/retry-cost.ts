import type { ResponseLike } from './fetch-like';
import { isReplay } from './replay';

/**
 * How many of the retries another attempt after this response costs: none where
 * an earlier attempt is still being executed, whose answer can be had later;
 * more than there are where there must be no other attempt.
 *
 * A replay is what every retry would get. The server's hint `false` stops any
 * retry, and its `true` makes one of a 409, which otherwise is retried only by
 * the code that says it is about the key, in whatever envelope: one of the
 * application's own stays. Other statuses below 500 tell of the request itself
 * (RFC 9110, section 15.5), but for 425 (RFC 8470) and 429 (RFC 6585).
 *
 * @param body the response's, read from a copy
 * @param hintHeader by which the server says whether to retry
 */
export function retryCost(response: ResponseLike, body: string, hintHeader: string): number {
  const { status } = response;
  const hint = response.headers.get(hintHeader);
  if (hint === 'false' || isReplay(response)) return Infinity;
  if (status === 409 && (hint === 'true' || body.includes('"IDEMPOTENCY_CONFLICT"'))) return 0;
  return status === 425 || status === 429 || status >= 500 ? 1 : Infinity;
}
