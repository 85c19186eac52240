/** What becomes of an operation whose handler threw. */
export enum ThrownErrors {
  /** The gateway's own error response is recorded and replayed. */
  STORE = 'store',

  /** Nothing is recorded; the next retry runs the handler again. */
  RELEASE = 'release',
}
