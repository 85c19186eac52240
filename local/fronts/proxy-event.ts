import type { GatewayRequest } from './front';
import { allValues, forwardedHeaders, headerOf, lastValues, queryPairs, requestTime } from './request-parts';

/** Who calls, as far as the gateway knows; every member is in the event, null where it is not known. */
export interface ProxyIdentity {
  readonly accessKey?: string;
  readonly accountId?: string;
  readonly apiKey?: string;
  readonly apiKeyId?: string;
  readonly caller?: string;
  readonly user?: string;
  readonly userArn?: string;
}

/** What the event says besides the request itself. */
export interface ProxyEventContext {
  /** `1.0` from an HTTP API; REST APIs have none. */
  readonly version?: '1.0';
  readonly accountId: string;
  readonly apiId: string;
  readonly domainName: string;
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  /** The route's template: `/payments/{id}`. */
  readonly resource: string;
  readonly resourceId: string | null;
  readonly path: string;
  /** With the stage before it. */
  readonly contextPath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly authorizer?: Readonly<Record<string, unknown>>;
  readonly identity?: ProxyIdentity;
  readonly body: { readonly body?: string; readonly isBase64Encoded: boolean };
}

/**
 * The event of REST APIs and of HTTP APIs with payload format 1.0, "Input
 * format of a Lambda function for proxy integration" (API Gateway developer
 * guide): header names as sent, all values beside the last one, null for what
 * is not there.
 */
export function proxyEvent(request: GatewayRequest, context: ProxyEventContext) {
  const headers = forwardedHeaders(request);
  const parameters = queryPairs(request.query);
  return {
    ...(context.version ? { version: context.version } : {}),
    resource: context.resource,
    path: context.path,
    httpMethod: request.method,
    headers: lastValues(headers),
    multiValueHeaders: allValues(headers),
    queryStringParameters: parameters.length > 0 ? lastValues(parameters) : null,
    multiValueQueryStringParameters: parameters.length > 0 ? allValues(parameters) : null,
    pathParameters: Object.keys(context.pathParameters).length > 0 ? context.pathParameters : null,
    stageVariables: context.stageVariables ?? null,
    requestContext: {
      accountId: context.accountId,
      apiId: context.apiId,
      ...(context.authorizer ? { authorizer: context.authorizer } : {}),
      domainName: context.domainName,
      domainPrefix: context.domainName.split('.')[0]!,
      extendedRequestId: request.id,
      httpMethod: request.method,
      identity: identity(request, context),
      path: context.contextPath,
      protocol: request.protocol,
      requestId: request.id,
      requestTime: requestTime(request.receivedAt),
      requestTimeEpoch: request.receivedAt.getTime(),
      resourceId: context.resourceId,
      resourcePath: context.resource,
      stage: context.stage,
    },
    body: context.body.body ?? null,
    isBase64Encoded: context.body.isBase64Encoded,
  };
}

export type ProxyEvent = ReturnType<typeof proxyEvent>;

function identity(request: GatewayRequest, { identity: known = {}, version }: ProxyEventContext) {
  return {
    accessKey: known.accessKey ?? null,
    accountId: known.accountId ?? null,
    ...(version === undefined ? { apiKey: known.apiKey ?? null, apiKeyId: known.apiKeyId ?? null } : {}),
    caller: known.caller ?? null,
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
    principalOrgId: null,
    sourceIp: request.sourceIp,
    user: known.user ?? null,
    userAgent: headerOf(request, 'user-agent') ?? null,
    userArn: known.userArn ?? null,
  };
}
