import { delayOf } from './delay';
import { IdempotentFetchError, wrong } from './errors';
import type { FetchLike, GlobalFetch, ResponseLike } from './fetch-like';
import { withDefaults, type IdempotentFetchOptions } from './options';
import { retryCost } from './retry-cost';
import { within } from './within';

type Retrying<F extends FetchLike> = (...call: Parameters<F>) => ReturnType<F>;

const keys = new WeakMap<object, string>();

/** The key that a response was got with, to go on with it later; none where the request carried no key. */
export const keyOf = (response: object): string | undefined => keys.get(response);

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
export function idempotentFetch(fetchLike?: undefined, options?: IdempotentFetchOptions): Retrying<GlobalFetch>;
export function idempotentFetch<F extends FetchLike>(fetchLike: F | undefined, options?: IdempotentFetchOptions): Retrying<F>;
export function idempotentFetch(fetchLike?: FetchLike, options?: IdempotentFetchOptions): Retrying<FetchLike> {
  const settings = withDefaults({ ...options, fetchLike });
  // A browser refuses to run its own as a method of the settings.
  const { fetchLike: send, host, headerName } = settings;

  const call = async (input: Partial<Request>, init: RequestInit = {}): Promise<ResponseLike> => {
    const headers = new Headers(init.headers ?? input.headers);
    const given = headers.get(headerName);
    if (given === null && /^(GET|HEAD|OPTIONS)$/i.test(init.method ?? input.method ?? 'GET')) return send(input, init);
    const key = given ?? await settings.createKey();
    // 255 characters, and perhaps the quotes of RFC 8941 around them. A comma is how two headers are joined.
    if (!key?.match?.(/^[!-+\--~]{1,257}$/)) throw wrong(headerName, key, '1-255 visible ASCII, no comma');
    headers.set(headerName, key);

    const caller = init.signal ?? input.signal;
    const end = host.Date.now() + settings.totalTimeoutMs;
    const remaining = (): number => end - host.Date.now();
    const { body } = init;
    // It says what kind of content the body is, where the headers do not, as `fetch` would.
    const content = new Response(body, { headers });
    const bytes = await within(host, remaining(), caller, async () => {
      // A stream can be read only once, a form would get another boundary each time, and the caller may change a buffer.
      const all = await (body === undefined || body === null ? input : content).arrayBuffer?.();
      // Even an empty body would be refused for a GET.
      return all?.byteLength ? all : body && all;
    });
    for (let attempt = 1, left = settings.retries; ; attempt++) {
      let response: ResponseLike | undefined;
      let error: unknown;
      let cost = 1;
      try {
        response = await within(host, Math.min(settings.tryTimeoutMs, remaining()), caller, async (signal) => {
          const answer = await send(input, { ...init, headers: content.headers, body: bytes, signal });
          cost = retryCost(answer, await answer.clone().text(), settings.retryHintHeader);
          return answer;
        });
        keys.set(response, key);
      } catch (cause) {
        caller?.throwIfAborted();
        error = cause;
      }
      left -= cost;
      const wait = delayOf(attempt, response?.headers, settings);
      const again = left >= 0 && wait < remaining();
      try {
        settings.onAttempt({ key, attempt, response, error, retryInMs: again ? wait : undefined });
      } catch {
        // An observer changes nothing.
      }
      if (!again) {
        if (response) return response;
        throw new IdempotentFetchError('IDEMPOTENCY_NO_ANSWER', `No answer in ${attempt} attempts: retry with error.key`, key, attempt, error);
      }
      await within(host, wait, caller).catch(() => {});
    }
  };
  return call as Retrying<FetchLike>;
}
