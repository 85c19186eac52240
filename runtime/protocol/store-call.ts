import { Cancellation, SignalOnDemand } from './cancellation';
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
export function ask<T>(call: (options: CallOptions) => Promise<T>, limit: Millis, clock: Clock): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const waiting = new Cancellation();
    const options = new Waiting(clock, limit);
    void clock.sleep(limit, waiting).then(() => {
      if (waiting.aborted) return;
      const cause = new StoreUnavailableError(`The store gave no answer within ${Math.round(limit)} ms.`);
      options.over.abort(cause);
      resolve({ known: false, cause });
    });
    const settle = (answer: Answer<T>): void => {
      waiting.cancel();
      resolve(answer);
    };
    const failed = (cause: unknown): void => settle({ known: false, cause });
    try {
      Promise.resolve(call(options)).then((value) => settle({ known: true, value }), failed);
    } catch (cause) {
      failed(cause);
    }
  });
}

class Waiting implements CallOptions {
  public readonly over = new SignalOnDemand();
  public readonly timeLeft: () => Millis;

  public constructor(clock: Clock, limit: Millis) {
    const deadline = (clock.monotonic() + limit) as MonotonicMillis;
    this.timeLeft = () => until(deadline, clock);
  }

  public get signal(): AbortSignal {
    return this.over.signal;
  }
}

/** What is left until `deadline`, never less than nothing. */
export const until = (deadline: MonotonicMillis, clock: Clock): Millis =>
  Math.max(0, deadline - clock.monotonic()) as Millis;
