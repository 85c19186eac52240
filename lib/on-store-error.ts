/** What happens while the store of records is out of reach. */
export enum OnStoreError {
  /** 503 with `Retry-After`; the handler has not run. */
  REJECT = 'reject',

  /** The handler runs unprotected, and a metric and a response header say so. */
  EXECUTE = 'execute',
}
