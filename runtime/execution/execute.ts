import { remainingTime, type Call } from './call';
import type { Settled } from './commit';
import { commitOnDemand } from './commit-on-demand';
import { isRetryable } from './in-handler';
import { InvokeFailure } from './invoke-failure';
import { packed, recordingDeadline } from './recording';
import { runHandler, type HandlerOutcome } from './run-handler';
import { retentionOf } from '../configuration/settings';
import type { IdempotencyLogger } from '../observability/logger';
import type { Ownership, Ports } from '../protocol/acquire';
import { complete, release } from '../protocol/conclude';
import type { IdempotencyRecord } from '../protocol/record';
import { until } from '../protocol/store-call';
import { isResponseExpired } from '../protocol/transitions';
import type { HttpResponse } from '../request/fronts/front';
import { field, statusOf, throughJson } from '../request/fronts/parts';
import { markedNotPersisted, outOfReach, refuse, type Answer, type Problem } from '../response/answer';
import { replaying } from '../response/replay-on-demand';
import { seconds, type Millis } from '../time';

/** The owner's part: handler, complete, response. */
export async function execute(call: Call, ownership: Ownership, ports: Ports): Promise<Answer> {
  const { context, host, key } = call;
  const { claim, attempt, takeover, mayFollowUnfinished } = ownership;
  const timeLeft = Math.min(until(ownership.leaseDeadline, host.clock), remainingTime(context)) as Millis;
  const committer = commitOnDemand(call, ownership, ports);
  const { commit } = committer;
  const execution = { key, id: claim.id, attempt, isTakeover: mayFollowUnfinished, leaseExpiresAt: new Date(claim.leaseEnd), commit };
  const ran = asSent(await runHandler(call, execution, timeLeft));

  const own: Answer = { outcome: takeover ? 'takeover' : 'executed', id: claim.id, attempt, reply: ownReply(ran, claim.id, call) };
  if (isFailedInvoke(ran) && ran.error.fate !== 'ended') return afterFailedInvoke(call, own, ran.error, ownership, ports);
  const settled = await committer.settled(ran);
  if (settled !== undefined) return afterCommit(call, own, settled, ownership, ports);

  const deadline = recordingDeadline(call);
  const response = toRecord(ran, call);
  if (response === undefined) {
    await release(ownership, ports, deadline);
    return own;
  }
  const stored = await packed(response, call, ownership, deadline);
  const concluded = await complete(ownership, stored, retentionOf(call.settings), ports, deadline);
  switch (concluded.kind) {
    case 'recorded':
      return own;
    case 'superseded':
      return superseded(call, own, concluded.winner);
    case 'superseded-running':
      return refuse(call, 'superseded', { kind: 'conflict' }, { id: claim.id, attempt });
    case 'unpersisted':
      return notPersisted(call, own, concluded);
  }
}

/**
 * What the handler returned as Lambda would send it on, taken once: what is
 * recorded is what the caller gets, whoever else holds on to the result and
 * changes it meanwhile.
 */
function asSent(ran: HandlerOutcome): HandlerOutcome {
  const json = ran.kind === 'threw' || ran.value === undefined ? undefined : throughJson(ran.value);
  return json === undefined ? ran : { kind: 'returned', value: json.value };
}

const isFailedInvoke = (ran: HandlerOutcome): ran is { readonly kind: 'threw'; readonly error: InvokeFailure } =>
  ran.kind === 'threw' && ran.error instanceof InvokeFailure;

/** The handler was an invocation: what it did is the other function's to say, and that one has not said anything. */
async function afterFailedInvoke(call: Call, own: Answer, cause: InvokeFailure, ownership: Ownership, ports: Ports): Promise<Answer> {
  const problem = { reason: cause.message, cause };
  if (cause.fate === 'unknown') return { ...own, outcome: 'store_error', problem };
  await release(ownership, ports, recordingDeadline(call));
  return outOfReach(call, problem, { id: own.id, attempt: own.attempt });
}

/**
 * What the handler's caller gets. A status that none is (0, 600, NaN, text)
 * comes to the gateway's own error, and what a gateway makes of each is not
 * left to it: the first answer must be the one that is replayed.
 */
function ownReply(ran: HandlerOutcome, id: string, { front, event, logger }: Call): Answer['reply'] {
  if (ran.kind === 'threw') return { error: ran.error };
  if (!isNonsenseStatus(ran.value) || !front.normalise(ran.value).malformed) return { result: ran.value };
  logger.warn('the handler returned a statusCode that no gateway sends on: its caller got the gateway’s own error', { id });
  return { result: front.render(front.thrown(), event) };
}

/**
 * The handler has committed, and that is what counts. Where its effects are not
 * known to have happened, nobody is told that they have.
 */
async function afterCommit(call: Call, own: Answer, settled: Settled, ownership: Ownership, ports: Ports): Promise<Answer> {
  const { id, attempt } = own;
  switch (settled.kind) {
    case 'recorded':
      return { ...own, reply: { result: settled.result } };
    case 'superseded': {
      const found = await superseded(call, own, settled.winner);
      return found.unpersisted ? outOfReach(call, found.problem!, { id, attempt }) : found;
    }
    case 'superseded-running':
      return refuse(call, 'superseded', { kind: 'conflict' }, { id, attempt });
    case 'unrecorded':
      return outOfReach(call, { reason: `the commit was refused and had no effect: the record is ${settled.reason}` }, { id, attempt });
    case 'contended':
      await release(ownership, ports, recordingDeadline(call));
      return outOfReach(call, { reason: 'others wrote to the same items: the commit had no effect', cause: settled.cause }, { id, attempt });
    case 'unknown':
      return refuse(call, 'store_error', { kind: 'commit-unknown' }, {
        id, attempt, problem: { reason: 'the commit got no answer', cause: settled.cause },
      });
  }
}

/** The response that goes on record, or none: then the next retry runs the handler again. */
function toRecord(ran: HandlerOutcome, { front, settings, logger }: Call): HttpResponse | undefined {
  if (ran.kind === 'threw') {
    const isReleased = isRetryable(ran.error) || (settings.thrownErrors === 'release' && !isFailedInvoke(ran));
    return isReleased ? undefined : front.thrown();
  }
  const { malformed, ...response } = front.normalise(ran.value);
  if (malformed) return response;
  const { storeResponse } = settings;
  if (storeResponse === 'all') return response;
  if (storeResponse === 'definitive') return NOT_DEFINITIVE.has(response.statusCode) ? undefined : response;
  if (typeof storeResponse !== 'function') return storeResponse.includes(response.statusCode) ? response : undefined;
  return wants(storeResponse, response, logger) ? response : undefined;
}

/** The handler has run: where the predicate throws, or returns a promise, its response is kept. */
function wants(predicate: (response: HttpResponse) => unknown, response: HttpResponse, logger: IdempotencyLogger): boolean {
  try {
    const verdict = predicate(response);
    if (typeof (verdict as { then?: unknown } | undefined)?.then !== 'function') return Boolean(verdict);
    Promise.resolve(verdict).catch(() => undefined);
    logger.warn('storeResponse returned a promise: the response is recorded', {});
  } catch {
    logger.warn('storeResponse threw: the response is recorded', {});
  }
  return true;
}

/** Statuses that say nothing final about the operation. */
const NOT_DEFINITIVE = new Set([408, 425, 429, 502, 503, 504]);

const isNonsenseStatus = (result: unknown): boolean => {
  const status = field(result, 'statusCode');
  return status !== undefined && statusOf(status) === undefined;
};

/** Somebody else took over and finished: theirs is the answer that every retry will get, so this caller gets it as well. */
async function superseded(call: Call, own: Answer, winner: IdempotencyRecord): Promise<Answer> {
  const { id, attempt } = own;
  if (isResponseExpired(winner, call.host.clock.now(), seconds(call.settings.clockMarginSeconds))) {
    return refuse(call, 'superseded', { kind: 'response-expired' }, { id, attempt });
  }
  const found = await replaying().replayOf(winner, call);
  switch (found.kind) {
    case 'response':
      return { outcome: 'superseded', id, attempt, reply: { result: found.result } };
    case 'too-large':
      return refuse(call, 'superseded', { kind: 'result-too-large' }, { id, attempt });
    case 'unreadable':
      return { ...notPersisted(call, own, found.problem), outcome: 'superseded' };
  }
}

/** The handler has run, so its caller gets its response and is told that a retry may execute again. */
function notPersisted(call: Call, own: Answer, problem: Problem): Answer {
  return { ...own, reply: { result: markedNotPersisted(call, own.reply) }, unpersisted: true, problem };
}
