import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnMethod, LambdaIntegration, MockIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, CorsPreflightOptions, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Alias, FunctionUrlAuthType, IFunction } from 'aws-cdk-lib/aws-lambda';
import { newFunction, newStack } from './support';
import { Idempotency } from '../../lib';

type Stack = ReturnType<typeof newStack>;
const SEEN = 'X-Idempotent-Replay, X-Idempotent-Persisted, Retry-After, X-Should-Retry';

const warnings = (front: (stack: Stack, fn: IFunction) => void, aliased = false): unknown[] => {
  const stack = newStack();
  const fn = newFunction(stack);
  new Idempotency(stack, 'Idempotency').attach(fn);
  front(stack, aliased ? new Alias(stack, 'Live', { aliasName: 'live', version: fn.currentVersion }) : fn);
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data);
};
const httpApi = (corsPreflight?: CorsPreflightOptions) => (stack: Stack, fn: IFunction) => void new HttpApi(stack, 'Api', { corsPreflight })
  .addRoutes({ path: '/a', methods: [HttpMethod.POST, HttpMethod.PUT], integration: new HttpLambdaIntegration('I', fn) });
const restApi = (allowHeaders?: string[]) => (stack: Stack, fn: IFunction) => {
  const api = new RestApi(stack, 'Api', { defaultCorsPreflightOptions: allowHeaders && { allowOrigins: ['*'], allowHeaders } });
  api.root.addResource('a').addMethod('POST', new LambdaIntegration(fn));
};

describe('an API in front of an attached function whose CORS knows nothing of keys', () => {
  test('warns once, and says what to allow and to expose', () => {
    const cors = { allowOrigins: ['https://shop.example'], allowMethods: [CorsHttpMethod.POST], allowHeaders: ['content-type'] };
    const expected = [`Stack/Idempotency: the CORS of Stack/Api does not allow Idempotency-Key and expose ${SEEN}: pages of other origins cannot send a key, `
      + `or cannot see that an answer is a replay. Let it allow Idempotency-Key and expose ${SEEN}. [ack: cdk-idempotent-api:corsWithoutKey]`];
    expect(warnings(httpApi(cors))).toEqual(expected);
    expect(warnings(httpApi(cors), true)).toEqual(expected);
  });

  test('warns of what lacks only', () => {
    expect(warnings(httpApi({ allowHeaders: ['idempotency-key'] }))).toEqual([expect.stringContaining(`does not expose ${SEEN}:`)]);
    expect(warnings(httpApi({ allowMethods: [CorsHttpMethod.POST], exposeHeaders: ['*'] }))).toEqual([expect.stringContaining('does not allow Idempotency-Key:')]);
  });

  test('warns on a REST API, whose answers are the function\'s to expose', () => {
    expect(warnings(restApi(['Content-Type']))).toEqual([expect.stringContaining('does not allow Idempotency-Key:')]);
  });

  test('warns on a Function URL', () => {
    expect(warnings((_, fn) => void fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, cors: { allowedOrigins: ['*'], allowedHeaders: ['*'] } })))
      .toEqual([expect.stringContaining(`Stack/Fn/FunctionUrl does not expose ${SEEN}:`)]);
  });
});

test.each<[string, (stack: Stack, fn: IFunction) => void]>([
  ['the API does no CORS', httpApi()],
  ['it knows of keys', httpApi({ allowHeaders: ['Idempotency-Key'], exposeHeaders: SEEN.split(', ') })],
  ['it allows everything', httpApi({ allowHeaders: ['*'], exposeHeaders: ['*'] })],
  ['a REST API does no CORS', restApi()],
  ['a REST API knows of keys', restApi(['Content-Type', 'Idempotency-Key'])],
  ['what stands for OPTIONS says nothing of headers', (stack, fn) => {
    const api = new RestApi(stack, 'Api');
    api.root.addMethod('POST', new LambdaIntegration(fn));
    api.root.addMethod('OPTIONS', new MockIntegration({ integrationResponses: [{ statusCode: '204' }] }));
  }],
  ['OPTIONS has no integration', (stack, fn) => {
    const api = new RestApi(stack, 'Api');
    api.root.addMethod('POST', new LambdaIntegration(fn));
    new CfnMethod(stack, 'Options', { restApiId: api.restApiId, resourceId: api.restApiRootResourceId, httpMethod: 'OPTIONS' });
  }],
  ['the API has another function', (stack) => httpApi({ allowHeaders: ['content-type'] })(stack, newFunction(stack, 'Other'))],
])('no warning where %s', (_, front) => expect(warnings(front)).toEqual([]));
