import type { ClientHost } from './host';

/**
 * What `work` comes to within `ms` milliseconds, and before `outer` fires. Its
 * signal tells it to stop, and nothing waits for a `work` that does not obey.
 * After it has ended, its signal never fires: a response's body lives on.
 *
 * Rejects with a `TimeoutError`, with the reason of `outer`, or as `work` does;
 * without any `work`, once the time has passed.
 */
export async function within<T>(
  host: ClientHost,
  ms: number,
  outer: AbortSignal | null | undefined,
  work?: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const inner = new AbortController();
  const { signal } = inner;
  const stop = (): void => inner.abort(outer!.reason);
  const timer = host.setTimeout(() => inner.abort(new DOMException(`${ms} ms passed`, 'TimeoutError')), ms);
  outer?.addEventListener('abort', stop);
  try {
    return await new Promise<T>((resolve, reject) => {
      signal.onabort = () => reject(signal.reason);
      work?.(signal).then(resolve, reject);
    });
  } finally {
    host.clearTimeout(timer as never);
    outer?.removeEventListener('abort', stop);
  }
}
