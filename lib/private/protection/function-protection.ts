import { choicesOf, Deployed, fieldsOf, isAbsent, membersOf, textOf, TYPES, Value, variantsOf } from './deployed';
import { ENV, LAYER, RELAY, WireConfiguration } from '../../contract';

/** Whether a retry of a request that reaches a function is safe, and why. */
export interface Verdict {
  readonly state: 'protected' | 'exempt' | 'unprotected';
  readonly reason: string;
}

/** In the place of a path: the gateway has no routes, and tells the runtime the path of each request. */
export const ANY_PATH = '*';

const unprotected = (reason: string): Verdict => ({ state: 'unprotected', reason });

/** What holds of several things that a request may meet. */
export const worstOf = <V extends Verdict>(verdicts: readonly V[]): V | undefined =>
  verdicts.find(({ state }) => state === 'unprotected') ?? verdicts.find(({ state }) => state === 'protected') ?? verdicts[0];

/** Functions of these are not what `idempotent()` wraps. */
const NOT_JAVASCRIPT = /^(python|java|dotnet|ruby|go)/;

/**
 * What becomes of a request that the gateway hands to a function.
 *
 * @param invoked a function, an alias or a version
 * @param route as the runtime names it, `POST /payments`, or `ANY *`
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
  const { FunctionName, FunctionVersion, RoutingConfig } = alias.properties;
  const weighted = choicesOf(RoutingConfig)
    .flatMap((routing) => membersOf(fieldsOf(routing).AdditionalVersionWeights))
    .map((weight) => fieldsOf(weight).FunctionVersion);
  return worstOf([FunctionVersion, ...weighted].flatMap(choicesOf).map((version) => {
    const target = alias.referred(version).find(({ type }) => type === TYPES.VERSION);
    if (target !== undefined) return protectionOf(target, route);
    const functions = alias.referred(FunctionName);
    return textOf(version) === '$LATEST' && functions.length > 0
      ? worstOf(functions.map((fn) => protectionOf(fn, route)))!
      : unprotected(`alias ${alias.path} points to version ${textOf(version)}, whose code nobody can see from here`);
  }))!;
}

/** The CDK makes its current version anew with each change of the function; any other is published once. */
function ofVersion(version: Deployed, route: string): Verdict {
  const functions = version.referred(version.properties.FunctionName);
  const verdict = worstOf(functions.map((fn) => protectionOf(fn, route)));
  if (verdict === undefined) return unprotected(`version ${version.path} is of a function that is not in this app`);
  if (verdict.state === 'unprotected' || functions.every(({ path }) => version.path === `${path}/CurrentVersion`)) return verdict;
  return unprotected(`version ${version.path} is published once, and goes on running the code of that time`);
}

function ofFunction(fn: Deployed, route: string): Verdict {
  const variables = fieldsOf(fieldsOf(fn.properties.Environment).Variables);
  const off = switchedOff(variables[ENV.DISABLED]);
  if (off !== undefined) return unprotected(`${fn.path} ${off} by ${ENV.DISABLED}`);
  return worstOf(choicesOf(variables[ENV.SETTINGS]).map((settings) => withSettings(fn, variables, settings, route)))!;
}

function withSettings(fn: Deployed, variables: Readonly<Record<string, Value>>, settings: Value, route: string): Verdict {
  if (isAbsent(settings)) return unprotected(`${fn.path} is not attached`);
  const { Handler: handler, Layers: layers = [], Runtime: runtime } = fn.properties;
  const { isExempt, exceptions } = exemptionsIn(settings, route);
  if (isExempt) return { state: 'exempt', reason: 'idempotent: false' };
  const protectedBy = (how: string): Verdict =>
    ({ state: 'protected', reason: exceptions.length === 0 ? how : `${how}, but for ${exceptions.join(', ')} (idempotent: false)` });

  if (variables[ENV.TARGET] !== undefined) {
    if (handler !== RELAY.HANDLER) return unprotected(`the handler of the relay ${fn.path} was changed to ${textOf(handler)}`);
    const [target] = fn.referred(variables[ENV.TARGET]);
    return protectedBy(`relay to ${target?.path ?? textOf(variables[ENV.TARGET])}`);
  }
  if (variables[ENV.HANDLER] === undefined) {
    return NOT_JAVASCRIPT.test(textOf(runtime))
      ? unprotected(`${fn.path} runs on ${textOf(runtime)}, where nothing wraps its handler`)
      : protectedBy('wraps its handler in code, as its environment says');
  }

  // Another layer that redirects handlers may have come after ours, and calls it then.
  const isRedirected = Object.values(variables).includes(LAYER.HANDLER);
  const own = textOf(variables[ENV.HANDLER]);
  const isOurs = choicesOf(handler).every((choice) => choice === LAYER.HANDLER || (isRedirected && textOf(choice) !== own));
  if (!isOurs) return unprotected(`the handler of ${fn.path} was changed to ${textOf(handler)} after it was attached`);
  const haveLayer = variantsOf(layers).every((variant) =>
    fn.referred(variant).some(({ type, properties }) => type === TYPES.LAYER && properties.Description === LAYER.DESCRIPTION));
  if (!haveLayer) return unprotected(`the layers of ${fn.path} were changed after it was attached, and leave out the runtime: every request fails`);
  return protectedBy('redirected');
}

/** Names of the headers that a function takes keys from, with `{}` for what of them only the deployment knows. */
export function keyHeadersOf(fn: Deployed): readonly string[] {
  const settings = fieldsOf(fieldsOf(fn.properties.Environment).Variables)[ENV.SETTINGS];
  return choicesOf(settings).filter((choice) => !isAbsent(choice)).flatMap((choice) => {
    const text = textOf(choice);
    const configuration = text === UNKNOWN && choice !== text ? undefined : parsed(text);
    if (configuration === undefined) return [UNKNOWN];
    const { defaults, routes } = fieldsOf(configuration);
    return [defaults, ...Object.values(fieldsOf(routes))].map(fieldsOf)
      .flatMap(({ headerName, headerAliases }) => [headerName, headerAliases].flat())
      .map((name) => (JSON.stringify(name) === UNKNOWN ? UNKNOWN : name))
      .filter((name) => typeof name === 'string');
  });
}

/** What a function's keys on a route are kept apart by: namespace and secret. Undefined where only the deployment knows. */
export function keySpaceOf(fn: Deployed, route: string): string | undefined {
  const variables = fieldsOf(fieldsOf(fn.properties.Environment).Variables);
  const { defaults, routes }: Partial<WireConfiguration> = fieldsOf(parsed(textOf(variables[ENV.SETTINGS])));
  const namespace = routes?.[route]?.namespace ?? defaults?.namespace;
  return namespace === undefined || namespace.includes(UNKNOWN) ? undefined : JSON.stringify([namespace, variables[ENV.KEY_SECRET]]);
}

/** What `textOf` has for a value of the deployment's; in JSON it is an object without members where no quotes are around it. */
const UNKNOWN = '{}';

/** The functions that an invocation may run. */
export const functionsBehind = (invoked: Deployed): readonly Deployed[] =>
  (invoked.type === TYPES.VERSION || invoked.type === TYPES.ALIAS ? invoked.referred(invoked.properties.FunctionName) : [invoked]);

/** By a variable that says so, or that the deployment may give the value to. */
function switchedOff(variable: Value): string | undefined {
  const values = choicesOf(variable).filter((value) => !isAbsent(value)).map((value) => textOf(value).toLowerCase());
  if (values.some((value) => ['1', 'true'].includes(value))) return 'is switched off';
  return values.some((value) => value.includes('{}')) ? 'may be switched off' : undefined;
}

/** Routes on which somebody said `idempotent: false`. */
interface Exemptions {
  readonly isExempt: boolean;
  /** Of those that a route may carry, where it is one for many methods or paths. */
  readonly exceptions: readonly string[];
}

/** As far as settings are known: what is not before the deployment exempts nothing. */
function exemptionsIn(value: Value, route: string): Exemptions {
  const { defaults, routes } = configurationIn(value);
  const [method, path] = route.split(' ');
  const isOff = (name: string): boolean => routes?.[name]?.disabled ?? defaults?.disabled ?? false;
  const own = [route, `ANY ${path}`].find((name) => routes?.[name] !== undefined) ?? route;
  const carried = Object.keys(routes ?? {}).filter((name) => {
    const [ofMethod, ofPath] = name.split(' ');
    const isOfMethod = method === 'ANY' || ofMethod === method;
    return name !== own && (path === ANY_PATH ? isOfMethod || ofMethod === 'ANY' : isOfMethod && ofPath === path);
  });
  return { isExempt: isOff(own), exceptions: carried.filter(isOff) };
}

const configurationIn = (value: Value): Partial<WireConfiguration> => fieldsOf(parsed(textOf(value, '0')));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
