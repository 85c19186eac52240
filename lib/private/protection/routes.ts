import { Deployed, textOf, TYPES, Value } from './deployed';
import { protectionOf, Verdict } from './function-protection';
import { describedRoutes } from './open-api';
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
/** What stands behind a function's ARN in the URI of an integration, where that is put together. */
const QUALIFIER = /\{\}:([\w$-]+)(?:\/|$)/;
const LAMBDA_ARN = /:lambda:[^:]*:[^:]*:function:([^/]+)/;
const UNKNOWN_FUNCTION = /^\{\}$|:lambda:path\/[^{]*\{\}/;
const MOCK = { state: 'exempt', reason: 'a mock, which calls nothing' } as const;

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
  const [api = imported(route, TYPES.HTTP_API, id)] = route.referred(id);
  const key = textOf(RouteKey);
  // A WebSocket API that is not in this app is known by keys that name no path.
  if (api.properties.ProtocolType === 'WEBSOCKET' || (key !== '$default' && !key.includes(' '))) return [];
  const [method, path] = key === '$default' ? ['ANY', key] : key.split(' ') as [string, string];
  const [integration] = route.referred(Target);
  const uri = integration?.properties.IntegrationUri;
  const invoked = integration?.referred(uri) ?? [];
  return [judged({ api, method, path, resource: route }, invoked, integration?.properties.IntegrationSubtype ?? uri, resources)];
}

function restMethod(method: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { RestApiId: id, HttpMethod, ResourceId } = method.properties;
  const [api = imported(method, TYPES.REST_API, id)] = method.referred(id);
  const integration = (method.properties.Integration ?? {}) as { Type?: Value; Uri?: Value };
  const route = { api, method: textOf(HttpMethod), path: restPath(method, ResourceId), resource: method };
  if (integration.Type === 'MOCK' || integration.Type === undefined) return [{ ...route, ...MOCK }];
  return [judged(route, method.referred(integration.Uri), integration.Uri, resources)];
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
  const [path, method = 'ANY'] = textOf(RouteKey).split(' ').reverse() as [string, string?];
  return [judged({ api, method, path }, api.referred(target), target, resources)];
}

function functionUrl(url: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { TargetFunctionArn: target, Qualifier: qualifier } = url.properties;
  const uri = qualifier === undefined ? target : { 'Fn::Join': [':', [target, qualifier]] };
  return [judged({ api: url, method: 'ANY', path: '$default', resource: url }, url.referred(target), uri, resources)];
}

interface ServerlessEvent {
  readonly Type?: string;
  readonly Properties?: { readonly Path?: Value; readonly Method?: Value; readonly ApiId?: Value; readonly RestApiId?: Value };
}

/** SAM makes the routes that a function lists as its events, and often their API too; until then they belong to the function. */
function serverlessEvents(fn: Deployed): readonly JudgedRoute[] {
  const { FunctionUrlConfig: url } = fn.properties;
  const events = (fn.properties.Events ?? {}) as Record<string, ServerlessEvent>;
  const routes = Object.values(events)
    .filter(({ Type }) => Type === 'HttpApi' || Type === 'Api')
    .map(({ Properties: { Path = '$default', Method = 'ANY', ApiId, RestApiId } = {} }) => {
      const [api = fn] = fn.referred(ApiId ?? RestApiId);
      return { api, method: textOf(Method).toUpperCase(), path: textOf(Path) };
    });
  return [...routes, ...url === undefined ? [] : [{ api: fn, method: 'ANY', path: '$default' }]]
    .map((route) => judged(route, [fn], undefined, []));
}

interface RuleCondition {
  readonly Field?: string;
  readonly Values?: readonly Value[];
  readonly PathPatternConfig?: { readonly Values?: readonly Value[] };
  readonly HttpRequestMethodConfig?: { readonly Values?: readonly Value[] };
}

/** What a load balancer's rule, or a listener by default, forwards to functions. */
function balancedRoutes(rule: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { Actions, DefaultActions, ListenerArn, Conditions = [] } = rule.properties;
  const groups = rule.referred(Actions ?? DefaultActions).filter(({ type, properties }) =>
    type === TYPES.TARGET_GROUP && properties.TargetType === 'lambda');
  const [listener = rule] = rule.referred(ListenerArn);
  const [api = listener] = listener.referred(listener.properties.LoadBalancerArn);
  const conditions = Conditions as readonly RuleCondition[];
  const listed = (values: (condition: RuleCondition) => readonly Value[] | undefined, otherwise: string): readonly string[] => {
    const found = conditions.flatMap((condition) => values(condition) ?? []).map((value) => textOf(value));
    return found.length === 0 ? [otherwise] : found;
  };
  const methods = listed((condition) => condition.HttpRequestMethodConfig?.Values, 'ANY');
  const paths = listed(({ Field, Values, PathPatternConfig }) => PathPatternConfig?.Values ?? (Field === 'path-pattern' ? Values : undefined), '/*');
  return groups.flatMap((group) => methods.flatMap((method) => paths.map((path) => {
    const [target] = (group.properties.Targets ?? []) as readonly { readonly Id?: Value }[];
    return judged({ api, method, path, resource: rule }, group.referred(target?.Id), target?.Id, resources);
  })));
}

/** Routes that an OpenAPI description in the template has, or that nobody can see. */
function described(api: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  return describedRoutes(api).map(({ method, path, hidden, mock, uri }) => {
    const route = { api, method, path };
    if (hidden !== undefined) return { ...route, state: 'unprotected', reason: `${hidden}, so that nobody can see its routes` };
    if (mock) return { ...route, ...MOCK };
    const named = api.referred(uri);
    return judged(route, named.some(isInvocable) ? named : namedIn(uri, resources), uri, resources);
  });
}

/** A description may name a function of the template by its literal name. */
function namedIn(uri: Value, resources: readonly Deployed[]): readonly Deployed[] {
  const name = LAMBDA_ARN.exec(textOf(uri))?.[1];
  return name === undefined ? [] : resources.filter(({ type, properties }) => type === TYPES.FUNCTION && properties.FunctionName === name);
}

const isInvocable = ({ type }: Deployed): boolean => INVOCABLE.has(type);

/** By the worst of what it may call: `Fn::If` leaves a choice to the deployment. */
function judged(route: Route, candidates: readonly Deployed[], integrated: Value, resources: readonly Deployed[]): JudgedRoute {
  const invocable = candidates.filter(isInvocable);
  const exemption = exemptionOf(route);
  if (exemption !== undefined) return { ...route, invoked: invocable[0], state: 'exempt', reason: exemption };
  const text = textOf(integrated);
  const verdicts = invocable.map((invoked) => qualified(route, invoked, QUALIFIER.exec(text)?.[1], resources));
  return verdicts.find(({ state }) => state === 'unprotected') ?? verdicts[0] ?? { ...route, state: 'unprotected', reason: unknownTarget(integrated, text) };
}

function exemptionOf({ method, resource }: Route): string | undefined {
  if (!honoursKeys(method)) return `a key means nothing on ${method}`;
  return resource?.metadata[EXEMPT_METADATA] === true ? 'idempotent: false' : undefined;
}

function unknownTarget(integrated: Value, text: string): string {
  if (integrated === undefined) return 'has no integration that can be read';
  const name = LAMBDA_ARN.exec(text)?.[1];
  if (name !== undefined) return `${name} is a function that is not in this app`;
  return UNKNOWN_FUNCTION.test(text) ? 'calls something that is not in this app' : `calls no function but ${text}`;
}

/** A function by itself, or the alias or the version of it that is named behind its ARN. */
function qualified(route: Route, invoked: Deployed, qualifier: string | undefined, resources: readonly Deployed[]): JudgedRoute {
  const name = `${route.method} ${route.path}`;
  if (invoked.type !== TYPES.FUNCTION || qualifier === undefined || qualifier === '$LATEST') {
    return { ...route, invoked, ...protectionOf(invoked, name) };
  }
  const alias = resources.find(({ type, properties, referred }) =>
    type === TYPES.ALIAS && properties.Name === qualifier && referred(properties.FunctionName).some(({ id }) => id === invoked.id));
  if (alias !== undefined) return { ...route, invoked: alias, ...protectionOf(alias, name) };
  return { ...route, invoked, state: 'unprotected', reason: `calls version ${qualifier} of ${invoked.path}, whose code nobody can see from here` };
}
