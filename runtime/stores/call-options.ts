import type { Millis } from '../time';

/** What every call of a store is given beside what it is about. */
export interface CallOptions {
  /** Fires when the caller no longer waits. What the call did by then is unknown. */
  readonly signal?: AbortSignal;
  /** How long the caller is still going to wait: for whoever can hold to it without the signal, which then is never made. */
  readonly timeLeft?: () => Millis;
}
