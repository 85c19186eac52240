import { randomUUID } from 'node:crypto';
import { longName } from '../construct-id';
import type { DeployedResource } from '../deployment';
import { executeApiArn } from './execute-api-arn';
import type { FrontContext, GatewayRequest, Invoke } from './front';
import type { GatewayResponseType } from './gateway-responses';
import { isRecord } from './http-response';
import { readIamCaller, UNVERIFIED_SIGNATURES } from './iam-caller';
import { allows } from './iam-policy';
import { claimsAsText, readClaims, scopesOf } from './jwt-claims';
import { KeptAnswers } from './kept-answers';
import type { ProxyEvent, ProxyIdentity } from './proxy-event';
import { headerOf } from './request-parts';

/** What the event says of who calls, or which gateway response turns them away. */
export type RestVerdict =
  | { readonly authorizer?: Readonly<Record<string, unknown>>; readonly identity?: ProxyIdentity }
  | { readonly denied: GatewayResponseType };

export interface RestAuthorizer {
  authorize(request: GatewayRequest, event: ProxyEvent, invoke: Invoke): Promise<RestVerdict>;
}

/** The authorizer of a method; `undefined` where it has none. One that cannot run here turns everything away. */
export function planRestAuthorizer(method: DeployedResource, context: FrontContext): RestAuthorizer | undefined {
  const kind = method.string('AuthorizationType') ?? 'NONE';
  if (kind === 'NONE') return undefined;
  if (kind === 'AWS_IAM') return planIam(method, context);
  const authorizer = context.deployment.ofType('AWS::ApiGateway::Authorizer').find(({ ref }) => ref === method.string('AuthorizerId'));
  if (kind === 'COGNITO_USER_POOLS' && authorizer) return planCognito(authorizer, method, context);
  if (kind === 'CUSTOM' && authorizer) return planLambda(authorizer, context);
  context.notices.skip(method, `its authorization (${kind}) is not run; requests to it get a 403`);
  return { authorize: async () => ({ denied: 'ACCESS_DENIED' }) };
}

function planIam(method: DeployedResource, { notices }: FrontContext): RestAuthorizer {
  notices.warn(`method ${longName(method)}: ${UNVERIFIED_SIGNATURES}`);
  return {
    authorize: async (request) => {
      const caller = readIamCaller(request, method.environment);
      if (!caller) return { denied: 'MISSING_AUTHENTICATION_TOKEN' };
      const { accessKey, accountId, userArn, userId } = caller;
      return { identity: { accessKey, accountId, userArn, user: userId, caller: userId } };
    },
  };
}

function planCognito(authorizer: DeployedResource, method: DeployedResource, { notices }: FrontContext): RestAuthorizer {
  notices.warn(`Cognito authorizer ${longName(authorizer)}: tokens are NOT VERIFIED here; whatever claims a token holds are believed`);
  const [source] = sourcesOf(authorizer);
  const wanted = (method.property('AuthorizationScopes') ?? []) as readonly string[];
  return {
    authorize: async (request, event) => {
      const claims = readClaims(valueOf(source ?? 'method.request.header.Authorization', request, event));
      if (!claims || (wanted.length > 0 && !scopesOf(claims).some((scope) => wanted.includes(scope)))) return { denied: 'UNAUTHORIZED' };
      return { authorizer: { claims: claimsAsText(claims) } };
    },
  };
}

/** A function that answers with an IAM policy, "Use API Gateway Lambda authorizers" (API Gateway developer guide). */
function planLambda(authorizer: DeployedResource, { functions }: FrontContext): RestAuthorizer {
  const plan = functions.find(authorizer.string('AuthorizerUri') ?? '', authorizer);
  const sources = sourcesOf(authorizer);
  const byToken = authorizer.string('Type') === 'TOKEN';
  const format = authorizer.string('IdentityValidationExpression');
  const kept = new KeptAnswers(sources.length > 0 ? (authorizer.number('AuthorizerResultTtlInSeconds') ?? 300) * 1000 : 0);
  return {
    authorize: async (request, event, invoke) => {
      const identity = sources.map((source) => valueOf(source, request, event));
      if (!identity.every((value) => value !== undefined && value !== '')) return { denied: 'UNAUTHORIZED' };
      if (byToken && format !== undefined && !new RegExp(`^(?:${format})$`).test(identity[0]!)) return { denied: 'UNAUTHORIZED' };
      if (!plan) return { denied: 'AUTHORIZER_CONFIGURATION_ERROR' };
      const methodArn = executeApiArn(authorizer.environment, event.requestContext.apiId, event.requestContext.stage, event.httpMethod, event.path);
      const asked = byToken ? { type: 'TOKEN', authorizationToken: identity[0], methodArn } : requestEvent(event, methodArn);
      let refused = false;
      const answer = await kept.get(identity, async () => {
        const result = await invoke(plan, randomUUID(), asked);
        refused = result.kind === 'threw' && result.error.errorMessage === 'Unauthorized';
        return result.kind === 'returned' ? result.payload : undefined;
      });
      if (refused) return { denied: 'UNAUTHORIZED' };
      if (!isRecord(answer) || !isRecord(answer.policyDocument)) return { denied: 'AUTHORIZER_CONFIGURATION_ERROR' };
      if (!allows(answer.policyDocument, methodArn)) return { denied: 'ACCESS_DENIED' };
      return { authorizer: { principalId: answer.principalId, integrationLatency: 0, ...contextOf(answer.context) } };
    },
  };
}

function requestEvent(event: ProxyEvent, methodArn: string) {
  const { body: _, isBase64Encoded: __, ...request } = event;
  return { type: 'REQUEST', methodArn, ...request };
}

/** REST APIs hand a function's fields on as strings. */
const contextOf = (context: unknown): Readonly<Record<string, string>> =>
  (isRecord(context) ? Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)])) : {});

const sourcesOf = (authorizer: DeployedResource): readonly string[] =>
  (authorizer.string('IdentitySource') ?? '').split(',').map((source) => source.trim()).filter((source) => source !== '');

/** The value that an identity source such as `method.request.header.Authorization` names. */
function valueOf(source: string, request: GatewayRequest, event: ProxyEvent): string | undefined {
  const [, place, name] = /^(method\.request\.header|method\.request\.querystring|stageVariables|context)\.(.+)$/.exec(source) ?? [];
  switch (place) {
    case 'method.request.header': return headerOf(request, name!.toLowerCase());
    case 'method.request.querystring': return event.queryStringParameters?.[name!];
    case 'stageVariables': return event.stageVariables?.[name!];
    case 'context': return contextVariable(name!, event);
    default: return undefined;
  }
}

function contextVariable(name: string, { requestContext }: ProxyEvent): string | undefined {
  const { apiId, domainName, httpMethod, path, requestId, resourcePath, stage, identity: { sourceIp } } = requestContext;
  const known: Readonly<Record<string, string>> =
    { apiId, domainName, httpMethod, path, requestId, resourcePath, stage, 'identity.sourceIp': sourceIp };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}
