import type { Ownership, Ports } from './acquire';
import type { IdempotencyRecord, StoredResponse } from './record';
import { endsOf, type Retention } from './retention';
import { ask, until } from './store-call';
import { judgeAfterCompletion, judgeCompletion } from './verdict';
import type { Commit, EffectRefusal, IdempotencyStore } from '../stores/store';
import type { Millis, MonotonicMillis } from '../time';

/** What a commit came to. In every case but `recorded` and `unknown` nothing was written, and nothing of it will be. */
export type Committed =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'superseded'; readonly winner: IdempotencyRecord }
  | { readonly kind: 'superseded-running'; readonly winner: IdempotencyRecord }
  /** The record is gone, released or another request's. */
  | { readonly kind: 'unrecorded'; readonly reason: string }
  /** The claim stands: commit something else, or answer. */
  | { readonly kind: 'refused'; readonly reasons: readonly (EffectRefusal | undefined)[]; readonly cause?: unknown }
  /** Others wrote to the same items for as long as there was time. The claim stands. */
  | { readonly kind: 'contended'; readonly cause?: unknown }
  /** It may have happened, or may happen yet. Whatever comes next goes by the record alone. */
  | { readonly kind: 'unknown'; readonly cause?: unknown };

export interface CommitPorts extends Ports {
  readonly store: IdempotencyStore & Required<Pick<IdempotencyStore, 'commit'>>;
  /** From 0 up to 1, for jitter. */
  readonly random: () => number;
}

/** What is committed, without what the claim adds to it. */
export interface Effects {
  readonly response: StoredResponse;
  readonly effects: readonly unknown[];
  readonly requestToken: string;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;
/** With less time for it, a further send would only make a known refusal an unknown outcome. */
const SHORTEST_SEND = 100;

/**
 * COMPLETE and effects in one transaction: resent, the same to the byte, while
 * its outcome is unknown or others stand in its way and time is left; then one
 * consistent read. Never followed by a RELEASE: a late transaction either lands
 * before the next takeover or is refused by the token.
 *
 * A refusal of the effects counts only where no earlier send went unanswered. A
 * late one could still pass, after the handler has been told that it did not.
 */
export async function commit(
  { claim }: Ownership,
  { response, effects, requestToken }: Effects,
  retention: Retention,
  ports: CommitPorts,
  deadline: MonotonicMillis,
): Promise<Committed> {
  const { store, clock, random, sameRequest } = ports;
  const request: Commit = { id: claim.id, token: claim.token, ...endsOf(clock.now(), retention), response, effects, requestToken };
  // The last of the time is for the read that tells what became of it.
  const lastSend = (deadline - until(deadline, clock) / 4) as MonotonicMillis;
  let mayStillArrive = false;
  let cause: unknown;
  for (let round = 0; ; round++) {
    const reply = await ask((options) => store.commit(request, options), until(lastSend, clock), clock);
    if (!reply.known) {
      mayStillArrive = true;
      cause = reply.cause;
    } else if (reply.value.applied) {
      return { kind: 'recorded' };
    } else if (reply.value.refusedBy === 'record') {
      const verdict = judgeCompletion(reply.value, claim, sameRequest);
      if (verdict.kind !== 'unseen') return verdict;
      break;
    } else {
      mayStillArrive ||= reply.value.mayStillArrive === true;
      cause = reply.value.cause;
      if (reply.value.refusedBy === 'effects') {
        if (!mayStillArrive) return { kind: 'refused', reasons: reply.value.reasons, cause };
        break;
      }
    }
    const pause = (random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** round)) as Millis;
    if (pause + SHORTEST_SEND > until(lastSend, clock)) {
      if (!mayStillArrive) return { kind: 'contended', cause };
      break;
    }
    await clock.sleep(pause);
  }
  const seen = await ask((options) => store.read(claim.id, options), until(deadline, clock), clock);
  if (!seen.known) return { kind: 'unknown', cause: cause ?? seen.cause };
  const verdict = judgeAfterCompletion(seen.value, claim, sameRequest);
  const known = verdict.kind === 'recorded' || (!mayStillArrive && verdict.kind !== 'unseen');
  return known ? verdict : { kind: 'unknown', cause };
}
