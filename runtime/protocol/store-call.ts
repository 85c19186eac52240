import type { CallOptions } from '../stores/store';
import type { Clock, Millis, MonotonicMillis } from '../time';

/** A store did not answer in time, or failed: what the call did is unknown. */
export class StoreUnavailableError extends Error {
  public readonly code = 'IDEMPOTENCY_STORE_UNAVAILABLE';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}

export type Answer<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly cause: unknown };

/**
 * Calls the store and stops waiting after `limit`, whatever the store does with
 * the signal. Never rejects: a failure is an unknown outcome, and what to do
 * about it is the protocol's business.
 */
export async function ask<T>(call: (options: CallOptions) => Promise<T>, limit: Millis, clock: Clock): Promise<Answer<T>> {
  const stop = new AbortController();
  const tooLate = new AbortController();
  const timeout = clock.sleep(limit, stop.signal).then((): Answer<T> => {
    if (stop.signal.aborted) return { known: false, cause: undefined };
    const cause = new StoreUnavailableError(`The store gave no answer within ${Math.round(limit)} ms.`);
    tooLate.abort(cause);
    return { known: false, cause };
  });
  const reply = attempt(call, tooLate.signal);
  const first = await Promise.race([reply, timeout]);
  stop.abort();
  return first;
}

async function attempt<T>(call: (options: CallOptions) => Promise<T>, signal: AbortSignal): Promise<Answer<T>> {
  try {
    return { known: true, value: await call({ signal }) };
  } catch (cause) {
    return { known: false, cause };
  }
}

/** What is left until `deadline`, never less than nothing. */
export const until = (deadline: MonotonicMillis, clock: Clock): Millis =>
  Math.max(0, deadline - clock.monotonic()) as Millis;
