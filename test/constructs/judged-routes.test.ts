import { join } from 'node:path';
import { CfnResource, Fn, NestedStack, Stack } from 'aws-cdk-lib';
import { ApiDefinition, CfnMethod, LambdaIntegration, RestApi, SpecRestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnApi, CfnRoute, HttpApi, HttpIntegrationSubtype, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration, HttpStepFunctionsIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, FunctionUrlAuthType, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, Pass, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { newFunction, newStack } from './support';
import { Idempotency, IdempotentApi } from '../../lib';
import { deployedConstructs } from '../../lib/private/protection/constructs';
import { referencesIn, textOf } from '../../lib/private/protection/deployed';
import { judgedRoutes } from '../../lib/private/protection/routes';

const POST = [HttpMethod.POST];

/** All routes of an app, each on a line. */
const found = (stack: Stack): string[] => judgedRoutes(deployedConstructs(stack))
  .map(({ api, method, path, invoked, state, reason }) => `${api.path} ${method} ${path} ${invoked?.path ?? '-'}: ${state}, ${reason}`);

const attached = (stack: Stack, id: string, props: object = {}): LambdaFunction => {
  const fn = newFunction(stack, id, props);
  const idempotency = stack.node.tryFindChild('Idempotency') as Idempotency | undefined ?? new Idempotency(stack, 'Idempotency');
  idempotency.attach(fn);
  return fn;
};

describe('F125: routes of APIs that no construct of this package made', () => {
  test('HttpApi and RestApi, also across nested stacks', () => {
    const stack = newStack();
    const nested = new NestedStack(stack, 'Nested');
    new HttpApi(nested, 'Http').addRoutes({ path: '/a', methods: POST, integration: new HttpLambdaIntegration('I', attached(stack, 'A')) });
    const rest = new RestApi(stack, 'Rest');
    rest.root.resourceForPath('/b/{id}').addMethod('POST', new LambdaIntegration(newFunction(nested, 'B')));
    expect(found(stack).sort()).toEqual([
      'Stack/Nested/Http POST /a Stack/A: protected, redirected',
      'Stack/Rest POST /b/{id} Stack/Nested/B: unprotected, Stack/Nested/B is not attached',
    ]);
  });

  test('an OpenAPI description in the template', () => {
    const stack = newStack();
    const uri = (arn: string) => ({ 'Fn::Sub': `arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/${arn}/invocations` });
    const a = attached(stack, 'A');
    newFunction(stack, 'Named', { functionName: 'named' });
    const integrated = (value: object, type = 'aws_proxy') => ({ 'x-amazon-apigateway-integration': { type, uri: value } });
    new SpecRestApi(stack, 'Spec', {
      apiDefinition: ApiDefinition.fromInline({
        openapi: '3.0.1',
        paths: {
          '/a': {
            post: integrated(uri(`\${${stack.resolve((a.node.defaultChild as CfnResource).logicalId)}.Arn}`)),
            get: integrated(uri('${Gone.Arn}')),
            options: integrated({}, 'mock'),
            put: integrated({}, 'MOCK'),
            parameters: [],
          },
          '/b': { 'x-amazon-apigateway-any-method': integrated(uri('arn:aws:lambda:eu-west-1:111111111111:function:named')) },
          '/c': { post: integrated(uri('arn:aws:lambda:eu-west-1:111111111111:function:far:live')) },
          '/d': { post: { 'x-amazon-apigateway-integration': { type: 'http_proxy', uri: 'https://other.example' } } },
        },
      }),
    });
    new CfnApi(stack, 'HttpSpec', { body: { openapi: '3.0.1', paths: { '/$default': { 'x-amazon-apigateway-any-method': integrated({ 'Fn::GetAtt': [stack.resolve((a.node.defaultChild as CfnResource).logicalId), 'Arn'] }) } } } });
    expect(found(stack)).toEqual([
      'Stack/Spec POST /a Stack/A: protected, redirected',
      'Stack/Spec GET /a -: exempt, a key means nothing on GET',
      'Stack/Spec OPTIONS /a -: exempt, a mock, which calls nothing',
      'Stack/Spec PUT /a -: exempt, a mock, which calls nothing',
      'Stack/Spec ANY /b Stack/Named: unprotected, Stack/Named is not attached',
      'Stack/Spec POST /c -: unprotected, far:live is a function that is not in this app',
      'Stack/Spec POST /d -: unprotected, calls no function but https://other.example',
      'Stack/HttpSpec ANY $default Stack/A: protected, redirected',
    ]);
  });

  test('an OpenAPI description elsewhere, whose routes nobody can see', () => {
    const stack = newStack();
    new CfnApi(stack, 'Api', { bodyS3Location: { bucket: 'b', key: 'k' } });
    expect(found(stack)).toEqual([
      'Stack/Api ANY * -: unprotected, its OpenAPI description is not in the template, so that nobody can see its routes',
    ]);
  });

  test('Function URLs, by themselves and of an alias', () => {
    const stack = newStack();
    attached(stack, 'A').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    attached(stack, 'B').addAlias('live').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    newFunction(stack, 'C').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    expect(found(stack)).toEqual([
      'Stack/A/FunctionUrl ANY $default Stack/A: protected, redirected',
      'Stack/B/Aliaslive/FunctionUrl ANY $default Stack/B/Aliaslive: protected, redirected',
      'Stack/C/FunctionUrl ANY $default Stack/C: unprotected, Stack/C is not attached',
    ]);
  });

  test('functions of SAM, whose events are routes', () => {
    const stack = newStack();
    const template = new CfnInclude(stack, 'Included', { templateFile: join(__dirname, 'fixtures', 'templates', 'serverless.json') });
    new Idempotency(stack, 'Idempotency').attachCfn(template.getResource('Pay'));
    const refund = template.getResource('Refund');
    new HttpApi(stack, 'Api');
    refund.addPropertyOverride('FunctionUrlConfig', { AuthType: 'NONE' });
    refund.addPropertyOverride('Events', {
      Any: { Type: 'HttpApi' },
      Rest: { Type: 'Api', Properties: { Path: '/refunds', Method: 'get', RestApiId: { Ref: 'Elsewhere' } } },
      Queue: { Type: 'SQS', Properties: { Queue: 'q' } },
    });
    expect(found(stack)).toEqual([
      'Stack/Included/Pay POST /payments Stack/Included/Pay: protected, redirected',
      'Stack/Included/Refund ANY $default Stack/Included/Refund: unprotected, Stack/Included/Refund is not attached',
      'Stack/Included/Refund GET /refunds Stack/Included/Refund: exempt, a key means nothing on GET',
      'Stack/Included/Refund ANY $default Stack/Included/Refund: unprotected, Stack/Included/Refund is not attached',
    ]);
  });

  test('a service in the place of a function', () => {
    const stack = newStack();
    const stateMachine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')), stateMachineType: StateMachineType.EXPRESS });
    new HttpApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, integration: new HttpStepFunctionsIntegration('I', { stateMachine, subtype: HttpIntegrationSubtype.STEPFUNCTIONS_START_SYNC_EXECUTION }) });
    expect(found(stack)).toEqual(['Stack/Api POST /a -: unprotected, calls no function but StepFunctions-StartSyncExecution']);
  });

  test('a route that opted out on an API of ours, on one that has the same route', () => {
    const stack = newStack();
    const fn = newFunction(stack, 'A');
    const api = new IdempotentApi(stack, 'Ours');
    api.addRoutes({ path: '/a', methods: POST, handler: fn });
    api.addRoutes({ path: '/b', methods: POST, handler: fn, idempotent: false });
    new HttpApi(stack, 'Theirs').addRoutes({ path: '/b', methods: POST, integration: new HttpLambdaIntegration('I', fn) });
    expect(found(stack)[2]).toBe('Stack/Theirs POST /b Stack/A: exempt, idempotent: false');
  });

  test('a route without an integration, and one of an API that is not in this app', () => {
    const stack = newStack();
    const api = new HttpApi(stack, 'Api');
    new CfnRoute(stack, 'Route', { apiId: api.apiId, routeKey: 'POST /a' });
    new CfnRoute(stack, 'Elsewhere', { apiId: 'abcdef', routeKey: 'POST /a' });
    new CfnRoute(stack, 'Imported', { apiId: Fn.importValue('api'), routeKey: 'POST /a' });
    new CfnMethod(stack, 'Method', { restApiId: 'abcdef', resourceId: 'r', httpMethod: 'POST' });
    expect(found(stack)).toEqual(['Stack/Api POST /a -: unprotected, calls no function but undefined']);
  });
});

test('F125: what an escape hatch has left without its properties is judged by what is there', () => {
  const stack = newStack();
  const url = new CfnResource(stack, 'Url', { type: 'AWS::Lambda::Url' });
  const method = new CfnResource(stack, 'Method', { type: 'AWS::ApiGateway::Method', properties: { RestApiId: new RestApi(stack, 'Rest').restApiId, HttpMethod: 'POST' } });
  expect([url, method]).toHaveLength(2);
  expect(found(stack)).toEqual([
    'Stack/Url ANY $default -: unprotected, calls no function but undefined', 'Stack/Rest POST / -: exempt, a mock, which calls nothing',
  ]);
});

test('F125: references are followed in every form that a template has them in', () => {
  expect(referencesIn({ a: [{ 'Fn::GetAtt': 'One.Arn' }, { 'Fn::Sub': ['${Two.Arn} ${!Literal} ${three}', { three: { Ref: 'Three' } }] }], b: null, c: 1 }))
    .toEqual([{ logicalId: 'One' }, { logicalId: 'Two' }, { logicalId: 'three' }, { logicalId: 'Three' }]);
  expect(referencesIn({ 'Fn::ImportValue': 'x' })).toEqual([{ exported: 'x' }]);
  expect(textOf({ 'Fn::Sub': ['${a}-b', { a: 1 }] })).toBe('{}-b');
});

test('F125: a relay is protected, whatever it calls', () => {
  const stack = newStack();
  const target = newFunction(stack, 'Target', { runtime: Runtime.PYTHON_3_13 });
  const relayed = (id: string, arn: string) => newFunction(stack, id, {
    handler: 'relay.handler', environment: { IDEMPOTENCY_TARGET: arn, IDEMPOTENCY_SETTINGS: '{"defaults":{}}' }, code: Code.fromAsset(join(__dirname, 'fixtures', 'handler')),
  }).addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  relayed('A', target.functionArn);
  relayed('B', 'arn:aws:lambda:eu-west-1:111111111111:function:far');
  expect(found(stack)).toEqual([
    'Stack/A/FunctionUrl ANY $default Stack/A: protected, relay to Stack/Target',
    'Stack/B/FunctionUrl ANY $default Stack/B: protected, relay to arn:aws:lambda:eu-west-1:111111111111:function:far',
  ]);
});

test('F125: settings that are not JSON, or hold what is not known yet, hide no verdict', () => {
  const stack = newStack();
  const broken = attached(stack, 'Broken');
  broken.addEnvironment('IDEMPOTENCY_SETTINGS', 'no JSON');
  broken.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  expect(found(stack)).toEqual(['Stack/Broken/FunctionUrl ANY $default Stack/Broken: protected, redirected']);
});
