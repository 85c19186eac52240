/**
 * Time and randomness as the client is given them: by the names that they have
 * in `globalThis`, so that fake timers of test frameworks fit.
 */
export interface ClientHost {
  /** Milliseconds since the epoch. */
  readonly Date: { now(): number };
  /** From 0 up to 1, for the waits. */
  readonly Math: { random(): number };
  /** A UUID of version 4, for the keys. */
  readonly crypto: { randomUUID(): string };
  setTimeout(then: () => void, ms: number): unknown;
  clearTimeout(timer: never): void;
}
