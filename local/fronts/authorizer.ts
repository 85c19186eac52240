import type { GatewayRequest, GatewayResponse, Invoke } from './front';
import type { HttpEvent } from './http-event';
import { gatewayMessage } from './http-response';
import type { ProxyEvent } from './proxy-event';

/** Who an authorizer says is calling: what payload 2.0 has in `requestContext.authorizer`. */
export type Authorization =
  | { readonly jwt: { readonly claims: Readonly<Record<string, string>>; readonly scopes: readonly string[] | null } }
  | { readonly lambda: Readonly<Record<string, unknown>> | null; readonly principalId?: string }
  | { readonly iam: Readonly<Record<string, unknown>> };

export type Verdict = { readonly allowed: Authorization } | { readonly denied: GatewayResponse };

/** A request on its way to a route, in the shapes that authorizers are given. */
export interface RoutedRequest {
  readonly request: GatewayRequest;
  readonly event: HttpEvent;
  /** The same in payload format 1.0. */
  proxyEvent(): ProxyEvent;
}

/** The authorizer of an HTTP API's route. */
export interface Authorizer {
  authorize(routed: RoutedRequest, invoke: Invoke): Promise<Verdict>;
}

export const unauthorized = (): Verdict => ({ denied: gatewayMessage(401, 'Unauthorized') });
export const forbidden = (): Verdict => ({ denied: gatewayMessage(403, 'Forbidden') });

/** `requestContext.authorizer` of payload format 2.0. */
export function authorizerOf(allowed: Authorization): Readonly<Record<string, unknown>> {
  return 'lambda' in allowed ? { lambda: allowed.lambda } : allowed;
}

/** `requestContext.authorizer` of payload format 1.0: claims stand by themselves, a function's fields side by side. */
export function proxyAuthorizerOf(allowed: Authorization | undefined): Readonly<Record<string, unknown>> {
  if (!allowed || 'iam' in allowed) return { claims: null, scopes: null };
  if ('jwt' in allowed) return allowed.jwt;
  return { ...(allowed.principalId === undefined ? {} : { principalId: allowed.principalId }), ...allowed.lambda };
}

/** The value that an identity source such as `$request.header.Authorization` names. */
export function identityValue(source: string, event: HttpEvent): string | undefined {
  const [, place, name] = /^\$(request\.header|request\.querystring|stageVariables|context)\.(.+)$/.exec(source) ?? [];
  switch (place) {
    case 'request.header': return event.headers[name!.toLowerCase()];
    case 'request.querystring': return event.queryStringParameters?.[name!];
    case 'stageVariables': return event.stageVariables?.[name!];
    case 'context': return contextVariable(name!, event);
    default: return undefined;
  }
}

function contextVariable(name: string, { requestContext }: HttpEvent): string | undefined {
  const known: Readonly<Record<string, string>> = {
    'apiId': requestContext.apiId,
    'domainName': requestContext.domainName,
    'httpMethod': requestContext.http.method,
    'path': requestContext.http.path,
    'requestId': requestContext.requestId,
    'routeKey': requestContext.routeKey,
    'stage': requestContext.stage,
    'identity.sourceIp': requestContext.http.sourceIp,
  };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}
