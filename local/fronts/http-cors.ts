import type { GatewayRequest, GatewayResponse } from './front';
import { headerOf } from './request-parts';

/** `CorsConfiguration` of AWS::ApiGatewayV2::Api and `Cors` of AWS::Lambda::Url, which are alike. */
export interface CorsConfiguration {
  readonly AllowOrigins?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowHeaders?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly AllowCredentials?: boolean | string;
  readonly MaxAge?: number | string;
}

/**
 * The answer to a preflight, which the gateway gives by itself wherever CORS is
 * configured, with or without a route; `undefined` for every other request.
 */
export function preflightResponse(cors: CorsConfiguration, request: GatewayRequest): GatewayResponse | undefined {
  const origin = headerOf(request, 'origin');
  const method = headerOf(request, 'access-control-request-method');
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return undefined;
  const allowed = originHeaders(cors, origin);
  const headers: (readonly [string, string])[] = [...allowed];
  if (allowed.length > 0) {
    headers.push(...list('access-control-allow-methods', cors.AllowMethods), ...list('access-control-allow-headers', cors.AllowHeaders));
    if (cors.MaxAge !== undefined) headers.push(['access-control-max-age', String(cors.MaxAge)]);
  }
  return { status: 204, headers, body: Buffer.alloc(0) };
}

/** The function's own CORS headers are ignored where CORS is configured on the API. */
export function withCors(cors: CorsConfiguration, request: GatewayRequest, response: GatewayResponse): GatewayResponse {
  const own = response.headers.filter(([name]) => !name.startsWith('access-control-'));
  const origin = headerOf(request, 'origin');
  const allowed = origin === undefined ? [] : originHeaders(cors, origin);
  const exposed = allowed.length > 0 ? list('access-control-expose-headers', cors.ExposeHeaders) : [];
  return { ...response, headers: [...own, ...allowed, ...exposed] };
}

function originHeaders(cors: CorsConfiguration, origin: string): (readonly [string, string])[] {
  const allowOrigin = matchingOrigin(cors.AllowOrigins ?? [], origin);
  if (allowOrigin === undefined) return [];
  return [
    ['access-control-allow-origin', allowOrigin],
    ...(allowOrigin === '*' ? [] : [['vary', 'Origin'] as const]),
    ...(String(cors.AllowCredentials) === 'true' ? [['access-control-allow-credentials', 'true'] as const] : []),
  ];
}

/** `*`, the very origin, `http://*` and `https://*`, or a wildcard for a subdomain. */
function matchingOrigin(allowed: readonly string[], origin: string): string | undefined {
  if (allowed.includes('*')) return '*';
  const matches = allowed.some((pattern) => {
    const [start, end] = pattern.toLowerCase().split('*') as [string, string | undefined];
    const given = origin.toLowerCase();
    return end === undefined ? given === start : given.length > start.length + end.length && given.startsWith(start) && given.endsWith(end);
  });
  return matches ? origin : undefined;
}

const list = (name: string, values: readonly string[] | undefined): (readonly [string, string])[] =>
  (values && values.length > 0 ? [[name, values.join(',')]] : []);
