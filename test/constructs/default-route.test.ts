import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { LambdaIntegration } from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { newFunction, newStack, settingsOf } from './support';
import { IdempotentApi, IdempotentRestApi, TenantSource } from '../../lib';

describe('F124: throws when the construct is given a defaultIntegration, which would reach its function unprotected,', () => {
  test('on an HTTP API', () => {
    const stack = newStack();
    const defaultIntegration = new HttpLambdaIntegration('Integration', newFunction(stack));
    expect(() => new IdempotentApi(stack, 'Api', { required: true, defaultIntegration })).toThrow(
      'Stack/Api: defaultIntegration is given, whose requests would reach their function without a look at their keys. '
      + 'Leave it out, and add its function with addRoutes({ path: "$default", handler }).',
    );
  });

  test('on a REST API', () => {
    const stack = newStack();
    const defaultIntegration = new LambdaIntegration(newFunction(stack));
    expect(() => new IdempotentRestApi(stack, 'Api', { required: true, defaultIntegration })).toThrow(
      'Stack/Api: defaultIntegration is given, whose requests would reach their function without a look at their keys. '
      + 'Leave it out, and add its function with addRoutes({ path: "/{proxy+}", handler }), and with path "/" for the root.',
    );
  });
});

describe('F124: the $default route of an HTTP API', () => {
  test('is added and made idempotent like any other, with settings of its own', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() });
    const [route] = api.addRoutes({ path: '$default', handler: newFunction(stack), required: true });
    expect(route!.path).toBeUndefined();
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$default', AuthorizationType: 'AWS_IAM' });
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: '/opt/cdk-idempotent-api/handler.handler' });
    expect(settingsOf(template).routes).toEqual({ 'ANY $default': { required: true } });
    expect(Object.keys(api.idempotencyPolicy().paths)).toEqual(['/$default']);
  });

  test('takes an authorizer of its own, and every method', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer(), tenant: TenantSource.none() });
    api.addRoutes({ path: '$default', methods: [HttpMethod.ANY], handler: newFunction(stack), authorizer: new HttpNoneAuthorizer() });
    Template.fromStack(stack).hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$default', AuthorizationType: 'NONE' });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('throws when it is to have some methods only', () => {
    const stack = newStack();
    expect(() => new IdempotentApi(stack, 'Api').addRoutes({ path: '$default', methods: [HttpMethod.POST], handler: newFunction(stack) })).toThrow(
      'Stack/Api: methods is POST for the path "$default", which takes whatever no other route does. '
      + 'Leave methods out, or use the path "/{proxy+}" for some methods of every path.',
    );
  });

  test('throws on a REST API, which has none', () => {
    const stack = newStack();
    expect(() => new IdempotentRestApi(stack, 'Api').addRoutes({ path: '$default', handler: newFunction(stack) }))
      .toThrow('Stack/Api: path is "$default", which only HTTP APIs have. Use the path "/{proxy+}", and "/" for the root.');
  });
});
