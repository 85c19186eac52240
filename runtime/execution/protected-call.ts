import { MINIMUM_BUDGET, deadlineAfter, remainingTime, type Call } from './call';
import { execute } from './execute';
import { retentionOf } from '../configuration/settings';
import { isConfigurationFault } from '../errors';
import { acquire, type Acquired, type LeaseTerms, type Ownership, type Ports, type Unavailable } from '../protocol/acquire';
import { release } from '../protocol/conclude';
import type { IdempotencyRecord } from '../protocol/record';
import { until } from '../protocol/store-call';
import { fingerprint, isKeyed, keyed, sameRequest } from '../request/fingerprint';
import { recordIds } from '../request/identify';
import type { KeyFault } from '../request/key';
import type { KeyAge } from '../request/key-age';
import { standingId } from '../request/standing-id';
import { markedNotPersisted, outOfReach, refuse, type Answer, type Problem } from '../response/answer';
import { replaying } from '../response/replay-on-demand';
import { sealOnDemand } from '../response/seal-on-demand';
import { seconds, type Millis } from '../time';

/** Longest wait for the store before the handler runs, in milliseconds. */
const CLAIM_LIMIT = 5_000;

/**
 * One request with a key, in the order of things: authorize, id, fingerprint,
 * claim, handler, complete, response.
 */
export async function protectedCall(given: Call): Promise<Answer> {
  const { context, settings, request, host } = given;
  const denial = await denied(given);
  if (denial !== undefined) return { outcome: 'rejected', reply: denial };

  const age = ageOf(given);
  if ('fault' in age) return refuse(given, 'rejected', { kind: 'key-invalid', reason: age.fault });
  const atFirst = age.judge();
  if (atFirst === 'ahead') return refuse(given, 'rejected', { kind: 'key-invalid', reason: 'time-ahead' });
  if (atFirst === 'late') return refuse(given, 'rejected', { kind: 'key-expired' }, KEY_TOO_OLD);

  const ids = await recordIds(given);
  if (ids.kind === 'tenant-missing') return refuse(given, 'rejected', { kind: 'tenant-missing' });
  if (ids.kind === 'threw') return { outcome: 'rejected', reply: ids };
  if (ids.kind === 'unavailable') return outOfReach(given, ids.problem);

  // Large bodies take their time, which is none of the store's.
  const plain = fingerprint(request, settings, age.text);
  const remaining = remainingTime(context);
  if (remaining < MINIMUM_BUDGET) return outOfReach(given, TOO_LATE, { id: ids.id });
  const deadline = deadlineAfter(given, Math.min(CLAIM_LIMIT, remaining / 2));
  const standing = await standingId(ids, given.store, host.clock, deadline);
  if (!standing.known) {
    return unavailable(given, { kind: 'unavailable', reason: 'the former record could not be read', cause: standing.cause, unanswered: true }, ids.id);
  }

  const { id, secret } = standing.value;
  const call: Call = secret === undefined ? given : { ...given, seal: sealOnDemand({ key: given.key, tenant: ids.tenant, secret, id }) };
  if (settings.responseEncryption === 'client-key' && call.seal === undefined) return outOfReach(call, NO_SECRET, { id });
  const key = { id, fingerprint: secret === undefined ? plain : keyed(plain, secret) };
  const terms = termsOf(call, remaining);
  const ports: Ports = {
    store: call.store,
    clock: host.clock,
    token: host.token,
    sameRequest: (recorded, mine) => sameRequest(recorded, isKeyed(recorded) ? mine : plain),
  };
  const first = await acquire(key, terms, ports, deadline);
  const acquired = first.kind === 'conflict' && settings.onConflict === 'wait' ? await waitOut(first, key, terms, ports, call) : first;

  switch (acquired.kind) {
    case 'owner': {
      // The record may have gone while the claim was under way, so that the key is judged once more.
      const forgotten = age.judge() === 'late';
      const problem = forgotten ? undefined : tooLate(call, acquired.ownership);
      if (!forgotten && problem === undefined) return execute(call, acquired.ownership, ports);
      await release(acquired.ownership, ports, deadlineAfter(call, Math.min(MINIMUM_BUDGET, remainingTime(context) / 2)));
      return problem === undefined ? refuse(call, 'rejected', { kind: 'key-expired' }, { id, ...KEY_TOO_OLD }) : outOfReach(call, problem, { id });
    }
    case 'replay':
      return replay(call, acquired.record);
    case 'response-expired':
      return refuse(call, 'rejected', { kind: 'response-expired' }, {
        id, duplicate: { kind: 'replay', record: acquired.record }, problem: { reason: 'the response is kept no longer' },
      });
    case 'conflict':
    case 'mismatch':
      return refuse(call, acquired.kind, { kind: acquired.kind }, { id, duplicate: acquired });
    case 'unavailable':
      return unavailable(call, acquired, id);
  }
}

/** Before any lookup, because a replay skips the handler's own checks. */
export async function denied({ event, context, settings }: Call): Promise<Answer['reply'] | undefined> {
  try {
    const result = await settings.authorize?.(event, context);
    return result === undefined ? undefined : { result };
  } catch (error) {
    return { error };
  }
}

/** Few APIs ask for the time of the first sending: what it takes is loaded when one does, in the layer from a file of its own. */
function ageOf(call: Call): KeyAge | { readonly fault: KeyFault } {
  if (call.settings.keyTime === 'none') return { judge: () => 'in-time' };
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require('../request/key-age') as typeof import('../request/key-age')).keyAgeOf(call);
}

const KEY_TOO_OLD = { problem: { reason: 'the key is older than keys are remembered' } };

const TOO_LATE: Problem = { reason: 'too little of the function’s time is left' };

/** Nothing is executed whose response would be recorded in the clear. */
const NO_SECRET: Problem = { reason: 'there is no key secret to encrypt the response with' };

const LEASE_OVER: Problem = { reason: 'the lease was over when the claim was answered' };

/**
 * Why the owner does not start. After its lease another retry may have taken
 * over, and the handler of this one would run without being told of that.
 */
function tooLate({ context, host }: Call, { leaseDeadline }: Ownership): Problem | undefined {
  if (remainingTime(context) < MINIMUM_BUDGET) return TOO_LATE;
  return until(leaseDeadline, host.clock) > 0 ? undefined : LEASE_OVER;
}

const termsOf = ({ settings, host }: Call, remaining: Millis): LeaseTerms => {
  const processing = Math.max(seconds(settings.processingTimeoutSeconds), seconds(host.leastLeaseSeconds ?? 0)) as Millis;
  return {
    lease: Number.isFinite(remaining) ? (Math.max(processing, Math.ceil(remaining)) as Millis) : processing,
    ...retentionOf(settings),
    margin: seconds(settings.clockMarginSeconds),
    takeover: settings.takeover === 'allow',
  };
};

/** Waits as long as is configured, and never so long that there is no time to answer. */
function waitOut(
  conflict: Extract<Acquired, { kind: 'conflict' }>,
  key: { readonly id: string; readonly fingerprint: Uint8Array },
  terms: LeaseTerms,
  ports: Ports,
  call: Call,
): Promise<Acquired> {
  const longest = Math.min(seconds(call.settings.waitSeconds), remainingTime(call.context) - 2 * MINIMUM_BUDGET);
  // In the layer it lies in a file of its own: few APIs wait.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { waitForOutcome } = require('../protocol/wait') as typeof import('../protocol/wait');
  return waitForOutcome(conflict, key, terms, { ...ports, random: call.host.random }, deadlineAfter(call, longest), MINIMUM_BUDGET);
}

async function replay(call: Call, record: IdempotencyRecord): Promise<Answer> {
  const { id } = record;
  const duplicate = { kind: 'replay', record } as const;
  const found = await replaying().replayOf(record, call);
  switch (found.kind) {
    case 'response':
      return { outcome: 'replayed', id, duplicate, reply: { result: found.result } };
    case 'too-large':
      return refuse(call, 'replayed', { kind: 'result-too-large' }, { id, duplicate });
    case 'unreadable':
      return outOfReach(call, found.problem, { id });
  }
}

/**
 * Fail closed; unless the store gave no answer at all and the user chose to run
 * unprotected then. A store that has refused a claim has answered.
 */
async function unavailable(call: Call, problem: Unavailable, id: string): Promise<Answer> {
  if (call.settings.onStoreError === 'reject' || !problem.unanswered || isConfigurationFault(problem.cause)) return outOfReach(call, problem, { id });
  const { handler, event, context } = call;
  const reply = await Promise.resolve()
    .then(() => handler(event, context))
    .then((result) => ({ result }), (error: unknown) => ({ error }));
  return { outcome: 'store_error', id, problem, unpersisted: true, reply: { result: markedNotPersisted(call, reply) } };
}
