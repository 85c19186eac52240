import type { Front, HttpResponse } from './front';
import { asText, field } from './parts';
import { isFunctionUrl, isPayloadV2, normaliseV2, renderV2, requestOfV2, withHeadersV2 } from './payload-v2';

/** What an HTTP API answers for a function that threw, and for a result that it refuses, in either payload format. */
export const httpApiError: HttpResponse = {
  statusCode: 500,
  headers: [['content-type', 'application/json']],
  cookies: [],
  body: '{"message":"Internal Server Error"}',
  isBase64Encoded: false,
};

/** `POST /payments/{id}` names the template after its method; `$default` stands alone. */
const routeOf = (event: unknown): string => {
  const routeKey = asText(field(event, 'routeKey')) ?? '$default';
  return routeKey.slice(routeKey.indexOf(' ') + 1);
};

/** An API Gateway HTTP API with payload format 2.0. */
export const httpApi: Front = {
  kind: 'http-api',
  accepts: (event) => isPayloadV2(event) && !isFunctionUrl(event),
  request: (event) => ({ ...requestOfV2('http-api', event), route: routeOf(event) }),
  normalise: (result) => normaliseV2(result) ?? { ...httpApiError, malformed: true },
  thrown: () => httpApiError,
  render: renderV2,
  withHeaders: withHeadersV2,
};
