import { AsyncLocalStorage } from 'node:async_hooks';
import { requestIdOf } from './call';
import type { CommitEffect } from './commit-effect';

/** What the handler may know of the idempotent execution it runs in. */
export interface IdempotentExecution {
  /** The client's key, unquoted. */
  readonly key: string;
  /** The record's id, a hash: the one name for this operation that may be logged. */
  readonly id: string;
  /** 1 on a new record, one more with each claim on it. */
  readonly attempt: number;
  /** An execution of this operation came before and did not finish: its effects may or may not have happened. */
  readonly isTakeover: boolean;
  /** When another retry may take over, on this host's wall clock. */
  readonly leaseExpiresAt: Date;
  /** Fires shortly before the lease or the function's time ends, whichever comes first: stop what has effects. */
  readonly signal: AbortSignal;
  /**
   * A key to hand downstream, such as a payment provider's idempotency key:
   * equal on every attempt of this operation, different for each `name`. The
   * same again where a client uses its key anew after the record has expired.
   */
  derivedKey(name: string): string;
  /**
   * Writes DynamoDB effects and the response in one transaction, fenced by this
   * execution's token: exactly once, crash or not. Return what it returns; from
   * then on every caller gets this response, whatever else the handler does.
   *
   * @param response what the handler would return
   * @param effects at most 99 `TransactWriteItem`s, in the table's account and
   *   region. The function needs `dynamodb:PutItem`, `UpdateItem`, `DeleteItem`
   *   or `ConditionCheckItem` on their tables.
   *
   * @throws EffectsRefusedError where a condition does not hold: nothing was
   *   written, commit something else or answer without effects
   * @throws CommitError for anything else; only `IDEMPOTENCY_COMMIT_UNKNOWN`
   *   leaves open whether it happened
   */
  commit<Response>(response: Response, effects?: readonly CommitEffect[]): Promise<Response>;
}

// The layer and the user's bundle each have a copy of this module. They meet
// through symbols in the registry of the process, not through module state.
const EXECUTIONS = Symbol.for('cdk-idempotent-api.executions');
const CURRENT = Symbol.for('cdk-idempotent-api.current');
const RUNNING = Symbol.for('cdk-idempotent-api.running');
const RETRYABLE = Symbol.for('cdk-idempotent-api.retryable');

type Executions = WeakMap<object, IdempotentExecution>;

function executions(): Executions {
  const shared = globalThis as { [EXECUTIONS]?: Executions };
  shared[EXECUTIONS] ??= new WeakMap();
  return shared[EXECUTIONS];
}

/**
 * The execution that the handler was called for, by the `context` it was given
 * or, where something between has copied that, by the asynchronous call that
 * the running code is part of, or by the id of the invocation that the copy
 * names; `undefined` where the request carried no key or is not protected.
 */
export const idempotencyOf = (context: object): IdempotentExecution | undefined =>
  executions().get(context) ?? executionOf(requestIdOf(context))?.execution;

/** An execution, as the code within it finds it. */
export interface ExecutionAround {
  readonly execution: IdempotentExecution;
  /** Lambda's id of the invocation, where the context has one. */
  readonly requestId: unknown;
  /** The wrappers that the request has come through so far. */
  readonly wrappers: readonly symbol[];
  /** Absent where an older copy of this module made it. */
  readonly state?: { isOver: boolean };
}

function current(): AsyncLocalStorage<ExecutionAround> {
  const shared = globalThis as { [CURRENT]?: AsyncLocalStorage<ExecutionAround> };
  shared[CURRENT] ??= new AsyncLocalStorage();
  return shared[CURRENT];
}

function running(): Set<ExecutionAround> {
  const shared = globalThis as { [RUNNING]?: Set<ExecutionAround> };
  shared[RUNNING] ??= new Set();
  return shared[RUNNING];
}

/**
 * The execution that the running code is part of, whatever has become of its
 * context. One that is over is none: what an earlier request has left behind (a
 * server, a connection) goes on calling back within that request's call.
 */
export function executionAround(): ExecutionAround | undefined {
  const around = current().getStore();
  return around?.state?.isOver === true ? undefined : around;
}

/** The execution of an invocation; none where several are part of it. */
function executionOf(requestId: unknown): ExecutionAround | undefined {
  const around = executionAround();
  if (around !== undefined && mayBeOne(around.requestId, requestId)) return around;
  const [one, ...others] = requestId === undefined ? [] : [...running()].filter((other) => other.requestId === requestId);
  return others.length === 0 ? one : undefined;
}

/** A context that names no invocation, because something has replaced it or because a test made it, speaks against nothing. */
export const mayBeOne = (one: unknown, other: unknown): boolean => one === undefined || other === undefined || one === other;

/** A copy of a context tells of the same execution, also where the asynchronous call is lost track of. */
export function alsoKnownBy(copy: object, context: object): void {
  const execution = executions().get(context);
  if (execution !== undefined) executions().set(copy, execution);
}

/** Runs the handler of an execution to its end. */
export async function executing<T>(context: object, { execution, requestId, wrappers }: ExecutionAround, handle: () => T): Promise<Awaited<T>> {
  const around = { execution, requestId, wrappers, state: { isOver: false } };
  running().add(around);
  try {
    return await within(context, around, handle);
  } finally {
    around.state.isOver = true;
    running().delete(around);
  }
}

/** Runs `handle` so that `idempotencyOf(context)` answers, within it and for as long as the context lives. */
export function within<T>(context: object, around: ExecutionAround, handle: () => T): T {
  executions().set(context, around.execution);
  return current().run(around, handle);
}

/**
 * Thrown by a handler that had no effect and wants the next retry to run it
 * again: the key is released instead of the failure being recorded. The client
 * gets the gateway's own error, as for any throw.
 */
export class RetryableError extends Error {
  public readonly code = 'IDEMPOTENCY_RETRYABLE';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'RetryableError';
    Object.defineProperty(this, RETRYABLE, { value: true });
  }
}

/** By the brand that only our class bears: an error that merely has its name is not one. */
export const isRetryable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as { [RETRYABLE]?: unknown })[RETRYABLE] === true;
