/** Whether a retry on a route is safe. */
export enum Protection {
  /** A request with a key runs its handler once. */
  PROTECTED = 'protected',

  /** Somebody said that the route is none of this package's business, or no method of it honours a key. */
  EXEMPT = 'exempt',

  /** A retry runs the handler again. */
  UNPROTECTED = 'unprotected',
}

/** One route of an API, and whether a retry on it is safe. */
export interface RouteProtection {
  /** The method, `POST` for one, or `ANY`. */
  readonly method: string;

  /** The path, `/payments/{id}` for one, or `$default`. */
  readonly path: string;

  /**
   * Construct path of the function, alias or version that the gateway calls.
   *
   * @default - it calls none of this app
   */
  readonly handler?: string;

  /** Whether a retry is safe. */
  readonly protection: Protection;

  /** Why. */
  readonly reason: string;
}
