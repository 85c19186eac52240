/** What every call of a store is given beside what it is about. */
export interface CallOptions {
  /** Fires when the caller no longer waits. What the call did by then is unknown. */
  readonly signal?: AbortSignal;
}
