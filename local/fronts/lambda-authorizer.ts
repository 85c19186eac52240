import { randomUUID } from 'node:crypto';
import type { DeployedResource } from '../deployment';
import type { Environment } from '../environment';
import { forbidden, identityValue, unauthorized, type Authorizer, type RoutedRequest, type Verdict } from './authorizer';
import { executeApiArn } from './execute-api-arn';
import type { FrontContext } from './front';
import type { HttpEvent } from './http-event';
import { internalServerError, isRecord } from './http-response';
import { allows } from './iam-policy';
import { KeptAnswers } from './kept-answers';

/**
 * A Lambda authorizer of an HTTP API, in either payload format, answering
 * simply or with an IAM policy; "Control access to HTTP APIs with AWS Lambda
 * authorizers" (API Gateway developer guide). Answers are kept as long as the
 * template says, by identity source.
 */
export function planLambdaAuthorizer(authorizer: DeployedResource, { functions }: FrontContext): Authorizer {
  const plan = functions.find(authorizer.string('AuthorizerUri') ?? '', authorizer);
  const sources = (authorizer.property('IdentitySource') ?? []) as readonly string[];
  const simple = authorizer.string('EnableSimpleResponses') === 'true';
  const asked = authorizer.string('AuthorizerPayloadFormatVersion') === '1.0' ? requestOfV1 : requestOfV2;
  const kept = new KeptAnswers(sources.length > 0 ? (authorizer.number('AuthorizerResultTtlInSeconds') ?? 0) * 1000 : 0);

  return {
    authorize: async (routed, invoke) => {
      const methodArn = methodArnOf(authorizer.environment, routed.event);
      const identity = sources.map((source) => identityValue(source, routed.event));
      if (!identity.every((value) => value !== undefined && value !== '')) return unauthorized();
      if (!plan) return { denied: internalServerError() };
      const answer = await kept.get(identity, async () => {
        const result = await invoke(plan, randomUUID(), asked(routed, identity as readonly string[], methodArn));
        return result.kind === 'returned' ? result.payload : undefined;
      });
      return verdictOf(answer, simple, methodArn);
    },
  };
}

function requestOfV2({ event }: RoutedRequest, identitySource: readonly string[], routeArn: string) {
  const { body: _, isBase64Encoded: __, ...request } = { body: undefined, ...event };
  return { ...request, type: 'REQUEST', routeArn, identitySource: identitySource.length > 0 ? identitySource : null };
}

function requestOfV1({ proxyEvent }: RoutedRequest, identitySource: readonly string[], methodArn: string) {
  const { body: _, isBase64Encoded: __, ...request } = proxyEvent();
  const identity = identitySource.join(',');
  return { ...request, type: 'REQUEST', methodArn, identitySource: identity, authorizationToken: identity };
}

function verdictOf(answer: unknown, simple: boolean, arn: string): Verdict {
  if (!isRecord(answer)) return { denied: internalServerError() };
  const lambda = isRecord(answer.context) ? answer.context : null;
  if (simple) {
    if (typeof answer.isAuthorized !== 'boolean') return { denied: internalServerError() };
    return answer.isAuthorized ? { allowed: { lambda } } : forbidden();
  }
  if (typeof answer.principalId !== 'string' || !isRecord(answer.policyDocument)) return { denied: internalServerError() };
  return allows(answer.policyDocument, arn) ? { allowed: { lambda, principalId: answer.principalId } } : forbidden();
}

function methodArnOf(environment: Environment, { requestContext: { apiId, stage, http } }: HttpEvent): string {
  return executeApiArn(environment, apiId, stage, http.method, stage === '$default' ? http.path : http.path.slice(stage.length + 1));
}
