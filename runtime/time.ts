import type { CancelSignal } from './protocol/cancellation';

/**
 * Units of time. DynamoDB's TTL is in seconds, a lease needs milliseconds, and
 * a mistake between them keeps a record for 1,000 times too long or drops it
 * at once: so each unit is a type of its own and one function converts.
 */

declare const unit: unique symbol;

/** Milliseconds since the epoch, on the wall clock of this host. */
export type EpochMillis = number & { readonly [unit]: 'epoch-ms' };
/** Seconds since the epoch, as DynamoDB's TTL has them. */
export type EpochSeconds = number & { readonly [unit]: 'epoch-s' };
/** A length of time in milliseconds. */
export type Millis = number & { readonly [unit]: 'ms' };
/** Milliseconds on a clock that never jumps; only differences mean anything. */
export type MonotonicMillis = number & { readonly [unit]: 'monotonic-ms' };

export const millis = (value: number): Millis => value as Millis;
export const seconds = (value: number): Millis => (value * 1000) as Millis;
export const epochMillis = (value: number): EpochMillis => value as EpochMillis;
export const epochSeconds = (value: number): EpochSeconds => value as EpochSeconds;

/**
 * It rounds down on both sides of every comparison, so
 * `toEpochSeconds(a) < toEpochSeconds(b)` implies `a < b`: nothing expires early.
 */
export const toEpochSeconds = (time: EpochMillis): EpochSeconds => Math.floor(time / 1000) as EpochSeconds;

/** For the end of a record as it is written: whoever deletes by it, at whatever fraction of a second, deletes nothing early either. */
export const toEpochSecondsUp = (time: EpochMillis): EpochSeconds => Math.ceil(time / 1000) as EpochSeconds;

export const plus = (time: EpochMillis, length: Millis): EpochMillis => (time + length) as EpochMillis;
export const minus = (time: EpochMillis, length: Millis): EpochMillis => (time - length) as EpochMillis;

/** Time as the runtime is given it; tests hand in one they control. */
export interface Clock {
  /** The wall clock, which may jump: for what other hosts will read. */
  now(): EpochMillis;
  /** A clock that does not jump: for one's own deadlines. */
  monotonic(): MonotonicMillis;
  /**
   * Resolves after `length`, or at once when `signal` (an `AbortSignal`, or what acts like one) fires. Never rejects.
   *
   * @param background nothing waits for it: it does not keep the process alive
   */
  sleep(length: Millis, signal?: CancelSignal, background?: boolean): Promise<void>;
}

/** What exceeds it, Node's timers take for a millisecond. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Node keeps a list of timers for each length, so that many lengths cost more than many timers. */
const STEP = 64;

/** Never less than `length`; what is longer than a second, a little later. */
const timerLength = (length: Millis): number => {
  const exact = Math.max(0, length);
  return Math.min(exact < 1_000 ? exact : Math.ceil(exact / STEP) * STEP, LONGEST_TIMER);
};

export const systemClock: Clock = {
  now: () => Date.now() as EpochMillis,
  monotonic: () => {
    // `performance` would load a module that nothing else needs: a millisecond of a cold start.
    const time = process.hrtime();
    return (time[0] * 1e3 + time[1] / 1e6) as MonotonicMillis;
  },
  sleep: (length, signal, background = false) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timerLength(length));
      if (background) timer.unref();
      signal?.addEventListener('abort', done, { once: true });
    }),
};
