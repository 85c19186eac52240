import type { IdempotencyOptions } from './configuration/options';
import { parseConfiguration, validateOptions } from './configuration/options-schema';
import { resourcesOf, type Environment } from './configuration/resources';
import { honoursKey, resolveSettings, routeSettings, type ResolvedSettings } from './configuration/settings';
import { IdempotencyConfigurationError } from './errors';
import type { Call, Host } from './execution/call';
import { callable, type AnyHandler, type CallableHandler } from './execution/call-handler';
import { freshToken } from './execution/fresh-token';
import { executionAround } from './execution/in-handler';
import { denied, protectedCall } from './execution/protected-call';
import { isPartOf, join } from './execution/wrapped-twice';
import { observe } from './observability/observe';
import { detectFront } from './request/fronts/detect';
import type { HttpRequest } from './request/fronts/front';
import { parseKey } from './request/key';
import { refuse, type Answer } from './response/answer';
import { forRequest } from './stores/for-request';
import { TimedStore } from './stores/timed-store';
import { systemClock } from './time';
import { ENV, type WireConfiguration, type WireSettings } from '../lib/contract';

/** A Lambda handler. Its result is a promise; below Node.js 24 it may call back instead, or tell by `context.done`, as Lambda lets it. */
export type LambdaHandler<Event, Context, Result> = (
  event: Event,
  context: Context,
  callback: (error?: Error | string | null, result?: Result) => void,
) => Promise<Result> | Result | void;

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

export const systemHost: Host = { clock: systemClock, token: freshToken, random: Math.random };

/** `idempotent` with time, randomness and environment passed in. */
export function wrap(handler: AnyHandler, options: IdempotencyOptions, host: Host, env: Environment): AnyHandler {
  if (isWrapped(handler)) return handler;
  const called = callable(handler, env);
  const code = validateOptions(options, 'options of idempotent()');
  const environment = withNamespace(parseConfiguration(env[ENV.SETTINGS]), env);
  const off = code.disabled ?? isOn(env[ENV.DISABLED]);
  const protect = off ? () => undefined : serve(called, code, environment, host, env);
  // The runtime of Node.js 24 refuses a handler of three parameters.
  const wrapped: AnyHandler = (event, context, ...[callback]) => protect(event, context) ?? called.pass(event, context, callback);
  return Object.defineProperty(wrapped, WRAPPED, { value: true });
}

export const isWrapped = (handler: unknown): boolean =>
  typeof handler === 'function' && (handler as { [WRAPPED]?: unknown })[WRAPPED] === true;

/** Answers a request that is to be protected, and is undefined for any other event. */
type Protect = (event: unknown, context: unknown) => Promise<unknown> | undefined;

function serve({ run }: CallableHandler, code: IdempotencyOptions, environment: WireConfiguration, host: Host, env: Environment): Protect {
  const { store, overflow, keySecret, previousKeySecret, logger, metrics } = resourcesOf(code, env);
  checkConsistency(code, environment, keySecret !== undefined);
  const wrapper = Symbol('wrapper');
  /** By the settings of a route's own: of those there are few, of routes without a template as many as clients ask for. */
  const resolved = new Map<WireSettings | undefined, ResolvedSettings>();

  const settingsOf = ({ method, route }: HttpRequest): ResolvedSettings => {
    const own = routeSettings(environment.routes, method, route);
    let settings = resolved.get(own);
    if (settings === undefined) {
      settings = { ...resolveSettings({ code, environment, method, route }), keySecret, previousKeySecret };
      resolved.set(own, settings);
    }
    return settings;
  };

  const answer = async (call: Call, key: RequestedKey, timed: TimedStore): Promise<unknown> => {
    const started = host.clock.monotonic();
    const around = executionAround();
    if (around !== undefined && key.kind === 'key' && (await isPartOf(around, call))) {
      const denial = await denied(call);
      return denial === undefined ? join(call, around) : replyOf(denial);
    }
    const answered = key.kind === 'key' ? await protectedCall(call) : refuse(call, 'rejected', refusalOf(key));
    await observe(call, answered, { ms: host.clock.monotonic() - started, storeLatency: timed.latency() }, metrics);
    return replyOf(answered.reply);
  };

  return (event, given) => {
    const front = detectFront(event);
    if (front === undefined) return undefined;
    const request = front.request(event);
    const settings = settingsOf(request);
    if (settings.disabled || !honoursKey(request.method, settings)) return undefined;
    const key = parseKey(request, settings);
    if (key.kind === 'absent' && !settings.required) return undefined;

    const context = typeof given === 'object' && given !== null ? given : {};
    const ownStore = key.kind === 'key' ? forRequest(store, { event, context, key: key.value, sentKey: key.sent }) : store;
    const timed = new TimedStore(ownStore, host.clock);
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
      store: timed,
    };
    return answer(call, key, timed);
  };
}

type RequestedKey = ReturnType<typeof parseKey>;

/** Few functions have settings that depend on each other: what checks them lies in a file of its own in the layer. */
function checkConsistency(code: IdempotencyOptions, environment: WireConfiguration, hasKeySecret: boolean): void {
  const all = [code, environment.defaults, ...Object.values(environment.routes ?? {})];
  if (all.every(({ keyTime = 'none', responseEncryption = 'none' }) => keyTime === 'none' && responseEncryption === 'none')) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  (require('./configuration/consistency') as typeof import('./configuration/consistency')).requireConsistent(code, environment, hasKeySecret);
}

const refusalOf = (key: Exclude<RequestedKey, { kind: 'key' }>) =>
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
