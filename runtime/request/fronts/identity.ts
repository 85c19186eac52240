/** Who calls, from the authorizer part of an event. Nothing here comes from a header of the client's. */

import type { Identity } from './front';
import { asObject, asText, field, type JsonObject } from './parts';

type Iam = NonNullable<Identity['iam']>;

const iamOf = (iam: Iam): { iam?: Iam } => {
  const present = Object.entries(iam).filter(([, value]) => value !== undefined);
  return present.length > 0 ? { iam: Object.fromEntries(present) } : {};
};

const lambdaOf = (context: JsonObject, principalId: unknown): Pick<Identity, 'lambda'> => {
  const principal = asText(principalId);
  return { lambda: { context, ...(principal === undefined ? {} : { principalId: principal }) } };
};

/**
 * Payload 2.0: `requestContext.authorizer` has one member, `jwt`, `lambda` or
 * `iam`. It is absent or null where no authorizer ran; a Lambda authorizer
 * without context leaves `lambda: null`, which is authenticated without identity.
 */
export const identityOfV2 = (event: unknown): Identity => {
  const authorizer = asObject(field(field(event, 'requestContext'), 'authorizer'));
  if (authorizer === undefined) return { authenticated: false };
  const claims = asObject(field(field(authorizer, 'jwt'), 'claims'));
  const context = asObject(field(authorizer, 'lambda'));
  const iam = asObject(field(authorizer, 'iam'));
  return {
    authenticated: true,
    ...(claims === undefined ? {} : { jwt: { claims } }),
    ...(context === undefined ? {} : lambdaOf(context, field(context, 'principalId') ?? field(authorizer, 'principalId'))),
    ...(iam === undefined
      ? {}
      : iamOf({
        accountId: asText(field(iam, 'accountId')),
        userArn: asText(field(iam, 'userArn')),
        userId: asText(field(iam, 'userId')),
        cognitoIdentityId: asText(field(field(iam, 'cognitoIdentity'), 'identityId')),
      })),
  };
};

/**
 * Payload 1.0, REST APIs among it. `requestContext.identity` is always there,
 * full of nulls for a caller without IAM. `authorizer` has `claims` from a JWT
 * or Cognito authorizer and flat fields from a Lambda authorizer. Without an
 * authorizer an HTTP API sends `{ claims: null, scopes: null }`, and a REST API
 * nothing or `{}`.
 */
export const identityOfV1 = (event: unknown): Identity => {
  const context = field(event, 'requestContext');
  const authorizer = asObject(field(context, 'authorizer'));
  const caller = field(context, 'identity');
  const claims = asObject(field(authorizer, 'claims'));
  const { iam } = iamOf({
    accountId: asText(field(caller, 'accountId')),
    userArn: asText(field(caller, 'userArn')),
    userId: asText(field(caller, 'user')) ?? asText(field(caller, 'caller')),
    cognitoIdentityId: asText(field(caller, 'cognitoIdentityId')),
  });
  const apiKeyId = asText(field(caller, 'apiKeyId'));
  const ran = authorizer !== undefined && !isBlank(authorizer, field(event, 'version') !== undefined);
  return {
    authenticated: ran || iam !== undefined,
    ...(claims === undefined ? {} : { jwt: { claims } }),
    ...(ran && claims === undefined ? lambdaOf(authorizer, field(authorizer, 'principalId')) : {}),
    ...(iam === undefined ? {} : { iam }),
    ...(apiKeyId === undefined ? {} : { apiKeyId }),
  };
};

/**
 * A REST API's authorizers always leave something. An HTTP API's may not (a
 * Lambda authorizer without context), so that its `{}` counts as one that ran.
 */
const isBlank = (authorizer: JsonObject, isHttpApi: boolean): boolean => {
  const members = Object.entries(authorizer);
  if (members.length === 0) return !isHttpApi;
  return members.every(([name, value]) => (name === 'claims' || name === 'scopes') && value === null);
};
