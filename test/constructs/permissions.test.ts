import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AuthorizationType, Model } from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { newFunction, newStack } from './support';
import { IdempotentApi, IdempotentRestApi } from '../../lib';

const POST = [HttpMethod.POST];
const sourcesOf = (template: Template): string[] =>
  Object.values(template.findResources('AWS::Lambda::Permission')).map(({ Properties }) => JSON.stringify(Properties.SourceArn));

describe('the permissions of an API on one function', () => {
  test('are one a route by default, and one in all without scopePermissionToRoute', () => {
    const permissionsOf = (scopePermissionToRoute?: boolean): string[] => {
      const stack = newStack();
      const api = new IdempotentApi(stack, 'Api');
      const handler = newFunction(stack);
      for (const path of ['/a', '/b', '/c']) api.addRoutes({ path, methods: POST, handler, scopePermissionToRoute });
      return sourcesOf(Template.fromStack(stack));
    };
    expect(permissionsOf()).toHaveLength(3);
    expect(permissionsOf(false)).toEqual([expect.stringContaining('*/*/*')]);
  });

  test('are two a method of a REST API by default, one without allowTestInvoke, and one in all without scopePermissionToMethod', () => {
    const permissionsOf = (options: { scopePermissionToMethod?: boolean; allowTestInvoke?: boolean }): number => {
      const stack = newStack();
      const api = new IdempotentRestApi(stack, 'Api');
      const handler = newFunction(stack);
      for (let n = 0; n < 40; n++) api.addRoutes({ path: `/resources/${n}`, methods: POST, handler, ...options });
      return sourcesOf(Template.fromStack(stack)).length;
    };
    expect(permissionsOf({})).toBe(80);
    expect(permissionsOf({ allowTestInvoke: false })).toBe(40);
    expect(permissionsOf({ scopePermissionToMethod: false })).toBe(1);
  });
});

describe('methodOptions', () => {
  test('reach the methods of a REST API, under what the route says itself', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api', { required: true });
    api.addRoutes({
      path: '/a',
      methods: POST,
      handler: newFunction(stack),
      apiKeyRequired: true,
      methodOptions: { operationName: 'pay', apiKeyRequired: false, authorizationType: AuthorizationType.IAM },
    });
    Template.fromStack(stack).hasResourceProperties('AWS::ApiGateway::Method', {
      OperationName: 'pay',
      ApiKeyRequired: true,
      AuthorizationType: 'AWS_IAM',
      RequestParameters: { 'method.request.header.Idempotency-Key': true },
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('with a validator or parameters of their own leave a required key to the runtime', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api', { required: true });
    const handler = newFunction(stack);
    api.addRoutes({ path: '/a', methods: POST, handler, methodOptions: { requestParameters: { 'method.request.querystring.page': false } } });
    api.addRoutes({
      path: '/b',
      methods: POST,
      handler,
      methodOptions: { requestModels: { 'application/json': Model.EMPTY_MODEL }, requestValidatorOptions: { validateRequestBody: true } },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ApiGateway::GatewayResponse', 0);
    template.hasResourceProperties('AWS::ApiGateway::Method', { RequestParameters: { 'method.request.querystring.page': false } });
    template.hasResourceProperties('AWS::ApiGateway::RequestValidator', { ValidateRequestBody: true });
  });
});
