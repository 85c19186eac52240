import { Deployed, fieldsOf, listOf, textOf, TYPES, Value } from './deployed';
import { JudgedRoute } from './routes';
import { HeaderNames } from '../header-names';

const ALLOW_HEADERS = 'method.response.header.Access-Control-Allow-Headers';

/** Headers that a gateway tells browsers of, where it and not the function does CORS. */
interface Preflight {
  readonly allowed: readonly string[];
  /** Of the responses; undefined where those are the function's. */
  readonly exposed?: readonly string[];
}

/** What pages of other origins lack on a route: they may not send the key, or cannot see that an answer is a replay. */
export function lackingHeaders(route: JudgedRoute, resources: readonly Deployed[], headers: HeaderNames): string | undefined {
  const preflight = preflightOf(route, resources);
  if (preflight === undefined) return undefined;
  const missing = (names: readonly string[], present: readonly string[]): string => names.slice(present.length).join(', ');
  const toAllow = missing(headers.allowed(preflight.allowed), preflight.allowed);
  const toExpose = preflight.exposed === undefined ? '' : missing(headers.exposed(preflight.exposed), preflight.exposed);
  const parts = [...toAllow === '' ? [] : [`allow ${toAllow}`], ...toExpose === '' ? [] : [`expose ${toExpose}`]];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

function preflightOf({ api, resource }: JudgedRoute, resources: readonly Deployed[]): Preflight | undefined {
  switch (api.type) {
    case TYPES.HTTP_API:
      return configured(api.properties.CorsConfiguration);
    case TYPES.URL:
      return configured(api.properties.Cors);
    default:
      return resource?.type === TYPES.REST_METHOD ? ofOptions(resource, resources) : undefined;
  }
}

/** Of lists that only the deployment knows, nothing can be said. */
function configured(cors: Value): Preflight | undefined {
  const { AllowHeaders = [], ExposeHeaders = [] } = fieldsOf(cors);
  if (cors === undefined || !Array.isArray(AllowHeaders) || !Array.isArray(ExposeHeaders)) return undefined;
  return { allowed: AllowHeaders.map((name) => textOf(name)), exposed: ExposeHeaders.map((name) => textOf(name)) };
}

/** A REST API has a mock of its own beside the methods of a resource. */
function ofOptions(method: Deployed, resources: readonly Deployed[]): Preflight | undefined {
  const place = JSON.stringify(method.properties.ResourceId);
  const options = resources.find(({ type, properties }) =>
    type === TYPES.REST_METHOD && properties.HttpMethod === 'OPTIONS' && JSON.stringify(properties.ResourceId) === place);
  const header = listOf(fieldsOf(options?.properties.Integration).IntegrationResponses)
    .map((response) => fieldsOf(fieldsOf(response).ResponseParameters)[ALLOW_HEADERS])
    .find((value) => value !== undefined);
  if (header === undefined) return undefined;
  return { allowed: textOf(header).replaceAll('\'', '').split(',').map((name) => name.trim()) };
}
