import type { GatewayResponse, Invoke } from './front';
import type { httpEvent } from './http-event';
import { gatewayMessage } from './http-response';

export type HttpEvent = ReturnType<typeof httpEvent>;

/** What an authorizer makes of a request: `requestContext.authorizer`, or the answer that turns it away. */
export type Verdict =
  | { readonly authorizer: Readonly<Record<string, unknown>> | undefined }
  | { readonly denied: GatewayResponse };

export interface Authorizer {
  authorize(event: HttpEvent, invoke: Invoke): Promise<Verdict>;
}

export const unauthorized = (): Verdict => ({ denied: gatewayMessage(401, 'Unauthorized') });
export const forbidden = (): Verdict => ({ denied: gatewayMessage(403, 'Forbidden') });

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
