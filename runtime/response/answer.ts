import type { Refusal } from './outcomes';
import { HEADERS } from '../../lib/contract';
import { isConfigurationFault } from '../errors';
import type { Call } from '../execution/call';
import type { IdempotencyRecord } from '../protocol/record';

/** What became of a request, as logs, `idempotent-api tail` and the local runner name it. */
export type OutcomeName =
  | 'executed'
  | 'replayed'
  | 'conflict'
  | 'mismatch'
  | 'rejected'
  | 'takeover'
  | 'superseded'
  | 'store_error';

/** What a call came to: what to return or throw, and what there is to tell about it. */
export interface Answer {
  readonly outcome: OutcomeName;
  readonly reply: { readonly result: unknown } | { readonly error: unknown };
  /** Why the wrapper answered in the handler's place. */
  readonly refusal?: Refusal['kind'];
  /** Id of the record, once there is one. */
  readonly id?: string;
  readonly attempt?: number;
  /** The record that a duplicate met. */
  readonly duplicate?: { readonly kind: 'replay' | 'conflict' | 'mismatch'; readonly record: IdempotencyRecord };
  /** The handler ran, and no record can be said to hold its response. */
  readonly unpersisted?: boolean;
  readonly problem?: Problem;
}

/** Why the store could not do what was asked of it. */
export interface Problem {
  readonly reason: string;
  readonly cause?: unknown;
}

/** Tells the client that a retry may execute again. */
const NOT_PERSISTED: readonly (readonly [string, string])[] = [[HEADERS.PERSISTED, 'false']];

/** What the handler's caller gets, marked: a throw as the gateway's own error, since a throw can bear no header. */
export function markedNotPersisted({ front, event }: Call, reply: Answer['reply']): unknown {
  if ('result' in reply) return front.withHeaders(reply.result, NOT_PERSISTED, event);
  const thrown = front.thrown();
  return front.render({ ...thrown, headers: [...thrown.headers, ...NOT_PERSISTED] }, event);
}

/** The wrapper's own answer in the handler's place. */
export function refuse(call: Call, outcome: OutcomeName, refusal: Refusal, facts: Partial<Answer> = {}): Answer {
  const { front, event, request, settings, logger } = call;
  // Most requests are refused nothing: in the layer it lies in a file of its own.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { errorResponse } = require('./outcomes') as typeof import('./outcomes');
  const response = errorResponse(refusal, request, settings, (cause) =>
    logger.warn('formatError failed: the error went out in its usual form', { reason: reasonOf(cause) }),
  );
  return { ...facts, outcome, refusal: refusal.kind, reply: { result: front.render(response, event) } };
}

/** 503: the handler has not run. A mistake in the configuration is the function's own error instead, which says what it is. */
export const outOfReach = (call: Call, problem: Problem, facts: Partial<Answer> = {}): Answer =>
  isConfigurationFault(problem.cause)
    ? { ...facts, outcome: 'store_error', problem, reply: { error: problem.cause } }
    : refuse(call, 'store_error', { kind: 'store-unavailable' }, { ...facts, problem });

/** What may be logged of an error: name and code, of what caused it as well. Messages can hold what a client sent. */
export function reasonOf(cause: unknown, depth = 0): string {
  if (!(cause instanceof Error)) return typeof cause;
  const { code } = cause as { code?: unknown };
  const reason = typeof code === 'string' && code !== cause.name ? `${cause.name} (${code})` : cause.name;
  return cause.cause instanceof Error && depth < 2 ? `${reason}, caused by ${reasonOf(cause.cause, depth + 1)}` : reason;
}
