import type { ClientHost } from './host';

/**
 * What `work` comes to within `ms` milliseconds, and before `outer` fires. Its
 * signal tells it to stop, and nothing waits for a `work` that does not obey.
 * After it has ended, its signal never fires: a response's body lives on.
 *
 * Rejects with a `TimeoutError`, with the reason of `outer`, or as `work` does;
 * without any `work` it resolves, once either has happened.
 */
export const within = <T>(
  host: ClientHost,
  ms: number,
  outer: AbortSignal | null | undefined,
  work?: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const inner = new AbortController();
  let timer: unknown;
  let stop: () => void;
  return new Promise<T>((resolve, reject) => {
    stop = () => {
      const reason = outer?.aborted ? outer.reason : new DOMException(`${ms} ms passed`, 'TimeoutError');
      inner.abort(reason);
      (work ? reject : resolve)(reason);
    };
    timer = host.setTimeout(stop, ms);
    outer?.addEventListener('abort', stop);
    if (outer?.aborted) stop();
    else work?.(inner.signal).then(resolve, reject);
  }).finally(() => {
    host.clearTimeout(timer as never);
    outer?.removeEventListener('abort', stop);
  });
};
