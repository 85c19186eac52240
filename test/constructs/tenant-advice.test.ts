import { Lazy } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AuthorizationType, CognitoUserPoolsAuthorizer, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod, IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer, HttpLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { newFunction, newStack } from './support';
import { IdempotentApi, IdempotentRestApi, IdempotentRestRouteOptions, TenantSource } from '../../lib';

const ROUTE = { path: '/a', methods: [HttpMethod.POST] };
type Stack = ReturnType<typeof newStack>;

const warnings = (make: (stack: Stack) => void): unknown[] => {
  const stack = newStack();
  make(stack);
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data);
};

const onHttp = (tenant: TenantSource, authorizer?: (stack: Stack) => IHttpRouteAuthorizer) => warnings((stack) =>
  new IdempotentApi(stack, 'Api', { tenant }).addRoutes({ ...ROUTE, handler: newFunction(stack), authorizer: authorizer?.(stack) }));

const onRest = (tenant: TenantSource, options?: (stack: Stack) => Partial<IdempotentRestRouteOptions>) => warnings((stack) =>
  new IdempotentRestApi(stack, 'Api', { tenant }).addRoutes({ ...ROUTE, handler: newFunction(stack), ...options?.(stack) }));

const jwt = () => new HttpJwtAuthorizer('Authorizer', 'https://issuer.example', { jwtAudience: ['a'] });
const iam = () => new HttpIamAuthorizer();
const custom = (stack: Stack) => new HttpLambdaAuthorizer('Authorizer', newFunction(stack, 'AuthorizerFn'));
const cognito = (stack: Stack) => ({ authorizer: new CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [new UserPool(stack, 'Pool')] }) });
const token = (stack: Stack) => ({ authorizer: new TokenAuthorizer(stack, 'Authorizer', { handler: newFunction(stack, 'AuthorizerFn') }) });
const signed = () => ({ authorizationType: AuthorizationType.IAM });
const keyed = () => ({ apiKeyRequired: true });

const claim = TenantSource.jwtClaim('account_id');
const context = TenantSource.lambdaContext('tenant');
const principal = TenantSource.iamPrincipal();
const apiKey = TenantSource.apiKeyId();

describe('F46: a tenant source that the authorizer of the route cannot give', () => {
  test('warns and names both', () => {
    expect(onHttp(claim, iam)).toEqual([
      'Stack/Api: route POST /a: tenant is jwtClaim, which its authorizer (AWS_IAM) cannot give: every request with a key is answered 403. '
      + 'Use TenantSource.iamPrincipal() or TenantSource.auto(), or give the route another authorizer. [ack: cdk-idempotent-api:tenantNotGiven]',
    ]);
  });

  test.each([
    ['a claim from a Lambda authorizer', claim, custom, 'jwtClaim', 'CUSTOM'],
    ['a context from a JWT authorizer', context, jwt, 'lambdaContext', 'JWT'],
    ['an IAM principal from a JWT authorizer', principal, jwt, 'iamPrincipal', 'JWT'],
    ['an API key, which HTTP APIs have not', apiKey, iam, 'apiKeyId', 'AWS_IAM'],
    ['one of several', TenantSource.all(claim, context), jwt, 'lambdaContext', 'JWT'],
  ])('warns on an HTTP API: %s', (_, tenant, authorizer, source, type) => {
    expect(onHttp(tenant, authorizer)).toEqual([expect.stringContaining(`tenant is ${source}, which its authorizer (${type}) cannot give`)]);
  });

  test.each([
    ['a claim from a Lambda authorizer', claim, token, 'jwtClaim', 'CUSTOM'],
    ['a context from Cognito', context, cognito, 'lambdaContext', 'COGNITO_USER_POOLS'],
    ['an IAM principal from Cognito', principal, cognito, 'iamPrincipal', 'COGNITO_USER_POOLS'],
    ['an API key where none is required', apiKey, signed, 'apiKeyId', 'AWS_IAM'],
  ])('warns on a REST API: %s', (_, tenant, options, source, type) => {
    expect(onRest(tenant, options)).toEqual([expect.stringContaining(`tenant is ${source}, which its authorizer (${type}) cannot give`)]);
  });

  test('warns of a route without an authorizer', () => {
    expect(onHttp(apiKey)).toEqual([expect.stringContaining('route POST /a has no authorizer to give the tenant (apiKeyId)')]);
    expect(onRest(apiKey)).toEqual([expect.stringContaining('route POST /a has no authorizer to give the tenant (apiKeyId)')]);
  });
});

test('an API key alone gives no claim', () => {
  expect(onRest(claim, keyed)).toEqual([expect.stringContaining('tenant is jwtClaim, which its authorizer (an API key alone) cannot give')]);
});

test('an authorizer that is not known at synth is left alone', () => {
  expect(onRest(claim, () => ({ authorizationType: Lazy.string({ produce: () => 'AWS_IAM' }) as AuthorizationType }))).toEqual([]);
});

test.each([
  ['a claim from a JWT', onHttp(claim, jwt)],
  ['a context from a Lambda authorizer', onHttp(context, custom)],
  ['an IAM principal', onHttp(principal, iam)],
  ['whatever there is', onHttp(TenantSource.auto(), iam)],
  ['a claim from Cognito', onRest(claim, cognito)],
  ['a context from a token authorizer', onRest(context, token)],
  ['an IAM principal of a REST API', onRest(principal, signed)],
  ['an API key alone', onRest(apiKey, keyed)],
  ['an API key beside Cognito', onRest(TenantSource.all(apiKey, claim), (stack) => ({ ...cognito(stack), ...keyed() }))],
])('no warning for a source that the route gives: %s', (_, found) => expect(found).toEqual([]));
