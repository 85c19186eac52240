import { isReadable, type IdempotencyRecord, type StoredRecord } from './record';
import { isClaimable, isExpired, isResponseExpired } from './transitions';
import type { Claim, ClaimReply, WriteReply } from '../stores/store';

/** Whether two fingerprints stand for the same request. */
export type SameRequest = (recorded: Uint8Array, mine: Uint8Array) => boolean;

/** What may be concluded from the reply to CLAIM. */
export type ClaimVerdict =
  /**
   * The handler may run. `takeover`: from an execution whose lease had run out.
   * `mayFollowUnfinished`: that, or whoever came between has given the key back
   * without the handler having run, so that nobody knows how an execution ended.
   */
  | { readonly kind: 'owner'; readonly attempt: number; readonly takeover: boolean; readonly mayFollowUnfinished: boolean }
  | { readonly kind: 'replay'; readonly record: IdempotencyRecord }
  /** Executed, and the response is kept no longer. */
  | { readonly kind: 'response-expired'; readonly record: IdempotencyRecord }
  /** Another execution is under way. */
  | { readonly kind: 'conflict'; readonly record: IdempotencyRecord }
  /** The key belongs to a different request. */
  | { readonly kind: 'mismatch'; readonly record: IdempotencyRecord }
  /** The reply does not say what stands in the way: read, then judge again. */
  | { readonly kind: 'unseen' }
  /** The item would have let this very claim pass: claim once more. */
  | { readonly kind: 'claim-again' }
  /** Nothing safe can be concluded: 503, the handler does not run. */
  | { readonly kind: 'unavailable'; readonly reason: 'newer-version' | 'malformed' | 'released-own-claim' };

export function judgeClaim(reply: ClaimReply, claim: Claim, sameRequest: SameRequest): ClaimVerdict {
  if (reply.applied) {
    const { previous } = reply;
    if (previous === undefined) return owner(1, false);
    // What cannot be read may have been an unfinished execution: say so rather than not.
    if (!isReadable(previous)) return owner(1, true);
    if (isExpired(previous, claim.now, claim.margin)) return owner(previous.attempt + 1, false);
    const releasedAgain = previous.status === 'R' && previous.attempt > 1;
    return owner(previous.attempt + 1, previous.status === 'P', previous.status === 'P' || releasedAgain);
  }
  if (reply.current === undefined) return { kind: 'unseen' };
  return judgeStanding(reply.current, claim, sameRequest);
}

const owner = (attempt: number, takeover: boolean, mayFollowUnfinished = takeover): ClaimVerdict => ({
  kind: 'owner', attempt, takeover, mayFollowUnfinished,
});

/** The item that a refused claim met, or that a consistent read found after it. */
export function judgeStanding(current: StoredRecord | undefined, claim: Claim, sameRequest: SameRequest): ClaimVerdict {
  if (current === undefined) return { kind: 'claim-again' };
  if (!isReadable(current)) return { kind: 'unavailable', reason: current.unreadable };
  if (current.token === claim.token && current.status === 'P') {
    // An earlier send of this very claim landed and its reply was lost. What it
    // replaced is not known, so a second attempt is taken for a takeover.
    return owner(current.attempt, current.attempt > 1);
  }
  if (isClaimable(current, claim)) return { kind: 'claim-again' };
  if (current.status === 'R') return { kind: 'unavailable', reason: 'released-own-claim' };
  if (current.id !== claim.id || !sameRequest(current.fingerprint, claim.fingerprint)) return { kind: 'mismatch', record: current };
  if (current.status === 'P') return { kind: 'conflict', record: current };
  return { kind: isResponseExpired(current, claim.now, claim.margin) ? 'response-expired' : 'replay', record: current };
}

/** What may be concluded from the reply to COMPLETE. */
export type CompletionVerdict =
  | { readonly kind: 'recorded' }
  /** Another execution took over and has finished: its response is the answer. */
  | { readonly kind: 'superseded'; readonly winner: IdempotencyRecord }
  /** Another execution took over and is still running. */
  | { readonly kind: 'superseded-running'; readonly winner: IdempotencyRecord }
  /** The handler has run and nothing on record says so. */
  | { readonly kind: 'unrecorded'; readonly reason: 'absent' | 'released' | 'another-request' | 'unreadable' }
  | { readonly kind: 'unseen' };

export function judgeCompletion(reply: WriteReply, claim: Claim, sameRequest: SameRequest): CompletionVerdict {
  if (reply.applied) return { kind: 'recorded' };
  if (reply.current === undefined) return { kind: 'unseen' };
  return judgeAfterCompletion(reply.current, claim, sameRequest);
}

/** The item that a refused completion met, or that a consistent read found after an unknown one. */
export function judgeAfterCompletion(
  current: StoredRecord | undefined,
  claim: Claim,
  sameRequest: SameRequest,
): CompletionVerdict {
  if (current === undefined) return { kind: 'unrecorded', reason: 'absent' };
  if (!isReadable(current)) return { kind: 'unrecorded', reason: 'unreadable' };
  if (current.token === claim.token) {
    if (current.status === 'C') return { kind: 'recorded' };
    // Still in progress under one's own token: the completion has not landed.
    return current.status === 'P' ? { kind: 'unseen' } : { kind: 'unrecorded', reason: 'released' };
  }
  if (current.id !== claim.id || !sameRequest(current.fingerprint, claim.fingerprint)) return { kind: 'unrecorded', reason: 'another-request' };
  if (current.status === 'C') return { kind: 'superseded', winner: current };
  if (current.status === 'P') return { kind: 'superseded-running', winner: current };
  return { kind: 'unrecorded', reason: 'released' };
}

