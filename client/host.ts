/**
 * Time and randomness as the client is given them: by the names that they have
 * in `globalThis`, so that fake timers of test frameworks fit.
 */
export interface ClientHost {
  /** Milliseconds since the epoch. */
  readonly Date: { now(): number };
  /** From 0 up to 1. */
  readonly Math: { random(): number };
  setTimeout(then: () => void, ms: number): unknown;
  clearTimeout(timer: never): void;
}
