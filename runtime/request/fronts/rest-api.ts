import type { Front, FrontKind, HttpRequest, HttpResponse } from './front';
import { httpApiError } from './http-api';
import { identityOfV1 } from './identity';
import { asObject, asText, bodyBytes, encodeParameter, field, headerMap, queryFrom } from './parts';
import { withoutMapping, withoutStage } from './path';
import { normaliseV1, renderV1, withHeadersV1, type ProxyRules } from './payload-v1';

/** Neither a load balancer's event nor the event of a Lambda authorizer, which looks much the same. */
const isPayloadV1 = (event: unknown): boolean => {
  const context = asObject(field(event, 'requestContext'));
  return context !== undefined &&
    field(context, 'elb') === undefined &&
    typeof field(event, 'httpMethod') === 'string' &&
    typeof field(event, 'path') === 'string' &&
    field(event, 'methodArn') === undefined;
};

/** Only an HTTP API says its version. */
const isVersioned = (event: unknown): boolean => field(event, 'version') !== undefined;

const pathOf = (event: unknown, template: string): string => {
  const path = asText(field(event, 'path')) ?? '/';
  const context = field(event, 'requestContext');
  if (template.startsWith('/')) return withoutMapping(path, template, (name) => asText(field(field(event, 'pathParameters'), name)));
  return isVersioned(event) ? withoutStage(path, asText(field(context, 'stage'))) : path;
};

const requestOfV1 = (front: FrontKind, event: unknown): HttpRequest => {
  const route = asText(field(event, 'resource')) ?? asText(field(field(event, 'requestContext'), 'resourcePath')) ?? '$default';
  return {
    front,
    method: String(field(event, 'httpMethod')).toUpperCase(),
    path: pathOf(event, route),
    query: queryFrom(field(event, 'multiValueQueryStringParameters'), field(event, 'queryStringParameters'), encodeParameter),
    route,
    headers: headerMap(field(event, 'multiValueHeaders'), field(event, 'headers')),
    body: bodyBytes(event),
    identity: identityOfV1(event),
  };
};

/**
 * No member is mandatory for a REST API, and no other member is allowed: seen
 * on AWS, where `{}` is an empty 200 and `{ statusCode: 200, other: 1 }` a 502.
 */
const restRules: ProxyRules = {
  defaultStatus: 200,
  members: ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'],
};

/** With the space that REST APIs write and HTTP APIs do not. */
const restApiError: HttpResponse = {
  statusCode: 502,
  headers: [['content-type', 'application/json']],
  cookies: [],
  body: '{"message": "Internal server error"}',
  isBase64Encoded: false,
};

/** An API Gateway REST API. */
export const restApi: Front = {
  kind: 'rest-api',
  accepts: (event) => isPayloadV1(event) && !isVersioned(event),
  request: (event) => requestOfV1('rest-api', event),
  normalise: (result) => normaliseV1(result, restRules) ?? { ...restApiError, malformed: true },
  thrown: () => restApiError,
  render: renderV1,
  withHeaders: (result, headers) => withHeadersV1(result, headers, restRules),
};

const httpApiV1Rules: ProxyRules = { defaultStatus: 200 };

/** An HTTP API with payload format 1.0: a REST API's shapes, an HTTP API's errors. */
export const httpApiV1: Front = {
  kind: 'http-api',
  accepts: (event) => isPayloadV1(event) && field(event, 'version') === '1.0',
  request: (event) => requestOfV1('http-api', event),
  normalise: (result) => normaliseV1(result, httpApiV1Rules) ?? { ...httpApiError, malformed: true },
  thrown: () => httpApiError,
  render: renderV1,
  withHeaders: (result, headers) => withHeadersV1(result, headers, httpApiV1Rules),
};
