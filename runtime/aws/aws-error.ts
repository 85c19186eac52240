/** A service refused a request, or gave no answer that could be read. */
export class AwsRequestError extends Error {
  /** The service's own (`AccessDenied`) where it gave one, else what went wrong on the way. */
  public readonly code: string;
  /** HTTP status of the last answer; absent where there was none. */
  public readonly status?: number;
  /**
   * Whether the request may have been carried out, or still may be: by this send
   * or one before it. `false` where no connection came about, or each send was
   * refused.
   */
  public readonly mayHaveTakenEffect: boolean;

  public constructor(
    message: string,
    options: { readonly code?: string; readonly status?: number; readonly mayHaveTakenEffect?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AwsRequestError';
    this.code = options.code ?? 'IDEMPOTENCY_AWS_REQUEST';
    this.status = options.status;
    this.mayHaveTakenEffect = options.mayHaveTakenEffect ?? true;
  }
}

export const ANSWER_TOO_LARGE = 'IDEMPOTENCY_ANSWER_TOO_LARGE';
export const ANSWER_UNREADABLE = 'IDEMPOTENCY_ANSWER_UNREADABLE';
export const NO_ANSWER = 'IDEMPOTENCY_NO_ANSWER';
