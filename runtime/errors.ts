/**
 * Errors of this side of the API: for the developer at init, and for the
 * wrapper itself. What a client is answered is in `outcomes.ts`.
 */

/** A setting that cannot be: thrown at init, so that no request is ever handled by half of a configuration. */
export class IdempotencyConfigurationError extends Error {
  public readonly code = 'IDEMPOTENCY_CONFIGURATION';

  /** @param option the option that is wrong, as it is written (`tenant.name`) */
  public constructor(
    public readonly option: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'IdempotencyConfigurationError';
  }
}

/**
 * Whether a store failed for what is configured: no later call will fare better,
 * and nobody is to run unprotected for it. By its code, since a store may be of
 * another copy of this package.
 */
export const isConfigurationFault = (cause: unknown): boolean =>
  cause instanceof Error && (cause as { code?: unknown }).code === 'IDEMPOTENCY_CONFIGURATION';

/** A stored response that does not decode to what was stored: it was tampered with, or is not ours. Answered with 503. */
export class RecordUnreadable extends Error {
  public readonly code = 'IDEMPOTENCY_RECORD_UNREADABLE';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'RecordUnreadable';
  }
}

/** A recorded response that is encrypted for another key, tenant or secret, or has been changed. Answered with 503, and told apart in the log. */
export class ResponseSealed extends Error {
  public readonly code = 'IDEMPOTENCY_RESPONSE_SEALED';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ResponseSealed';
  }
}
