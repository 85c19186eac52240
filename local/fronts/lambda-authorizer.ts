import { randomUUID } from 'node:crypto';
import type { DeployedResource } from '../deployment';
import { ACCOUNT, PARTITION, REGION } from '../environment';
import { forbidden, identityValue, unauthorized, type Authorizer, type HttpEvent, type Verdict } from './authorizer';
import type { FrontContext } from './front';
import { internalServerError, isRecord } from './http-response';
import { allows } from './iam-policy';

/**
 * A Lambda authorizer of an HTTP API with payload format 2.0, answering simply
 * or with an IAM policy; "Control access to HTTP APIs with AWS Lambda
 * authorizers" (API Gateway developer guide). Answers are kept as long as the
 * template says, by identity source.
 */
export function planLambdaAuthorizer(authorizer: DeployedResource, { functions, notices }: FrontContext): Authorizer {
  if (authorizer.string('AuthorizerPayloadFormatVersion') === '1.0') {
    notices.skip(authorizer, 'payload format 1.0 is not run; requests to it get a 403');
    return { authorize: async () => forbidden() };
  }
  const plan = functions.find(authorizer.string('AuthorizerUri') ?? '');
  const sources = (authorizer.property('IdentitySource') ?? []) as readonly string[];
  const simple = authorizer.string('EnableSimpleResponses') === 'true';
  const ttlMs = sources.length > 0 ? (authorizer.number('AuthorizerResultTtlInSeconds') ?? 0) * 1000 : 0;
  const kept = new Map<string, { readonly answer: unknown; readonly until: number }>();

  return {
    authorize: async (event, invoke) => {
      const identity = sources.map((source) => identityValue(source, event));
      if (identity.some((value) => value === undefined || value === '')) return unauthorized();
      if (!plan) return { denied: internalServerError() };
      const key = JSON.stringify(identity);
      const known = kept.get(key);
      if (known && Date.now() < known.until) return verdictOf(known.answer, simple, event);
      const result = await invoke(plan, randomUUID(), authorizerEvent(event, identity as readonly string[]));
      if (result.kind !== 'returned') return { denied: internalServerError() };
      if (ttlMs > 0) kept.set(key, { answer: result.payload, until: Date.now() + ttlMs });
      return verdictOf(result.payload, simple, event);
    },
  };
}

function authorizerEvent(event: HttpEvent, identitySource: readonly string[]) {
  const { body: _, isBase64Encoded: __, ...request } = { body: undefined, ...event };
  return { ...request, type: 'REQUEST', routeArn: routeArn(event), identitySource: identitySource.length > 0 ? identitySource : null };
}

function verdictOf(answer: unknown, simple: boolean, event: HttpEvent): Verdict {
  if (!isRecord(answer)) return { denied: internalServerError() };
  const lambda = isRecord(answer.context) ? answer.context : null;
  if (simple) {
    if (typeof answer.isAuthorized !== 'boolean') return { denied: internalServerError() };
    return answer.isAuthorized ? { authorizer: { lambda } } : forbidden();
  }
  if (typeof answer.principalId !== 'string' || !isRecord(answer.policyDocument)) return { denied: internalServerError() };
  return allows(answer.policyDocument, routeArn(event)) ? { authorizer: { lambda } } : forbidden();
}

/** `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}` */
function routeArn({ requestContext: { apiId, stage, http } }: HttpEvent): string {
  const path = stage === '$default' ? http.path : http.path.slice(stage.length + 1);
  return `arn:${PARTITION}:execute-api:${REGION}:${ACCOUNT}:${apiId}/${stage}/${http.method}${path}`;
}
