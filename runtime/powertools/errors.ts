/**
 * What went wrong in the store below Powertools. Powertools wraps it: look at the
 * `cause` of its `IdempotencyPersistenceLayerError`.
 */
export class PowertoolsPersistenceError extends Error {
  public constructor(
    /**
     * `SUPERSEDED`: the function has run, and so has another execution that took
     * over; the record is that one's, and a retry gets its result. `NOT_RECORDED`:
     * the function has run and nothing on record says so. `STORE_UNAVAILABLE`: the
     * function has not run. `NOT_HELD`: a completion without a claim of this
     * process. `RESULT_TOO_LARGE`: executed before, and the result was too large to
     * keep, or no JSON. `RECORD_UNREADABLE`: of a newer version, or tampered with. `KEY_REUSED`:
     * the function has not run, for what a former table keeps under this key is
     * another operation's.
     */
    public readonly code:
    | 'IDEMPOTENCY_SUPERSEDED'
    | 'IDEMPOTENCY_NOT_RECORDED'
    | 'IDEMPOTENCY_STORE_UNAVAILABLE'
    | 'IDEMPOTENCY_NOT_HELD'
    | 'IDEMPOTENCY_RESULT_TOO_LARGE'
    | 'IDEMPOTENCY_RECORD_UNREADABLE'
    | 'IDEMPOTENCY_KEY_REUSED'
    | 'IDEMPOTENCY_CONFIGURATION',
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'PowertoolsPersistenceError';
  }
}

export const configuration = (message: string): PowertoolsPersistenceError => new PowertoolsPersistenceError('IDEMPOTENCY_CONFIGURATION', message);
