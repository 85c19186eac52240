/** A call that has no answer. */
export class IdempotentFetchError extends Error {
  public override readonly name = 'IdempotentFetchError';
  /**
   * - `IDEMPOTENCY_NO_ANSWER`: the last attempt failed below HTTP, or a time limit passed, of which `cause` tells
   *   (`TimeoutError`). Whether an attempt was executed is unknown: only another one with the same key may follow.
   * - `IDEMPOTENCY_CONFIGURATION`: an option, a key or a part of one cannot be, and nothing was sent.
   */
  public declare readonly code: 'IDEMPOTENCY_NO_ANSWER' | 'IDEMPOTENCY_CONFIGURATION';
  /** The call's key, to go on with it later by sending it in the key header; empty where nothing was sent. */
  public declare readonly key: string;
  /** How many times the request was sent. */
  public declare readonly attempts: number;

  public constructor(code: IdempotentFetchError['code'], message: string, key: string, attempts: number, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.key = key;
    this.attempts = attempts;
  }
}

/** One line that names what is wrong, its value and the remedy. */
export const wrong = (what: string, value: unknown, remedy: unknown): IdempotentFetchError =>
  new IdempotentFetchError('IDEMPOTENCY_CONFIGURATION', `${what} cannot be "${value}": use ${remedy}`, '', 0);
