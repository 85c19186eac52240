import { choicesOf, Deployed, fieldsOf, isAbsent, membersOf, textOf, TYPES, Value, variantsOf } from './deployed';
import { ANY_PATH, functionsBehind, keyHeadersOf, protectionOf, Verdict, worstOf } from './function-protection';
import { describedRoutes } from './open-api';
import { HEADERS } from '../../contract';
import { honoursKeys } from '../methods';

/** Metadata of a route or method whose requests go straight to the handler because somebody said so. */
export const EXEMPT_METADATA = 'cdk-idempotent-api:exempt';

/** A route, and what the gateway does with its requests. */
interface Route {
  readonly api: Deployed;
  /** `POST`, or `ANY`. */
  readonly method: string;
  /** `/payments/{id}`, `$default`, or `*` for an API whose routes nobody can see. */
  readonly path: string;
  /** The route or method itself; undefined where an OpenAPI description has it. */
  readonly resource?: Deployed;
}

/** One route of an API, and what becomes of a request's key on it. */
export interface JudgedRoute extends Route, Verdict {
  /** What the gateway calls: a function, an alias or a version; undefined for anything else. */
  readonly invoked?: Deployed;
}

const INVOCABLE: ReadonlySet<string> = new Set([TYPES.FUNCTION, TYPES.SERVERLESS_FUNCTION, TYPES.VERSION, TYPES.ALIAS]);
/** What a gateway does with the requests of a route. */
interface Call {
  /** What the reference is one of. */
  readonly from: Deployed;
  /** What it is, an ARN or a URI with one in it. */
  readonly target: Value;
  /** What is called by what the target says, where it refers to no function of the app. */
  readonly named?: readonly Deployed[];
  /** Whether it is called as any server is, by HTTP, and not invoked. */
  readonly byHttp?: boolean;
  /** Why what the function is invoked with is not the request as it was sent. */
  readonly altered?: string;
  /** The parameter mappings between the two, if any. */
  readonly mappings?: Value;
  /** What is called, where nobody in the app says what that is. */
  readonly unseen?: string;
}

/** What stands behind a function's ARN, where that is put together. */
const QUALIFIER = /(?:^|functions\/|function:)\{\}:([^/]+)(?:\/|$)/;
/** Where a reference is all of a function's ARN or name, and not a part of another's. */
const WHOLE = /(?:^|functions\/|function:)\{\}(?::[^/]+)?(?:\/|$)/;
/** A part that is known to the deployment alone. */
const UNKNOWN_PART = '{}';
const LAMBDA_ARN = /:lambda:([^:]*):([^:]*):function:([^/]+)/;
const UNKNOWN_FUNCTION = /^\{\}$|:lambda:path\/[^{]*\{\}/;
const LATEST = '$LATEST';
const WITHOUT_ROUTES: ReadonlySet<string> = new Set([TYPES.URL, TYPES.LOAD_BALANCER, TYPES.LISTENER, TYPES.LISTENER_RULE]);
const UNREADABLE = 'has no integration that can be read';
const MAPPED = 'a mapping template, and no proxy integration, makes what its function is invoked with: the runtime sees no request in it';
const FOREIGN_GROUP = 'forwards to a target group that is not in this app';
/** A parameter mapping of an HTTP API that changes a header of the request. */
const HEADER_MAPPING = /^(append|overwrite|remove):header\.(.+)$/i;
/** What AWS gives each attempt anew. */
const OF_ONE_ATTEMPT = /header\.(x-amz-cf-id|x-amzn-trace-id)\}?$/i;
const MOCK = { state: 'exempt', reason: 'a mock, which calls nothing' } as const;

/** Whether the gateway tells the runtime a route's template; the others tell it the path of each request. */
export const hasRouteTemplates = ({ api }: JudgedRoute): boolean => !WITHOUT_ROUTES.has(api.type);

/** Every route of every API among these resources. */
export function judgedRoutes(resources: readonly Deployed[]): readonly JudgedRoute[] {
  return resources.flatMap((resource) => {
    switch (resource.type) {
      case TYPES.HTTP_ROUTE:
        return httpRoute(resource, resources);
      case TYPES.REST_METHOD:
        return restMethod(resource, resources);
      case TYPES.HTTP_API:
      case TYPES.REST_API:
      case TYPES.SERVERLESS_HTTP_API:
      case TYPES.SERVERLESS_REST_API:
        return [...quickRoute(resource, resources), ...described(resource, resources)];
      case TYPES.URL:
        return functionUrl(resource, resources);
      case TYPES.SERVERLESS_FUNCTION:
        return serverlessEvents(resource);
      case TYPES.LISTENER:
      case TYPES.LISTENER_RULE:
        return balancedRoutes(resource, resources);
      default:
        return [];
    }
  });
}

function httpRoute(route: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { ApiId: id, RouteKey, Target } = route.properties;
  const api = route.referred(id)[0];
  const key = textOf(RouteKey);
  // A WebSocket API that is not in this app is known by keys that name no path.
  const isSocket = api === undefined ? /^[^\s{}]+$/.test(key) && key !== '$default' : api.properties.ProtocolType === 'WEBSOCKET';
  if (isSocket) return [];
  const calls = route.referred(Target).map((from): Call => {
    const { IntegrationType, IntegrationUri, IntegrationSubtype, RequestParameters } = from.properties;
    const byHttp = choicesOf(IntegrationType).some((type) => type !== 'AWS_PROXY');
    return { from, target: IntegrationSubtype ?? IntegrationUri, byHttp, mappings: RequestParameters };
  });
  return [judged({ api: api ?? imported(route, TYPES.HTTP_API, id), ...methodAndPath(key), resource: route }, calls, resources)];
}

/** `POST /payments`, or `$default`. */
function methodAndPath(key: string): Pick<Route, 'method' | 'path'> {
  const [path, method = 'ANY'] = key.split(' ').reverse() as [string, string?];
  return { method, path };
}

function restMethod(method: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { RestApiId: id, HttpMethod, ResourceId } = method.properties;
  const [api = imported(method, TYPES.REST_API, id)] = method.referred(id);
  const route = { api, method: textOf(HttpMethod), path: restPath(method, ResourceId), resource: method };
  const integrations = choicesOf(method.properties.Integration);
  const calling = integrations.filter((integration) => !isAbsent(integration) && fieldsOf(integration).Type !== 'MOCK').map(fieldsOf);
  if (calling.length === 0) return [{ ...route, ...MOCK }];
  return [judged(route, calling.map(({ Type, Uri }): Call => ({ from: method, target: Uri, ...(Type !== 'AWS_PROXY' && { altered: MAPPED }) })), resources)];
}

function restPath(child: Deployed, parent: Value): string {
  const [resource] = child.referred(parent);
  if (resource?.type !== TYPES.REST_RESOURCE) return '/';
  const above = restPath(resource, resource.properties.ParentId);
  return `${above === '/' ? '' : above}/${textOf(resource.properties.PathPart)}`;
}

/** Stands for the API of a route where that is not in this app. */
const imported = (route: Deployed, type: string, id: Value): Deployed =>
  ({ ...route, id: '', type, path: `${textOf(id, '')} (imported)`.trim(), properties: {}, metadata: {} });

/** An HTTP API may be made with one function and one route by itself. */
function quickRoute(api: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { Target: target, RouteKey = '$default' } = api.properties;
  if (target === undefined) return [];
  return [judged({ api, ...methodAndPath(textOf(RouteKey)) }, [{ from: api, target }], resources)];
}

function functionUrl(url: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { TargetFunctionArn: target, Qualifier: qualifier } = url.properties;
  const called = isAbsent(qualifier) ? target : { 'Fn::Join': [':', [target, qualifier]] };
  return [judged({ api: url, method: 'ANY', path: '$default', resource: url }, [{ from: url, target: called }], resources)];
}

/** SAM makes the routes that a function lists as its events, and often their API too; until then they belong to the function. */
function serverlessEvents(fn: Deployed): readonly JudgedRoute[] {
  const { Events, FunctionUrlConfig: url } = fn.properties;
  const routes = choicesOf(Events).flatMap((events) => Object.values(fieldsOf(events))).flatMap(choicesOf).map(fieldsOf)
    .filter(({ Type }) => choicesOf(Type).some((type) => type === 'HttpApi' || type === 'Api'))
    .map(({ Properties }) => {
      const { Path = '$default', Method = 'ANY', ApiId, RestApiId } = fieldsOf(Properties);
      const [api = fn] = fn.referred(ApiId ?? RestApiId);
      return { api, method: textOf(Method).toUpperCase(), path: textOf(Path) };
    });
  return [...routes, ...isAbsent(url) ? [] : [{ api: fn, method: 'ANY', path: '$default' }]]
    .map((route) => judged(route, [{ from: fn, target: undefined, named: [fn] }], []));
}

/** What a load balancer's rule, or a listener by default, forwards to functions. */
function balancedRoutes(rule: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { Actions, DefaultActions, ListenerArn, Conditions } = rule.properties;
  const groups = rule.referred(Actions ?? DefaultActions).filter(({ type, properties }) =>
    type === TYPES.TARGET_GROUP && choicesOf(properties.TargetType).includes('lambda'));
  const [listener = rule] = rule.referred(ListenerArn);
  const [api = listener] = listener.referred(listener.properties.LoadBalancerArn);
  const conditions = membersOf(Conditions).map(fieldsOf);
  const listed = (lists: readonly Value[], otherwise: string): readonly string[] => {
    const found = lists.flatMap(membersOf).map((value) => textOf(value));
    return found.length === 0 ? [otherwise] : found;
  };
  const methods = listed(conditions.map(({ HttpRequestMethodConfig }) => fieldsOf(HttpRequestMethodConfig).Values), 'ANY');
  const paths = listed(conditions.map(({ Field, Values, PathPatternConfig }) =>
    fieldsOf(PathPatternConfig).Values ?? (Field === 'path-pattern' ? Values : undefined)), '/*');
  const called = groups.map((group) => membersOf(group.properties.Targets).map((target): Call => ({ from: group, target: fieldsOf(target).Id })));
  const isForeign = (group: Value): boolean => rule.referred(group).every(({ type }) => type !== TYPES.TARGET_GROUP);
  const leadsAway = !isBelowHttp(rule) && forwardedTo(Actions ?? DefaultActions).some(isForeign);
  if (leadsAway) called.push([{ from: rule, target: undefined, unseen: FOREIGN_GROUP }]);
  return called.flatMap((calls) =>
    methods.flatMap((method) => paths.map((path) => judged({ api, method, path, resource: rule }, calls, resources))));
}

/** Whether a listener is a network load balancer's, which has no requests, and no functions behind it. */
const isBelowHttp = ({ properties: { Protocol } }: Deployed): boolean =>
  choicesOf(Protocol).every((protocol) => /^(TCP|TLS|UDP|TCP_UDP)$/.test(textOf(protocol)));

/** The ARNs of the target groups that actions forward to. */
const forwardedTo = (actions: Value): readonly Value[] =>
  membersOf(actions).map(fieldsOf).filter(({ Type }) => choicesOf(Type).includes('forward')).flatMap(({ TargetGroupArn, ForwardConfig }) => [
    ...choicesOf(TargetGroupArn),
    ...choicesOf(ForwardConfig).flatMap((forward) => membersOf(fieldsOf(forward).TargetGroups))
      .flatMap((group) => choicesOf(fieldsOf(group).TargetGroupArn)),
  ]).filter((arn) => !isAbsent(arn));

/**
 * The mapping that takes a key's header away, or fills it with something that
 * is not a header of the request; or may do so, where only the deployment knows
 * all of the header's name.
 */
function alteredKey({ mappings }: Call, invocable: readonly Deployed[], resources: readonly Deployed[]): string | undefined {
  const altering = choicesOf(mappings).flatMap((choice) => Object.entries(fieldsOf(choice))).flatMap(([mapping, value]) => {
    const [, change, header] = HEADER_MAPPING.exec(mapping) ?? [];
    return header === undefined || (change!.toLowerCase() !== 'remove' && isOfRequest(textOf(value))) ? [] : [{ mapping, header: header.toLowerCase() }];
  });
  if (altering.length === 0) return undefined;
  const names = [HEADERS.KEY, ...resources.flatMap(keyHeadersOf)].map((name) => name.toLowerCase());
  const known = altering.find(({ header }) => names.includes(header));
  if (known !== undefined) return `the parameter mapping ${known.mapping} changes the key before its function sees it`;
  const partly = invocable.flatMap(functionsBehind).flatMap(keyHeadersOf).filter((name) => name.includes(UNKNOWN_PART));
  const possible = altering.find(({ header }) => partly.some((name) => mayBe(name, header)));
  return possible && `the parameter mapping ${possible.mapping} may change the key before its function sees it: `
    + 'the name of its header is not known before the deployment, so write it out as headerName';
}

/** Whether each retry has a value again: it is that of a header that the client sends. */
const isOfRequest = (value: string): boolean =>
  !OF_ONE_ATTEMPT.test(value) && /^\$(request\.header\.[^$]+|\{request\.header\.[^}]+\})$/.test(value);

/** Whether a name may come to be another one, once what is not known of it is. */
const mayBe = (name: string, other: string): boolean =>
  new RegExp(`^${name.split(UNKNOWN_PART).map((part) => part.replace(/[^\w-]/g, '\\$&')).join('.*')}$`, 'i').test(other);

/** Routes that an OpenAPI description in the template has, or that nobody can see. */
function described(api: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  return describedRoutes(api).map(({ method, path, hidden, type = 'aws_proxy', uri, parameters }) => {
    const route = { api, method, path };
    if (hidden !== undefined) return { ...route, state: 'unprotected', reason: `${hidden}, so that nobody can see its routes` };
    if (type === 'mock') return { ...route, ...MOCK };
    const altered = type === 'aws_proxy' ? undefined : MAPPED;
    return judged(route, [{ from: api, target: uri, named: namedIn(api, uri, resources), altered, mappings: parameters }], resources);
  });
}

/** A description may name a function of the template by its literal name. */
function namedIn(from: Deployed, uri: Value, resources: readonly Deployed[]): readonly Deployed[] {
  const name = LAMBDA_ARN.exec(textOf(uri))?.[3];
  return name === undefined ? [] : resources.filter(({ type, properties, environment }) =>
    type === TYPES.FUNCTION && properties.FunctionName === name && isOf(environment, from.environment));
}

const isOf = (one: Deployed['environment'], other: Deployed['environment']): boolean =>
  one.account === other.account && one.region === other.region;

/** Whether an ARN is of the account and the region that it stands in, as far as it names any. */
function isNear({ environment: { account, region } }: Deployed, target: string): boolean {
  const [, ofRegion = '{}', ofAccount = '{}'] = LAMBDA_ARN.exec(target) ?? [];
  return ['{}', region].includes(ofRegion) && ['{}', account].includes(ofAccount);
}

const isInvocable = ({ type }: Deployed): boolean => INVOCABLE.has(type);

/** By the worst of what it may call: `Fn::If` leaves a choice to the deployment. */
function judged(route: Route, calls: readonly Call[], resources: readonly Deployed[]): JudgedRoute {
  const targets = calls.flatMap((call) => variantsOf(call.target).map((target) => ({ ...call, target })));
  const exemption = exemptionOf(route);
  if (exemption !== undefined) return { ...route, invoked: targets.flatMap(invocableBy)[0], state: 'exempt', reason: exemption };
  return worstOf(targets.flatMap((call) => judgedCalls(route, call, resources))) ?? { ...route, state: 'unprotected', reason: UNREADABLE };
}

function judgedCalls(route: Route, call: Call, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const invocable = invocableBy(call);
  if (invocable.length === 0) return [{ ...route, state: 'unprotected', reason: call.unseen ?? unknownTarget(call.target) }];
  const altered = call.altered ?? alteredKey(call, invocable, resources);
  if (altered !== undefined) return [{ ...route, invoked: invocable[0], state: 'unprotected', reason: altered }];
  const qualifier = QUALIFIER.exec(textOf(call.target))?.[1];
  // The qualifier of a function may be that of a version or alias that is referred to beside it.
  const published = qualifier === UNKNOWN_PART ? invocable.filter(({ type }) => type === TYPES.VERSION || type === TYPES.ALIAS) : [];
  return (published.length > 0 ? published : invocable).map((invoked) => qualified(route, invoked, qualifier, resources));
}

function invocableBy({ from, target, byHttp = false, named = [] }: Call): readonly Deployed[] {
  const text = textOf(target);
  if (byHttp || !isNear(from, text)) return [];
  const referred = WHOLE.test(text) ? from.referred(target).filter(isInvocable) : [];
  return referred.length > 0 ? referred : named;
}

function exemptionOf({ method, resource }: Route): string | undefined {
  if (!honoursKeys(method)) return `a key means nothing on ${method}`;
  return resource?.metadata[EXEMPT_METADATA] === true ? 'idempotent: false' : undefined;
}

function unknownTarget(target: Value): string {
  if (isAbsent(target)) return UNREADABLE;
  const text = textOf(target);
  const name = LAMBDA_ARN.exec(text)?.[3];
  if (name !== undefined) return `${name} is a function that is not in this app`;
  return UNKNOWN_FUNCTION.test(text) ? 'calls something that is not in this app' : `calls no function but ${text}`;
}

/** A function by itself, or the alias or the version of it that is named behind its ARN. */
function qualified(route: Route, invoked: Deployed, qualifier: string | undefined, resources: readonly Deployed[]): JudgedRoute {
  const name = `${route.method} ${WITHOUT_ROUTES.has(route.api.type) ? ANY_PATH : route.path}`;
  const isPublished = invoked.type === TYPES.VERSION || invoked.type === TYPES.ALIAS;
  if (isPublished || qualifier === undefined || [LATEST, invoked.properties.AutoPublishAlias].includes(qualifier)) {
    return { ...route, invoked, ...protectionOf(invoked, name) };
  }
  const alias = resources.find(({ type, properties, referred }) =>
    type === TYPES.ALIAS && properties.Name === qualifier && referred(properties.FunctionName).some(({ id }) => id === invoked.id));
  if (alias !== undefined) return { ...route, invoked: alias, ...protectionOf(alias, name) };
  return { ...route, invoked, state: 'unprotected', reason: `calls version ${qualifier} of ${invoked.path}, whose code nobody can see from here` };
}
