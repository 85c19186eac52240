import { Deployed, textOf, TYPES, Value } from './deployed';
import { protectionOf, Verdict } from './function-protection';
import { honoursKeys } from '../methods';

/** Metadata of a route or method whose requests go straight to the handler because somebody said so. */
export const EXEMPT_METADATA = 'cdk-idempotent-api:exempt';

/** One route of an API, and what becomes of a request's key on it. */
export interface JudgedRoute extends Verdict {
  readonly api: Deployed;
  /** `POST`, or `ANY`. */
  readonly method: string;
  /** `/payments/{id}`, `$default`, or `*` for an API whose routes are not in its template. */
  readonly path: string;
  /** What the gateway calls: a function, an alias or a version; undefined for anything else. */
  readonly invoked?: Deployed;
  /** The route or method itself; undefined where an OpenAPI description has it. */
  readonly resource?: Deployed;
}

const INVOCABLE: ReadonlySet<string> = new Set([TYPES.FUNCTION, TYPES.SERVERLESS_FUNCTION, TYPES.VERSION, TYPES.ALIAS]);
/** What stands behind a function's ARN in the URI of an integration, where that is put together. */
const QUALIFIER = /\{\}:([\w$-]+)(?:\/|$)/;
const LAMBDA_ARN = /:lambda:[^:]*:[^:]*:function:([^/]+)/;

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
        return described(resource, resources);
      case TYPES.URL:
        return functionUrl(resource, resources);
      case TYPES.SERVERLESS_FUNCTION:
        return serverlessEvents(resource);
      default:
        return [];
    }
  });
}

function httpRoute(route: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const [api] = route.referred(route.properties.ApiId);
  if (api === undefined || api.properties.ProtocolType === 'WEBSOCKET') return [];
  const key = textOf(route.properties.RouteKey);
  const [method, path] = key === '$default' ? ['ANY', key] : key.split(' ') as [string, string];
  const [integration] = route.referred(route.properties.Target);
  const uri = integration?.properties.IntegrationUri;
  const invoked = integration?.referred(uri)[0];
  return [judged({ api, method, path, invoked, resource: route }, integration?.properties.IntegrationSubtype ?? uri, resources)];
}

function restMethod(method: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const [api] = method.referred(method.properties.RestApiId);
  if (api === undefined) return [];
  const integration = (method.properties.Integration ?? {}) as { Type?: Value; Uri?: Value };
  const place = { api, method: textOf(method.properties.HttpMethod), path: restPath(method, method.properties.ResourceId), resource: method };
  if (integration.Type === 'MOCK' || integration.Type === undefined) return [{ ...place, state: 'exempt', reason: 'a mock, which calls nothing' }];
  const invoked = method.referred(integration.Uri).find(isInvocable);
  return [judged({ ...place, invoked }, integration.Uri, resources)];
}

function restPath(child: Deployed, parent: Value): string {
  const [resource] = child.referred(parent);
  if (resource?.type !== TYPES.REST_RESOURCE) return '/';
  const above = restPath(resource, resource.properties.ParentId);
  return `${above === '/' ? '' : above}/${textOf(resource.properties.PathPart)}`;
}

function functionUrl(url: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const { TargetFunctionArn: target, Qualifier: qualifier } = url.properties;
  const [invoked] = url.referred(target);
  const uri = qualifier === undefined ? target : { 'Fn::Join': [':', [target, qualifier]] };
  return [judged({ api: url, method: 'ANY', path: '$default', invoked, resource: url }, uri, resources)];
}

interface ServerlessEvent {
  readonly Type?: string;
  readonly Properties?: { readonly Path?: Value; readonly Method?: Value; readonly ApiId?: Value; readonly RestApiId?: Value };
}

/** SAM makes the routes that a function lists as its events, and often their API too; until then they belong to the function. */
function serverlessEvents(fn: Deployed): readonly JudgedRoute[] {
  const { FunctionUrlConfig: url } = fn.properties;
  const events = (fn.properties.Events ?? {}) as Record<string, ServerlessEvent>;
  const places = Object.values(events)
    .filter(({ Type }) => Type === 'HttpApi' || Type === 'Api')
    .map(({ Properties: { Path = '$default', Method = 'ANY', ApiId, RestApiId } = {} }) => {
      const [api = fn] = fn.referred(ApiId ?? RestApiId);
      return { api, method: textOf(Method).toUpperCase(), path: textOf(Path) };
    });
  return [...places, ...url === undefined ? [] : [{ api: fn, method: 'ANY', path: '$default' }]]
    .map((place) => judged({ ...place, invoked: fn }, undefined, []));
}

interface Operation {
  readonly 'x-amazon-apigateway-integration'?: { readonly uri?: Value; readonly type?: string };
}

/** Routes that an OpenAPI description in the template has, or that are not to be seen. */
function described(api: Deployed, resources: readonly Deployed[]): readonly JudgedRoute[] {
  const body = api.properties.Body as { paths?: Record<string, Record<string, Operation>> } | undefined;
  const elsewhere = api.properties.BodyS3Location;
  if (elsewhere !== undefined) {
    const reason = 'its OpenAPI description is not in the template, so that nobody can see its routes';
    return [{ api, method: 'ANY', path: '*', state: 'unprotected', reason }];
  }
  return Object.entries(body?.paths ?? {}).flatMap(([path, operations]) => Object.entries(operations)
    .filter(([, operation]) => operation['x-amazon-apigateway-integration'] !== undefined)
    .map(([name, operation]) => {
      const { uri, type } = operation['x-amazon-apigateway-integration']!;
      const method = name === 'x-amazon-apigateway-any-method' ? 'ANY' : name.toUpperCase();
      const place = { api, method, path: path === '/$default' ? '$default' : path };
      if (type?.toLowerCase() === 'mock') return { ...place, state: 'exempt', reason: 'a mock, which calls nothing' } as const;
      const invoked = api.referred(uri).find(isInvocable) ?? namedIn(uri, resources);
      return judged({ ...place, invoked }, uri, resources);
    }));
}

/** A description may name a function of the template by its literal name. */
function namedIn(uri: Value, resources: readonly Deployed[]): Deployed | undefined {
  const name = LAMBDA_ARN.exec(textOf(uri))?.[1];
  return name === undefined ? undefined : resources.find(({ type, properties }) => type === TYPES.FUNCTION && properties.FunctionName === name);
}

const isInvocable = ({ type }: Deployed): boolean => INVOCABLE.has(type);

function judged(route: Omit<JudgedRoute, 'state' | 'reason'>, integrated: Value, resources: readonly Deployed[]): JudgedRoute {
  const { method, invoked, resource } = route;
  if (!honoursKeys(method)) return { ...route, state: 'exempt', reason: `a key means nothing on ${method}` };
  if (resource?.metadata[EXEMPT_METADATA] === true) return { ...route, state: 'exempt', reason: 'idempotent: false' };
  if (invoked !== undefined && isInvocable(invoked)) return qualified({ ...route, invoked }, QUALIFIER.exec(textOf(integrated))?.[1], resources);
  const imported = LAMBDA_ARN.exec(textOf(integrated))?.[1];
  const reason = imported === undefined ? `calls no function but ${textOf(integrated)}` : `${imported} is a function that is not in this app`;
  return { ...route, invoked: undefined, state: 'unprotected', reason };
}

/** A function by itself, or the alias or the version of it that is named behind its ARN. */
function qualified(
  route: Omit<JudgedRoute, 'state' | 'reason'> & { readonly invoked: Deployed }, qualifier: string | undefined, resources: readonly Deployed[],
): JudgedRoute {
  const { method, path, invoked } = route;
  if (invoked.type !== TYPES.FUNCTION || qualifier === undefined || qualifier === '$LATEST') {
    return { ...route, ...protectionOf(invoked, `${method} ${path}`) };
  }
  const alias = resources.find(({ type, properties, referred }) =>
    type === TYPES.ALIAS && properties.Name === qualifier && referred(properties.FunctionName).some(({ id }) => id === invoked.id));
  if (alias !== undefined) return { ...route, invoked: alias, ...protectionOf(alias, `${method} ${path}`) };
  return { ...route, state: 'unprotected', reason: `calls version ${qualifier} of ${invoked.path}, whose code nobody can see from here` };
}
