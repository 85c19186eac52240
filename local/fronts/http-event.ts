import type { GatewayRequest } from './front';
import { forwardedHeaders, joinRepeated, queryPairs, requestTime } from './request-parts';

/** What the event says besides the request itself. */
export interface HttpEventContext {
  readonly apiId: string;
  /** As AWS names it: functions tell a function URL from an HTTP API by it. */
  readonly domainName: string;
  /** The API's; `anonymous` for function URLs without IAM. */
  readonly accountId: string;
  /** `$default`, or the name that stands before the path. */
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  readonly routeKey: string;
  /** With the stage's name before it unless that is `$default`; decoded by HTTP APIs. */
  readonly rawPath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** `requestContext.authorizer` */
  readonly authorizer?: Readonly<Record<string, unknown>>;
}

/**
 * The payload format 2.0 of HTTP APIs, "Working with AWS Lambda proxy
 * integrations for HTTP APIs" (API Gateway developer guide): header names in
 * lower case, repeated headers and parameters joined with commas, cookies
 * apart, the query string as it was sent. Function URLs use it too.
 */
export function httpEvent(request: GatewayRequest, context: HttpEventContext) {
  const headers = eventHeaders(request);
  const cookies = eventCookies(request);
  const parameters = joinRepeated(queryPairs(request.query), ',');
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: context.rawPath,
    rawQueryString: request.query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(Object.keys(parameters).length > 0 ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: context.accountId,
      apiId: context.apiId,
      ...(context.authorizer ? { authorizer: context.authorizer } : {}),
      domainName: context.domainName,
      domainPrefix: context.domainName.split('.')[0]!,
      http: {
        method: request.method,
        path: context.rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.id,
      routeKey: context.routeKey,
      stage: context.stage,
      time: requestTime(request.receivedAt),
      timeEpoch: request.receivedAt.getTime(),
    },
    ...eventBody(request.body, headers['content-type'], headers['content-encoding']),
    ...(Object.keys(context.pathParameters).length > 0 ? { pathParameters: context.pathParameters } : {}),
    ...(context.stageVariables ? { stageVariables: context.stageVariables } : {}),
  };
}

export type HttpEvent = ReturnType<typeof httpEvent>;

function eventHeaders(request: GatewayRequest): Readonly<Record<string, string>> {
  const headers = forwardedHeaders(request)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name !== 'cookie');
  const length = headers.some(([name]) => name === 'content-length') ? [] : [['content-length', String(request.body.length)] as const];
  return joinRepeated([...length, ...headers], ',');
}

function eventCookies({ headers }: GatewayRequest): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
}

/**
 * Which bodies come as text is not documented; by observation `text/*` and
 * these three do, and all else, no content type and forms included, is base64.
 */
const TEXT_TYPES = new Set(['application/json', 'application/javascript', 'application/xml']);

function isTextBody(contentType: string | undefined, contentEncoding: string | undefined): boolean {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const encoded = contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity';
  return !encoded && (mediaType.startsWith('text/') || TEXT_TYPES.has(mediaType));
}

/** A body as an HTTP API writes it, in either payload format. */
export function eventBody(body: Buffer, contentType: string | undefined, contentEncoding: string | undefined) {
  if (body.length === 0) return { isBase64Encoded: false };
  return isTextBody(contentType, contentEncoding)
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}
