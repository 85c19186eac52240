import type { CounterName, IdempotencyMetrics } from './metrics';
import { LOG_FIELD, METRICS } from '../../lib/contract';
import { remainingTime, requestIdOf, type Call } from '../execution/call';
import { Cancellation } from '../protocol/cancellation';
import { reasonOf, type Answer } from '../response/answer';
import type { Millis } from '../time';

/** Of the methods that some fronts let through, clients could make a dimension without end. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Longest that a response waits for `onDuplicate`, in milliseconds. */
const HOOK_LIMIT = 1_000;

/** Tells the logs, the metrics and `onDuplicate` what became of a call. Changes nothing about the answer and never rejects. */
export async function observe(
  call: Call,
  answer: Answer,
  measured: { readonly ms: number; readonly storeLatency?: number },
  metrics: IdempotencyMetrics,
): Promise<void> {
  const { settings, request, front } = call;
  // Neither a load balancer nor a function URL has route templates: their paths would be a dimension without end.
  const route = front.kind === 'alb' || front.kind === 'function-url' ? '$default' : request.route;
  log(call, answer, route, measured.ms);
  metrics.measure({
    service: settings.namespace,
    route: settings.routeMetrics ? `${METHODS.has(request.method) ? request.method : 'OTHER'} ${route}` : undefined,
    counters: countersOf(answer),
    storeLatency: measured.storeLatency,
  });
  if (answer.duplicate !== undefined) await tellHook(call, answer.duplicate, route);
}

function log({ logger, request, context }: Call, answer: Answer, route: string, ms: number): void {
  const { outcome, id, attempt, problem, unpersisted } = answer;
  const fields = {
    [LOG_FIELD]: {
      outcome,
      id,
      requestId: requestIdOf(context),
      method: request.method,
      route,
      attempt,
      ms: Math.round(ms),
      ...(unpersisted ? { unpersisted } : {}),
      ...(problem === undefined ? {} : { reason: problem.reason, cause: problem.cause === undefined ? undefined : reasonOf(problem.cause) }),
    },
  };
  const message = `idempotency: ${outcome}`;
  if (outcome === 'store_error') logger.error(message, fields);
  else if (outcome === 'superseded' || outcome === 'takeover' || unpersisted) logger.warn(message, fields);
  else logger.info(message, fields);
}

function countersOf({ outcome, refusal, unpersisted }: Answer): CounterName[] {
  const counters = ((): CounterName[] => {
    switch (outcome) {
      case 'executed':
        return [METRICS.MISSES];
      case 'takeover':
        return [METRICS.MISSES, METRICS.TAKEOVERS];
      case 'superseded':
        return [METRICS.MISSES, METRICS.SUPERSEDED];
      case 'replayed':
        return [METRICS.HITS];
      case 'conflict':
        return [METRICS.CONFLICTS];
      case 'mismatch':
        return [METRICS.MISMATCHES];
      case 'store_error':
        return [METRICS.STORE_ERRORS];
      case 'rejected':
        return refusal === 'response-expired' ? [METRICS.EXPIRED] : refusal === 'key-expired' ? [METRICS.LATE] : [];
    }
  })();
  return unpersisted ? [...counters, METRICS.UNPERSISTED] : counters;
}

async function tellHook(call: Call, { kind, record }: NonNullable<Answer['duplicate']>, route: string): Promise<void> {
  const { settings, context, host, logger, request } = call;
  if (settings.onDuplicate === undefined) return;
  const over = new Cancellation();
  try {
    const told = settings.onDuplicate(context, {
      outcome: kind,
      method: request.method,
      route,
      id: record.id,
      createdAt: new Date(record.claimedAt),
      attempt: record.attempt,
      statusCode: record.response?.statusCode,
    });
    await Promise.race([told, host.clock.sleep(Math.min(HOOK_LIMIT, remainingTime(context) / 2) as Millis, over)]);
  } catch (cause) {
    logger.warn('onDuplicate failed: the response is not affected', { reason: reasonOf(cause) });
  } finally {
    over.cancel();
  }
}
