import { lengthOf, type Retention } from './retention';
import { ask, until } from './store-call';
import { judgeClaim, judgeStanding, type ClaimVerdict, type SameRequest } from './verdict';
import type { Claim, IdempotencyStore } from '../stores/store';
import { plus, toEpochSecondsUp, type Clock, type Millis, type MonotonicMillis } from '../time';

/** The lengths of time that a claim is made with. */
export interface LeaseTerms extends Retention {
  readonly lease: Millis;
  readonly margin: Millis;
  readonly takeover: boolean;
}

/** Everything a claim needs from outside, so that the protocol itself does no I/O. */
export interface Ports {
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  /** A fresh random token at every call. */
  readonly token: () => string;
  readonly sameRequest: SameRequest;
}

/** The right to run the handler: what COMPLETE and RELEASE are made with. */
export interface Ownership {
  readonly claim: Claim;
  readonly attempt: number;
  readonly takeover: boolean;
  /** Whether an unfinished execution may have come before: what the handler is told. */
  readonly mayFollowUnfinished: boolean;
  /** When the lease ends on the owner's own clock, which does not jump. */
  readonly leaseDeadline: MonotonicMillis;
}

export type Acquired =
  | { readonly kind: 'owner'; readonly ownership: Ownership }
  | Extract<ClaimVerdict, { kind: 'replay' | 'response-expired' | 'conflict' | 'mismatch' }>
  | Unavailable;

/** No claim was won and nothing is known that could be answered: 503. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
  readonly cause?: unknown;
  /** No claim got any answer, so that nothing was seen to stand in the way. */
  readonly unanswered?: true;
}

/** Other claims and writes came first each time: a later one may be answered. */
export const CONTENDED: Unavailable = { kind: 'unavailable', reason: 'the record changes faster than it can be claimed' };

/** CLAIM, and at the most one consistent read and one more CLAIM after it. */
export async function acquire(
  key: { readonly id: string; readonly fingerprint: Uint8Array },
  terms: LeaseTerms,
  ports: Ports,
  deadline: MonotonicMillis,
): Promise<Acquired> {
  const first = await claimOnce(key, terms, ports, deadline);
  if (first.kind !== 'claim-again') return first;
  const second = await claimOnce(key, terms, ports, deadline);
  if (second.kind === 'claim-again') return CONTENDED;
  return second.kind === 'unavailable' ? { ...second, unanswered: undefined } : second;
}

async function claimOnce(
  key: { readonly id: string; readonly fingerprint: Uint8Array },
  terms: LeaseTerms,
  ports: Ports,
  deadline: MonotonicMillis,
): Promise<Acquired | { readonly kind: 'claim-again' }> {
  const { store, clock, sameRequest } = ports;
  const started = clock.monotonic();
  const claim = newClaim(key, terms, ports);
  const partingTime = Math.min(PARTING, until(deadline, clock) / 2) as Millis;
  const reply = await ask((options) => store.claim(claim, options), until(deadline, clock), clock);
  if (!reply.known) {
    await giveUp(claim, ports, partingTime);
    return { kind: 'unavailable', reason: 'the claim got no answer', cause: reply.cause, unanswered: true };
  }
  const verdict = judgeClaim(reply.value, claim, sameRequest);
  const settled = verdict.kind === 'unseen' ? await look(claim, ports, deadline) : verdict;
  switch (settled.kind) {
    case 'owner':
      return {
        kind: 'owner',
        ownership: {
          claim,
          attempt: settled.attempt,
          takeover: settled.takeover,
          mayFollowUnfinished: settled.mayFollowUnfinished,
          leaseDeadline: (started + terms.lease) as MonotonicMillis,
        },
      };
    case 'unseen':
      // The refusal may have met an earlier send of this very claim.
      await giveUp(claim, ports, partingTime);
      return { kind: 'unavailable', reason: 'the record could not be read', cause: settled.cause };
    case 'unavailable':
      return { kind: 'unavailable', reason: settled.reason };
    default:
      return settled;
  }
}

function newClaim(key: { readonly id: string; readonly fingerprint: Uint8Array }, terms: LeaseTerms, { clock, token }: Ports): Claim {
  const now = clock.now();
  // Stores keep whole milliseconds, and one that is not is a record that nobody can read.
  const leaseEnd = plus(now, Math.ceil(terms.lease) as Millis);
  return {
    id: key.id,
    token: token(),
    fingerprint: key.fingerprint,
    now,
    leaseEnd,
    expiresAt: toEpochSecondsUp(plus(leaseEnd, lengthOf(terms))),
    margin: terms.margin,
    takeover: terms.takeover,
  };
}

async function look(
  claim: Claim,
  { store, clock, sameRequest }: Ports,
  deadline: MonotonicMillis,
): Promise<Exclude<ClaimVerdict, { kind: 'unseen' }> | { readonly kind: 'unseen'; readonly cause: unknown }> {
  const seen = await ask((options) => store.read(claim.id, options), until(deadline, clock), clock);
  if (!seen.known) return { kind: 'unseen', cause: seen.cause };
  const verdict = judgeStanding(seen.value, claim, sameRequest);
  return verdict.kind === 'unseen' ? { kind: 'unseen', cause: undefined } : verdict;
}

/** Longest parting RELEASE, in milliseconds: its reply changes nothing, and the caller waits. */
const PARTING = 500;

/** A claim of unknown outcome is released once, so that nobody waits out the lease of an execution that never ran. */
const giveUp = (claim: Claim, { store, clock }: Ports, limit: Millis): Promise<unknown> =>
  ask((options) => store.release({ id: claim.id, token: claim.token }, options), limit, clock);
