/** What became of an execution elsewhere that came to no result. */
export type InvokeFate =
  /** It has not begun: the key is released, and the caller gets 503. */
  | 'not-executed'
  /** It died, or may be running still: nothing is recorded, and the lease decides. */
  | 'unknown'
  /** It came to its end, with a result that nobody can be told: recorded as a throw, whatever is released. */
  | 'ended';

/** An Invoke came to no result that could be handed on. */
export class InvokeFailure extends Error {
  public readonly code = 'IDEMPOTENCY_INVOKE_FAILED';

  public constructor(
    public readonly fate: InvokeFate,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'InvokeFailure';
  }
}
