import type { Front, HttpResponse } from './front';
import { isFunctionUrl, isPayloadV2, normaliseV2, renderV2, requestOfV2, withHeadersV2 } from './payload-v2';

const functionUrlError: HttpResponse = {
  statusCode: 502,
  headers: [['content-type', 'application/json']],
  cookies: [],
  body: 'Internal Server Error',
  isBase64Encoded: false,
};

/** A Lambda function URL. It has no routes (`routeKey` is a placeholder), so that a path is its own route. */
export const functionUrl: Front = {
  kind: 'function-url',
  accepts: (event) => isPayloadV2(event) && isFunctionUrl(event),
  request: (event) => {
    const request = requestOfV2('function-url', event);
    return { ...request, route: request.path };
  },
  normalise: (result) => normaliseV2(result) ?? { ...functionUrlError, malformed: true },
  thrown: () => functionUrlError,
  render: renderV2,
  withHeaders: withHeadersV2,
};
