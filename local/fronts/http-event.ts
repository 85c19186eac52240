import { ACCOUNT } from '../environment';
import type { GatewayRequest } from './front';

/** What the event says besides the request itself. */
export interface HttpEventContext {
  readonly apiId: string;
  /** As AWS names it: functions tell a function URL from an HTTP API by it. */
  readonly domainName: string;
  /** `$default`, or the name that stands before the path. */
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  readonly routeKey: string;
  /** Decoded, with the stage's name before it unless that is `$default`. */
  readonly rawPath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** `requestContext.authorizer` */
  readonly authorizer?: Readonly<Record<string, unknown>>;
}

/**
 * The payload format 2.0 of HTTP APIs, "Working with AWS Lambda proxy
 * integrations for HTTP APIs" (API Gateway developer guide): header names in
 * lower case, repeated headers and parameters joined with commas, cookies
 * apart, the query string as it was sent.
 */
export function httpEvent(request: GatewayRequest, context: HttpEventContext) {
  const headers = eventHeaders(request);
  const cookies = eventCookies(request);
  const parameters = queryParameters(request.query);
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: context.rawPath,
    rawQueryString: request.query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(Object.keys(parameters).length > 0 ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: ACCOUNT,
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

/** Between two hosts only (RFC 9110 section 7.6.1), and `cookie`, which has a field of its own. */
const NOT_FORWARDED = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'cookie']);

function eventHeaders(request: GatewayRequest): Readonly<Record<string, string>> {
  const added: (readonly [string, string])[] = [
    ['x-amzn-trace-id', traceId(request)],
    ['x-forwarded-for', request.sourceIp],
    ['x-forwarded-port', String(request.port)],
    ['x-forwarded-proto', 'http'],
  ];
  const sent = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const length = sent.some(([name]) => name === 'content-length') ? [] : [['content-length', String(request.body.length)] as const];
  // API Gateway replaces a client's own claims about the hop, but appends to the list of addresses.
  const replaced = new Set(['x-forwarded-port', 'x-forwarded-proto']);
  const kept = sent.filter(([name]) => !NOT_FORWARDED.has(name) && !replaced.has(name));
  const ownTrace = kept.some(([name]) => name === 'x-amzn-trace-id');
  return joinRepeated([...length, ...kept, ...added.filter(([name]) => name !== 'x-amzn-trace-id' || !ownTrace)], ',');
}

function eventCookies({ headers }: GatewayRequest): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
}

/** Decoded; a repeated parameter's values are joined with commas. */
function queryParameters(query: string): Readonly<Record<string, string>> {
  return joinRepeated([...new URLSearchParams(query)], ',');
}

/** Into an object without a prototype, so that no name means anything else. */
function joinRepeated(pairs: readonly (readonly [string, string])[], separator: string): Readonly<Record<string, string>> {
  const joined: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) joined[name] = name in joined ? `${joined[name]}${separator}${value}` : value;
  return joined;
}

/**
 * Which bodies come as text is not documented; by observation `text/*` and
 * these three do, and all else, no content type and forms included, is base64.
 */
const TEXT_TYPES = new Set(['application/json', 'application/javascript', 'application/xml']);

export function isTextBody(contentType: string | undefined, contentEncoding: string | undefined): boolean {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const encoded = contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity';
  return !encoded && (mediaType.startsWith('text/') || TEXT_TYPES.has(mediaType));
}

function eventBody(body: Buffer, contentType: string | undefined, contentEncoding: string | undefined) {
  if (body.length === 0) return { isBase64Encoded: false };
  return isTextBody(contentType, contentEncoding)
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

/** X-Ray's form: the time in hexadecimal seconds, then 96 bits. */
function traceId({ id, receivedAt }: GatewayRequest): string {
  const seconds = Math.floor(receivedAt.getTime() / 1000).toString(16).padStart(8, '0');
  return `Root=1-${seconds}-${id.replaceAll('-', '').slice(0, 24)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common Log Format: `12/Mar/2020:19:03:58 +0000`. */
export function requestTime(at: Date): string {
  const [date, time] = at.toISOString().split('T') as [string, string];
  const [year, month, day] = date.split('-') as [string, string, string];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
