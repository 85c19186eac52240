import { Deployed, textOf, TYPES, Value } from './deployed';
import { ENV, LAYER, RELAY, WireConfiguration } from '../../contract';

/** Whether a retry of a request that reaches a function is safe, and why. */
export interface Verdict {
  readonly state: 'protected' | 'exempt' | 'unprotected';
  readonly reason: string;
}

const unprotected = (reason: string): Verdict => ({ state: 'unprotected', reason });

/**
 * What becomes of a request that the gateway hands to a function.
 *
 * @param invoked a function, an alias or a version
 * @param route as the runtime names it, `POST /payments`
 */
export function protectionOf(invoked: Deployed, route: string): Verdict {
  switch (invoked.type) {
    case TYPES.VERSION:
      return ofVersion(invoked, route);
    case TYPES.ALIAS:
      return ofAlias(invoked, route);
    default:
      return ofFunction(invoked, route);
  }
}

function ofAlias(alias: Deployed, route: string): Verdict {
  const { FunctionVersion: version, RoutingConfig: routing } = alias.properties;
  const others = Object.values((routing as { AdditionalVersionWeights?: { FunctionVersion: Value }[] })?.AdditionalVersionWeights ?? []);
  const verdicts = [version, ...others.map(({ FunctionVersion }) => FunctionVersion)].map((value) => {
    const target = alias.referred(value).find(({ type }) => type === TYPES.VERSION);
    if (target !== undefined) return protectionOf(target, route);
    const [fn] = alias.referred(alias.properties.FunctionName);
    return textOf(value) === '$LATEST' && fn !== undefined
      ? protectionOf(fn, route)
      : unprotected(`alias ${alias.path} points to version ${textOf(value)}, whose code nobody can see from here`);
  });
  return verdicts.find(({ state }) => state === 'unprotected') ?? verdicts[0]!;
}

/** The CDK makes its current version anew with each change of the function; any other is published once. */
function ofVersion(version: Deployed, route: string): Verdict {
  const [fn] = version.referred(version.properties.FunctionName);
  if (fn === undefined) return unprotected(`version ${version.path} is of a function that is not in this app`);
  const verdict = protectionOf(fn, route);
  if (verdict.state === 'unprotected' || /\/CurrentVersion$/.test(version.path)) return verdict;
  return unprotected(`version ${version.path} is published once, and goes on running the code of that time`);
}

function ofFunction(fn: Deployed, route: string): Verdict {
  const { Handler: handler, Layers: layers = [], Environment: environment } = fn.properties;
  const variables = ((environment as { Variables?: Record<string, Value> })?.Variables ?? {});
  if (variables[ENV.SETTINGS] === undefined) return unprotected(`${fn.path} is not attached`);
  if (['1', 'true'].includes(textOf(variables[ENV.DISABLED]).toLowerCase())) return unprotected(`${fn.path} is switched off by ${ENV.DISABLED}`);
  if (settingsOf(variables[ENV.SETTINGS], route)?.disabled) return { state: 'exempt', reason: 'idempotent: false' };

  if (variables[ENV.TARGET] !== undefined && handler === RELAY.HANDLER) {
    const [target] = fn.referred(variables[ENV.TARGET]);
    return { state: 'protected', reason: `relay to ${target?.path ?? textOf(variables[ENV.TARGET])}` };
  }
  if (variables[ENV.HANDLER] === undefined) return { state: 'protected', reason: 'wraps its handler in code, as its environment says' };

  // Another layer that redirects handlers may have come after ours, and calls it then.
  const isOurs = handler === LAYER.HANDLER || Object.values(variables).includes(LAYER.HANDLER);
  if (!isOurs) return unprotected(`the handler of ${fn.path} was changed to ${textOf(handler)} after it was attached`);
  const hasLayer = fn.referred(layers).some(({ type, properties }) => type === TYPES.LAYER && properties.Description === LAYER.DESCRIPTION);
  if (!hasLayer) return unprotected(`the layers of ${fn.path} were changed after it was attached, and leave out the runtime: every request fails`);
  return { state: 'protected', reason: 'redirected' };
}

/** What holds on a route, in so far as it is known: what is not before the deployment counts as nothing. */
function settingsOf(value: Value, route: string): { readonly disabled?: boolean } | undefined {
  try {
    const { defaults, routes = {} } = JSON.parse(textOf(value, '0')) as WireConfiguration;
    const every = route.replace(/^\S+/, 'ANY');
    return { ...defaults, ...routes[every], ...routes[route] };
  } catch {
    return undefined;
  }
}
