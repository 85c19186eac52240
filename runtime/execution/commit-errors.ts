import type { EffectRefusal } from '../stores/store';

const REFUSED = Symbol.for('cdk-idempotent-api.effects-refused');

/**
 * DynamoDB refused the effects of a commit: a condition did not hold, or one of
 * them is not valid or not allowed. Nothing was written and the claim stands:
 * commit something else, or answer without effects.
 *
 * The layer and a bundle of one's own each have a copy of this class, and
 * `instanceof` holds across them.
 */
export class EffectsRefusedError extends Error {
  public static override [Symbol.hasInstance](candidate: unknown): boolean {
    return typeof candidate === 'object' && candidate !== null && (candidate as { [REFUSED]?: unknown })[REFUSED] === true;
  }

  public readonly code = 'IDEMPOTENCY_EFFECTS_REFUSED';

  /**
   * @param reasons one for each effect, in the order given to `commit`: DynamoDB's
   *   code and, with `ReturnValuesOnConditionCheckFailure: 'ALL_OLD'`, the item
   *   that failed the condition; `undefined` where nothing is said against it.
   *   Empty where the request as a whole was refused, see `cause`.
   */
  public constructor(
    public readonly reasons: readonly (EffectRefusal | undefined)[],
    options?: { readonly cause?: unknown },
  ) {
    const codes = reasons.flatMap((reason, index) => (reason === undefined ? [] : [`effect ${index}: ${reason.code}`]));
    super(`The effects were refused, and nothing was written${codes.length === 0 ? '' : ` (${codes.join(', ')})`}.`, options);
    this.name = 'EffectsRefusedError';
    Object.defineProperty(this, REFUSED, { value: true });
  }
}

export type CommitErrorCode =
  /** The store has no transactions: only `DynamoDbStore` has. Nothing was sent. */
  | 'IDEMPOTENCY_COMMIT_UNSUPPORTED'
  /** The response or the effects cannot be. Nothing was sent. */
  | 'IDEMPOTENCY_COMMIT_INVALID'
  /** A commit is under way, has settled the execution, or comes after the handler has returned. Nothing was sent. */
  | 'IDEMPOTENCY_COMMIT_OUT_OF_TURN'
  /** Another execution has taken over, or the record is gone. Nothing was written. */
  | 'IDEMPOTENCY_COMMIT_SUPERSEDED'
  /** Others wrote to the same items for as long as there was time. Nothing was written; thrown on, the key is released. */
  | 'IDEMPOTENCY_COMMIT_CONTENDED'
  /** DynamoDB gave no answer: it may have happened. The caller is told to send the request again. */
  | 'IDEMPOTENCY_COMMIT_UNKNOWN';

/** Why a commit did not happen, or is not known to have happened. Let it go on its way: what the caller gets is settled. */
export class CommitError extends Error {
  public constructor(
    public readonly code: CommitErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'CommitError';
  }
}
