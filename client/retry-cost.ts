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
 * @param hint the server's, whether to retry
 */
export const retryCost = (response: ResponseLike, body: string, hint: string | null): number =>
  hint === 'false' || isReplay(response) ? Infinity
    : response.status === 409 && (hint === 'true' || /"IDEMPOTENCY_CONFLICT"/.test(body)) ? 0
      : /42[59]|[5-9]../.test(response.status as never) ? 1 : Infinity;
