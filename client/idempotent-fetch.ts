import { delayOf } from './delay';
import { IdempotentFetchError, wrong } from './errors';
import type { FetchLike, GlobalFetch, ResponseLike } from './fetch-like';
import { withDefaults, type IdempotentFetchOptions } from './options';
import { retryCost } from './retry-cost';
import { uuidV7 } from './uuid-v7';
import { within } from './within';

type Retrying<F extends FetchLike> = (...call: Parameters<F>) => ReturnType<F>;

const keys = new WeakMap<object, string>();

/** The key that a response was got with, to go on with it later; none where the request carried no key. */
export const keyOf = (response: object): string | undefined => keys.get(response);

interface IdempotentFetch {
  (fetchLike?: undefined, options?: IdempotentFetchOptions): Retrying<GlobalFetch>;
  <F extends FetchLike>(fetchLike: F | undefined, options?: IdempotentFetchOptions): Retrying<F>;
}

/**
 * A `fetch` whose calls are safe to retry, and are retried: each call gets one
 * key, which all of its attempts carry with the same bytes. Methods without
 * effects (GET, HEAD, OPTIONS) go through untouched unless they carry a key.
 *
 * The promise resolves when the answer has arrived as a whole, so a connection
 * lost in the middle of it is retried as well. It resolves with the last answer
 * even where that is a failure, as `fetch` does. It rejects with
 * `IdempotentFetchError` where none came or the key is one that no server
 * takes, and with the caller's own reason where the caller's signal fired.
 *
 * @param fetchLike whose calls are retried. @default the global `fetch`, as it is at each call
 * @throws IdempotentFetchError `IDEMPOTENCY_CONFIGURATION` for an option that cannot be
 *
 * @example
 * const send = idempotentFetch();
 * const response = await send('https://api.example.com/payments', { method: 'POST', body: JSON.stringify(payment) });
 */
export const idempotentFetch: IdempotentFetch = (fetchLike?: FetchLike, options?: IdempotentFetchOptions): Retrying<FetchLike> => {
  const [
    send, headerName, , , retries, delayMs, tryTimeoutMs, totalTimeoutMs, retryHintHeader, onAttempt, host,
    // A list has an `at`, and there is no such option.
  ] = withDefaults((options as { at?: unknown })?.at ? { options } : { ...options, fetchLike });
  const { createKey, firstSentHeader } = options ?? {};

  const call = async (input: Partial<Request>, init: RequestInit = {}): Promise<ResponseLike> => {
    const body = init.body;
    // It says what kind of content the body is, where the headers do not, as `fetch` would.
    const content = new Response(body, { headers: init.headers ?? input.headers });
    const headers = content.headers;
    let key = headers.get(headerName);
    const start = host.Date.now();
    if (key === null) {
      if (/^(GET|HEAD|OPTIONS|)$/i.test(init.method ?? input.method ?? '')) return send(input, init);
      key = createKey ? await createKey() : uuidV7(host);
      // Only whoever keeps a key knows when it was first sent: said anew by each call, it would never be too late.
      if (firstSentHeader && !headers.has(firstSentHeader)) headers.set(firstSentHeader, new Date(start).toUTCString());
    }
    // 255 characters, and perhaps the quotes of RFC 8941 around them. A comma is how two headers are joined.
    if (!key?.match?.(/^[!-+\--~]{1,257}$/)) throw wrong(headerName, key, '1-255 visible ASCII, no comma');
    headers.set(headerName, key);

    const caller = init.signal ?? input.signal;
    const remaining = (): number => start + totalTimeoutMs - host.Date.now();
    // A stream can be read only once, a form would get another boundary each time, and the caller may change a buffer.
    const bytes = await within(host, remaining(), caller, async () => (body === undefined || body === null ? input : content).arrayBuffer?.());
    for (let attempt = 1, left = retries; ; attempt++) {
      let response: ResponseLike | undefined;
      let error: unknown;
      let cost = 1;
      await within(host, Math.min(tryTimeoutMs, remaining()), caller, async (signal) => {
        // Even an empty body would be refused for a GET, and without one a `Request` that has been read would be.
        // Of one without a body node-fetch says that it has been read, and Firefox says of none what its body is.
        const answer = await send(input, { ...init, headers, body: ((input.bodyUsed && input.body !== null) || body) && bytes, signal });
        cost = retryCost(answer, await answer.clone().text(), answer.headers.get(retryHintHeader));
        keys.set(response = answer, key);
      }).catch((cause) => {
        caller?.throwIfAborted();
        error = cause;
      });
      left -= cost;
      const wait = delayOf(attempt, response?.headers.get('Retry-After'), host, delayMs);
      const again = left >= 0 && wait < remaining();
      try {
        onAttempt({ key, attempt, response, error, retryInMs: again ? wait : undefined });
      } catch {
        // An observer changes nothing.
      }
      if (!again) {
        if (response) return response;
        throw new IdempotentFetchError('IDEMPOTENCY_NO_ANSWER', `No answer in ${attempt} attempts: retry with error.key`, key, attempt, error);
      }
      await within(host, wait, caller);
    }
  };
  return call as Retrying<FetchLike>;
};
