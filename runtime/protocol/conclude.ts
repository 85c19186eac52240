import type { Ownership, Ports } from './acquire';
import type { IdempotencyRecord, StoredResponse } from './record';
import { endsOf, type Retention } from './retention';
import { ask, until } from './store-call';
import { judgeAfterCompletion, judgeCompletion, type CompletionVerdict } from './verdict';
import type { Millis, MonotonicMillis } from '../time';

export type Concluded =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'superseded'; readonly winner: IdempotencyRecord }
  | { readonly kind: 'superseded-running'; readonly winner: IdempotencyRecord }
  /** The handler has run and it cannot be said that its response is on record. */
  | { readonly kind: 'unpersisted'; readonly reason: string; readonly cause?: unknown };

/** Between two sends of one COMPLETE; it carries the claim's token, so a resend is harmless. */
const RESEND_AFTER = [50, 200, 800, 2000].map((length) => length as Millis);

/**
 * COMPLETE: resent while its outcome is unknown and time is left, then one
 * consistent read. The handler has run by now, so whatever happens here the
 * caller gets a response.
 */
export async function complete(
  ownership: Ownership,
  response: StoredResponse,
  retention: Retention,
  ports: Ports,
  deadline: MonotonicMillis,
): Promise<Concluded> {
  const { store, clock, sameRequest } = ports;
  const { claim } = ownership;
  const completion = {
    id: claim.id,
    token: claim.token,
    ...endsOf(clock.now(), retention),
    response,
  };
  // The last of the time is for the read that tells what became of it.
  const reserve = (until(deadline, clock) / 4) as Millis;
  const lastSend = (deadline - reserve) as MonotonicMillis;
  let cause: unknown;
  for (const pause of [0 as Millis, ...RESEND_AFTER]) {
    if (pause > 0) {
      if (pause >= until(lastSend, clock)) break;
      await clock.sleep(pause);
    }
    const reply = await ask((options) => store.complete(completion, options), until(lastSend, clock), clock);
    if (reply.known) {
      const verdict = judgeCompletion(reply.value, claim, sameRequest);
      if (verdict.kind !== 'unseen') return told(verdict);
      break;
    }
    // The first of them: a later one may be no more than the end of our patience.
    cause ??= reply.cause;
  }
  const seen = await ask((options) => store.read(claim.id, options), until(deadline, clock), clock);
  if (!seen.known) return { kind: 'unpersisted', reason: 'the store gave no answer', cause: cause ?? seen.cause };
  const verdict = judgeAfterCompletion(seen.value, claim, sameRequest);
  return verdict.kind === 'unseen' ? { kind: 'unpersisted', reason: 'the completion did not arrive', cause } : told(verdict);
}

const told = (verdict: Exclude<CompletionVerdict, { kind: 'unseen' }>): Concluded =>
  verdict.kind === 'unrecorded' ? { kind: 'unpersisted', reason: verdict.reason } : verdict;

/**
 * RELEASE: the next retry may run at once. `false` where the record is no
 * longer the caller's or the store gave no answer: then the lease, or the new
 * owner, decides.
 */
export async function release(ownership: Ownership, ports: Ports, deadline: MonotonicMillis): Promise<boolean> {
  const { store, clock } = ports;
  const { id, token } = ownership.claim;
  const reply = await ask((options) => store.release({ id, token }, options), until(deadline, clock), clock);
  return reply.known && reply.value.applied;
}
