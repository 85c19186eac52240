import type { IdempotencyOptions } from './configuration/options';
import { parseConfiguration, validateOptions } from './configuration/options-schema';
import { resourcesOf, type Environment } from './configuration/resources';
import { honoursKey, resolveSettings } from './configuration/settings';
import { IdempotencyConfigurationError } from './errors';
import type { Call, Host } from './execution/call';
import { freshToken } from './execution/fresh-token';
import { executionAround } from './execution/in-handler';
import { denied, protectedCall } from './execution/protected-call';
import { isPartOf, join } from './execution/wrapped-twice';
import { observe } from './observability/observe';
import { detectFront } from './request/fronts/detect';
import { isStreamingHandler } from './request/fronts/streaming';
import { parseKey } from './request/key';
import { refuse, type Answer } from './response/answer';
import { forRequest } from './stores/for-request';
import { timed } from './stores/timed-store';
import { systemClock } from './time';
import { ENV, type WireConfiguration } from '../lib/contract';

/** A Lambda handler that returns its result, or a promise of it. */
export type LambdaHandler<Event, Context, Result> = (event: Event, context: Context) => Promise<Result> | Result;

const WRAPPED = Symbol.for('cdk-idempotent-api.wrapped');

/**
 * Makes a Lambda handler safe to retry: a request with an `Idempotency-Key` runs
 * it once, and every retry gets the recorded response with
 * `X-Idempotent-Replay: true`. Events that are not HTTP requests, methods without
 * effects and requests without a key go straight to the handler.
 *
 * A handler that is wrapped already is returned as it is.
 *
 * @throws IdempotencyConfigurationError at init, for an option that cannot be,
 *   a streaming handler, or a callback handler on Node.js 24 and later
 *
 * @example
 * export const handler = idempotent(async (event) => {
 *   const payment = await charge(JSON.parse(event.body));
 *   return { statusCode: 201, body: JSON.stringify(payment) };
 * });
 */
export function idempotent<Event, Context, Result>(
  handler: LambdaHandler<Event, Context, Result>,
  options: IdempotencyOptions = {},
): (event: Event, context: Context) => Promise<Result> {
  return wrap(handler as AnyHandler, options, systemHost, process.env) as (event: Event, context: Context) => Promise<Result>;
}

export type AnyHandler = (...args: unknown[]) => unknown;

export const systemHost: Host = { clock: systemClock, token: freshToken, random: Math.random };

/** `idempotent` with time, randomness and environment passed in. */
export function wrap(handler: AnyHandler, options: IdempotencyOptions, host: Host, env: Environment): AnyHandler {
  if (isWrapped(handler)) return handler;
  const run = asPromise(handler);
  const code = validateOptions(options, 'options of idempotent()');
  const environment = withNamespace(parseConfiguration(env[ENV.SETTINGS]), env);
  const off = code.disabled ?? isOn(env[ENV.DISABLED]);
  const wrapped = off ? run : serve(run, code, environment, host, env);
  return Object.defineProperty(wrapped, WRAPPED, { value: true });
}

export const isWrapped = (handler: unknown): boolean =>
  typeof handler === 'function' && (handler as { [WRAPPED]?: unknown })[WRAPPED] === true;

type Run = (event: unknown, context: unknown) => unknown;

function serve(run: Run, code: IdempotencyOptions, environment: WireConfiguration, host: Host, env: Environment): Run {
  const { store, overflow, keySecret, previousKeySecret, logger, metrics } = resourcesOf(code, env);
  const wrapper = Symbol('wrapper');
  return async (event, given) => {
    const front = detectFront(event);
    if (front === undefined) return run(event, given);
    const request = front.request(event);
    const resolved = resolveSettings({ code, environment, method: request.method, route: request.route });
    const settings = { ...resolved, keySecret, previousKeySecret };
    if (settings.disabled || !honoursKey(request.method, settings)) return run(event, given);
    const key = parseKey(request, settings);
    if (key.kind === 'absent' && !settings.required) return run(event, given);

    const started = host.clock.monotonic();
    const context = typeof given === 'object' && given !== null ? given : {};
    const ownStore = key.kind === 'key' ? forRequest(store, { event, context, key: key.value, sentKey: key.sent }) : store;
    const timedStore = timed(ownStore, host.clock);
    const call: Call = {
      event,
      context,
      front,
      request,
      settings,
      overflow,
      host,
      logger,
      key: key.kind === 'key' ? key.value : '',
      wrapper,
      handler: run,
      store: timedStore,
    };
    const around = executionAround();
    if (around !== undefined && key.kind === 'key' && (await isPartOf(around, call))) {
      const denial = await denied(call);
      return denial === undefined ? join(call, around) : replyOf(denial);
    }
    const answer = key.kind === 'key' ? await protectedCall(call) : refuse(call, 'rejected', refusalOf(key));
    await observe(call, answer, { ms: host.clock.monotonic() - started, storeLatency: timedStore.latency() }, metrics);
    return replyOf(answer.reply);
  };
}

const refusalOf = (key: Exclude<ReturnType<typeof parseKey>, { kind: 'key' }>) =>
  key.kind === 'absent' ? ({ kind: 'key-missing' } as const) : ({ kind: 'key-invalid', reason: key.reason } as const);

function replyOf(reply: Answer['reply']): unknown {
  if ('error' in reply) throw reply.error;
  return reply.result;
}

/** Without a construct, functions that share a table are kept apart by their names. */
function withNamespace(configuration: WireConfiguration | undefined, env: Environment): WireConfiguration {
  const namespace = env.AWS_LAMBDA_FUNCTION_NAME;
  return { ...configuration, defaults: { ...(namespace === undefined ? {} : { namespace }), ...configuration?.defaults } };
}

function isOn(value: string | undefined): boolean {
  if (value === undefined || value === '' || value === 'false' || value === '0') return false;
  if (value === 'true' || value === '1') return true;
  throw new IdempotencyConfigurationError(ENV.DISABLED, `${ENV.DISABLED} must be true or false, got ${JSON.stringify(value.slice(0, 40))}.`);
}

/** The handler as a function of two that returns a promise; a callback handler where Lambda itself takes one. */
function asPromise(handler: AnyHandler): Run {
  if (typeof handler !== 'function') {
    throw new IdempotencyConfigurationError('handler', `The handler must be a function, got ${typeof handler}.`);
  }
  if (isStreamingHandler(handler)) {
    throw new IdempotencyConfigurationError(
      'handler',
      'The handler streams its response, so there would be nothing to record and replay: return the response instead of streaming it.',
    );
  }
  if (handler.length < 3) return (event, context) => handler(event, context);
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    throw new IdempotencyConfigurationError(
      'handler',
      'The handler takes a callback, which Node.js 24 on Lambda no longer calls: make it async and return the response.',
    );
  }
  return (event, context) =>
    new Promise((resolve, reject) => {
      const callback = (error: unknown, result: unknown): void => (error === null || error === undefined ? resolve(result) : reject(error as Error));
      const returned = handler(event, context, callback);
      // Lambda takes whichever comes first, the callback or a returned promise.
      if (typeof (returned as { then?: unknown } | undefined)?.then === 'function') Promise.resolve(returned).then(resolve, reject);
    });
}
