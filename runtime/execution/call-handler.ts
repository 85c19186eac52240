import { isHeldUntilEmpty, onEmptyEventLoop } from './empty-event-loop';
import { alsoKnownBy } from './in-handler';
import { IdempotencyConfigurationError } from '../errors';
import { field } from '../request/fronts/parts';
import { isStreamingHandler } from '../request/fronts/streaming';

export type AnyHandler = (...args: unknown[]) => unknown;

/** A handler, and how Lambda calls it. */
export interface CallableHandler {
  /** What it comes to, whichever way it tells: a promise, the callback, `context.done`. */
  run(event: unknown, context: unknown): Promise<unknown>;
  /** For an event that is none of the wrapper's: with what the runtime itself has passed. */
  pass(event: unknown, context: unknown, callback: unknown): unknown;
}

/** The first version of Node.js whose runtime on Lambda has neither callbacks nor `context.done`. */
const WITHOUT_CALLBACKS = 24;

/**
 * The handler as Lambda calls it under this version of Node.js.
 *
 * @throws IdempotencyConfigurationError for what is no function, streams, or
 *   takes a callback where Lambda gives none
 */
export function callable(handler: AnyHandler, env: Readonly<Record<string, string | undefined>>): CallableHandler {
  if (typeof handler !== 'function') {
    throw new IdempotencyConfigurationError('handler', `The handler must be a function, got ${typeof handler}.`);
  }
  if (isStreamingHandler(handler)) {
    throw new IdempotencyConfigurationError(
      'handler',
      'The handler streams its response, so there would be nothing to record and replay: return the response instead of streaming it.',
    );
  }
  const isCurrent = Number(process.versions.node.split('.')[0]) >= WITHOUT_CALLBACKS;
  // With several invocations at once in a process, the runtime of Node.js 22 has no callbacks either.
  if (!isCurrent && env.AWS_LAMBDA_MAX_CONCURRENCY === undefined) return withCallback(handler);
  if (handler.length >= 3) {
    const where = isCurrent ? 'Node.js 24 on Lambda' : 'Lambda with several invocations at once in a process';
    throw new IdempotencyConfigurationError(
      'handler',
      `The handler takes a callback, which ${where} no longer calls: make it async and return the response.`,
    );
  }
  const run = async (event: unknown, context: unknown): Promise<unknown> => handler(event, context);
  return { run, pass: run };
}

function withCallback(handler: AnyHandler): CallableHandler {
  const run = (event: unknown, context: unknown): Promise<unknown> => untilTold(handler, event, context);
  return {
    run,
    pass: (event, context, callback) => (typeof callback === 'function' ? handler(event, context, callback) : run(event, context)),
  };
}

/**
 * As the runtime of Node.js 20 and 22 does it: whichever comes first, of a
 * promise, the callback and `context.succeed`, `fail` and `done`, is the
 * outcome, and what else is returned is not looked at. Where the event loop
 * runs empty before, it is null. An object with a `statusCode` that is returned
 * without a promise is a response all the same, as it is under Node.js 24.
 */
function untilTold(handler: AnyHandler, event: unknown, given: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let outcomeOfEmptyLoop: unknown = null;
    const stopWaiting = onEmptyEventLoop(() => succeed(outcomeOfEmptyLoop));
    const succeed = (result: unknown): void => {
      stopWaiting();
      resolve(result);
    };
    const fail = (error: unknown): void => {
      stopWaiting();
      reject(error as Error);
    };
    const done = (error: unknown, result: unknown): void => (isNone(error) ? succeed(result) : fail(error));

    let told = false;
    const ifFirst = <Args extends unknown[]>(tell: (...args: Args) => void) => (...args: Args): void => {
      if (told) return;
      told = true;
      tell(...args);
    };
    const context = contextWith(given, {
      succeed: ifFirst(succeed),
      fail: ifFirst(fail),
      done: ifFirst(done),
    });
    const callback = ifFirst((error: unknown, result: unknown) => {
      if (isNone(error) && isHeldUntilEmpty(context)) outcomeOfEmptyLoop = result;
      else done(error, result);
    });

    try {
      const returned = handler(event, context, callback);
      if (isThenable(returned)) Promise.resolve(returned).then(context.succeed, context.fail).catch(context.fail);
      else if (isResponse(returned)) context.succeed(returned);
    } catch (error) {
      callback(error, undefined);
    }
  });
}

interface Tellers {
  readonly succeed: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
  readonly done: (error: unknown, result: unknown) => void;
}

/**
 * The context with other functions to tell the outcome by: the runtime's own
 * would answer the invocation before anything is recorded. Its members stay its
 * own, so that who spreads it loses none, and `callbackWaitsForEmptyEventLoop`
 * reaches the runtime.
 */
function contextWith(given: unknown, tellers: Tellers): object & Tellers {
  const context = typeof given === 'object' && given !== null ? given : {};
  const members = Object.entries(tellers).map(([name, value]) => [name, { value, writable: true, enumerable: true, configurable: true }] as const);
  const copy = Object.create(Object.getPrototypeOf(context) as object, {
    ...Object.getOwnPropertyDescriptors(context),
    ...Object.fromEntries(members),
  }) as object & Tellers;
  alsoKnownBy(copy, context);
  return copy;
}

const isNone = (value: unknown): boolean => value === undefined || value === null;

const isThenable = (value: unknown): value is PromiseLike<unknown> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** A plain object, since frameworks return servers and streams that have a status as well. */
const isResponse = (value: unknown): boolean => field(value, 'statusCode') !== undefined && Object.getPrototypeOf(value) === Object.prototype;
