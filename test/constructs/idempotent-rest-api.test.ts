import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AuthorizationType, CognitoUserPoolsAuthorizer, IntegrationResponse, MockIntegration, RestApi, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { environmentOf, newFunction, newStack, propertiesOf, settingsOf, statementsOf } from './support';
import { ErrorFormat, IdempotencySettings, IdempotencyTable, IdempotentRestApi, IdempotentRestApiProps, TenantSource } from '../../lib';
import { errorResponse } from '../../runtime/response/outcomes';

const POST = [HttpMethod.POST];

test('five lines make an API, a table and a redirected function', () => {
  const stack = newStack();
  const api = new IdempotentRestApi(stack, 'Payments', { includeRequestHash: true, description: 'of payments' });
  const [method] = api.addRoutes({ path: '/payments/{id}', methods: POST, handler: newFunction(stack) });
  expect(method!.httpMethod).toBe('POST');

  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ApiGateway::RestApi', { Name: 'Payments', Description: 'of payments' });
  template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'POST', Integration: { Type: 'AWS_PROXY', TimeoutInMillis: Match.absent() } });
  template.hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: '{id}' });
  template.hasResourceProperties('AWS::Lambda::Function', { Handler: '/opt/cdk-idempotent-api/handler.handler' });
  expect(settingsOf(template)).toEqual({ defaults: { includeRequestHash: true, namespace: 'Stack/Payments', processingTimeoutSeconds: 30 } });
  expect(statementsOf(template)).toHaveLength(1);
  expect(api.table).toBeInstanceOf(IdempotencyTable);
  expect(stack.resolve(api.url)).toEqual(stack.resolve(api.restApi.url));
});

test('logical ids are a contract', () => {
  const stack = newStack();
  new IdempotentRestApi(stack, 'Payments', { required: true }).addRoutes({ path: '/payments', methods: POST, handler: newFunction(stack) });
  const template = Template.fromStack(stack);
  const idsOf = (type: string) => Object.keys(template.findResources(type));
  expect(idsOf('AWS::DynamoDB::GlobalTable')).toEqual(['PaymentsTable78126BD3']);
  expect(idsOf('AWS::ApiGateway::RestApi')).toEqual([expect.stringMatching(/^PaymentsRestApi[0-9A-F]{8}$/)]);
  expect(idsOf('AWS::ApiGateway::Method')).toEqual([expect.stringMatching(/^PaymentsRestApipaymentsPOST[0-9A-F]{8}$/)]);
  expect(idsOf('AWS::ApiGateway::RequestValidator')).toEqual([expect.stringMatching(/^PaymentsRestApiIdempotencyKeyValidator[0-9A-F]{8}$/)]);
  expect(idsOf('AWS::ApiGateway::GatewayResponse')).toEqual([expect.stringMatching(/^PaymentsRestApiIdempotencyKeyMissing[0-9A-F]{8}$/)]);
});

test('no role for the whole account is made unasked', () => {
  const rolesOf = (props: IdempotentRestApiProps) => {
    const stack = newStack();
    new IdempotentRestApi(stack, 'Api', props).restApi.root.addMethod('GET');
    return Object.keys(Template.fromStack(stack).findResources('AWS::ApiGateway::Account')).length;
  };
  expect(rolesOf({})).toBe(0);
  expect(rolesOf({ cloudWatchRole: true })).toBe(1);
});

test('throws when the url of an API without a stage is asked for', () => {
  const api = new IdempotentRestApi(newStack(), 'Api', { deploy: false });
  expect(() => api.url).toThrow('Stack/Api: url is asked for, but the API was made with deploy: false. Use the url of the stage that you add');
});

describe('routes', () => {
  test('have settings of their own, opt out, and stay alone where only safe methods are', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api', { restApiName: 'named' });
    const handler = newFunction(stack);
    const other = newFunction(stack, 'Other');
    api.addRoutes({ path: '/a', methods: POST, handler, minKeyLength: 8 });
    api.addRoutes({ path: 'b/{id}', handler });
    api.addRoutes({ path: '/c', methods: POST, handler, idempotent: false });
    api.addRoutes({ path: '/', methods: [HttpMethod.GET], handler: other });
    const template = Template.fromStack(stack);
    expect(settingsOf(template).routes).toEqual({ 'POST /a': { minKeyLength: 8 }, 'POST /c': { disabled: true } });
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { Name: 'named' });
    expect(propertiesOf(template, 'AWS::Lambda::Function', 'Other').Handler).toBe('index.handler');
  });

  test('take authorization, API keys and integration timeout as the API itself does', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api', { defaultMethodOptions: { authorizationType: AuthorizationType.IAM } });
    const authorizer = new CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [new UserPool(stack, 'Pool')] });
    const handler = newFunction(stack);
    api.addRoutes({ path: '/default', methods: POST, handler });
    api.addRoutes({
      path: '/own',
      methods: POST,
      handler,
      authorizer,
      authorizationType: AuthorizationType.COGNITO,
      authorizationScopes: ['pay'],
      apiKeyRequired: true,
      integrationTimeout: Duration.seconds(20),
    });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ApiGateway::Method', { AuthorizationType: 'AWS_IAM' });
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      AuthorizationType: 'COGNITO_USER_POOLS', AuthorizationScopes: ['pay'], ApiKeyRequired: true, Integration: { TimeoutInMillis: 20000 },
    });
  });

  test('F20: warn of a function that may outlive the gateway\'s patience', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api');
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack, 'Fn', { timeout: Duration.seconds(60) }) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp('may run for 60 seconds, but the gateway answers 504 after 29'));
  });
});

describe('tenants', () => {
  const warningsOf = (props: IdempotentRestApiProps, route: object = {}) => {
    const stack = newStack();
    new IdempotentRestApi(stack, 'Api', props).addRoutes({ path: '/a', methods: POST, handler: newFunction(stack), ...route });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map((warning) => String(warning.entry.data).match(/idempotent-api:(\w+)/)?.[1]);
  };
  const none = { tenant: TenantSource.none() };
  const demanded = { tenant: TenantSource.iamPrincipal() };

  test('warn where an authorizer is there and none is used', () => {
    expect(warningsOf({ ...none, defaultMethodOptions: { authorizationType: AuthorizationType.IAM } })).toEqual(['tenantIgnored']);
    expect(warningsOf(none, { authorizationType: AuthorizationType.IAM })).toEqual(['tenantIgnored']);
    expect(warningsOf(none)).toEqual([]);
  });

  test('warn where one is demanded and no authorizer is there', () => {
    expect(warningsOf(demanded)).toEqual(['tenantWithoutAuthorizer']);
    expect(warningsOf(demanded, { authorizationType: AuthorizationType.IAM })).toEqual([]);
  });

  test('know the default authorizer, and a route without it', () => {
    const stack = newStack();
    const authorizer = new TokenAuthorizer(stack, 'Authorizer', { handler: newFunction(stack, 'AuthorizerFn') });
    const api = new IdempotentRestApi(stack, 'Api', { ...none, defaultMethodOptions: { authorizer } });
    api.addRoutes({ path: '/open', methods: POST, handler: newFunction(stack, 'Open'), authorizationType: AuthorizationType.NONE });
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map((warning) => warning.entry.data);
    expect(warnings).toEqual([expect.stringMatching(/route POST \/a has an authorizer, but its tenant is none/)]);
  });
});

describe('CORS', () => {
  const preflightOf = (props: IdempotentRestApiProps, route: IdempotencySettings = {}) => {
    const stack = newStack();
    new IdempotentRestApi(stack, 'Api', props).addRoutes({ path: '/a', methods: POST, handler: newFunction(stack), ...route });
    const template = Template.fromStack(stack);
    const options = Object.values(template.findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'OPTIONS' } }));
    const headers = options.map((method) => (method.Properties.Integration.IntegrationResponses as IntegrationResponse[])[0]!.responseParameters
      ?? method.Properties.Integration.IntegrationResponses[0].ResponseParameters);
    return { headers, cors: settingsOf(template).defaults.cors };
  };

  test('is never switched on unasked', () => {
    expect(preflightOf({})).toEqual({ headers: [], cors: undefined });
  });

  test('F58: where configured, it allows the key and exposes the replay headers, also those of later routes', () => {
    const { headers, cors } = preflightOf({
      defaultCorsPreflightOptions: { allowOrigins: ['https://shop.example'], allowCredentials: true, allowHeaders: ['Content-Type'], exposeHeaders: ['ETag'] },
    }, { headerAliases: ['X-Key'] });
    expect(headers).toHaveLength(2);
    for (const preflight of headers) {
      expect(preflight).toMatchObject({
        'method.response.header.Access-Control-Allow-Headers': '\'Content-Type,Idempotency-Key,X-Key\'',
        'method.response.header.Access-Control-Expose-Headers': '\'ETag,X-Idempotent-Replay,X-Idempotent-Persisted,Retry-After,X-Should-Retry\'',
      });
    }
    expect(cors).toEqual({ allowOrigins: ['https://shop.example'], allowCredentials: true });
  });

  test('keeps the headers that the CDK allows by default', () => {
    const { headers } = preflightOf({ defaultCorsPreflightOptions: { allowOrigins: ['*'] } });
    expect(headers[0]!['method.response.header.Access-Control-Allow-Headers']).toBe(
      '\'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token,X-Amz-User-Agent,Idempotency-Key\'',
    );
  });
});

describe('a required key', () => {
  const HEADER = 'method.request.header.Idempotency-Key';
  const make = (props: IdempotentRestApiProps = {}) => {
    const stack = newStack();
    return { stack, handler: newFunction(stack), api: new IdempotentRestApi(stack, 'Api', { required: true, ...props }) };
  };
  const enforcedOf = (template: Template) => Object.values(template.findResources('AWS::ApiGateway::Method'))
    .filter(({ Properties }) => Properties.RequestValidatorId !== undefined)
    .map(({ Properties }) => ({ method: Properties.HttpMethod, RequestParameters: Properties.RequestParameters }));
  const answerOf = (template: Template) => propertiesOf(template, 'AWS::ApiGateway::GatewayResponse');

  test('is enforced by the gateway on the methods that need one, by one validator', () => {
    const { stack, api, handler } = make();
    api.addRoutes({ path: '/a', methods: [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT], handler });
    api.addRoutes({ path: '/b', methods: POST, handler });
    api.addRoutes({ path: '/optional', methods: POST, handler, required: false });
    const template = Template.fromStack(stack);
    expect(enforcedOf(template)).toEqual(['POST', 'PUT', 'POST'].map((method) => ({ method, RequestParameters: { [HEADER]: true } })));
    template.hasResourceProperties('AWS::ApiGateway::RequestValidator', { ValidateRequestParameters: true, ValidateRequestBody: Match.absent() });
    template.resourceCountIs('AWS::ApiGateway::RequestValidator', 1);
    template.resourceCountIs('AWS::ApiGateway::GatewayResponse', 1);
  });

  test.each([
    ['json', undefined, 'application/json'],
    ['problem', ErrorFormat.PROBLEM, 'application/problem+json'],
  ] as const)('is answered by the gateway as the runtime would: %s', (errorFormat, format, contentType) => {
    const { stack, api, handler } = make({ errorFormat: format, headerName: 'X-Key', retryHintHeaders: ['X-Should-Retry', 'X-Other-Hint'] });
    api.addRoutes({ path: '/a', methods: POST, handler });
    const answer = answerOf(Template.fromStack(stack));

    const runtime = errorResponse(
      { kind: 'key-missing' }, { headers: new Map() }, { headerName: 'X-Key', errorFormat, retryHintHeaders: ['X-Should-Retry', 'X-Other-Hint'] }, () => undefined,
    );
    expect(JSON.parse(answer.ResponseTemplates['application/json'])).toEqual(JSON.parse(runtime.body));
    expect(answer).toMatchObject({ ResponseType: 'BAD_REQUEST_PARAMETERS', StatusCode: String(runtime.statusCode) });
    const expected = new Map(runtime.headers);
    expect(expected.get('Content-Type')).toBe(contentType);
    // API Gateway answers application/json unless told otherwise.
    if (errorFormat === 'json') expected.delete('Content-Type');
    expect(answer.ResponseParameters).toEqual(
      Object.fromEntries([...expected].map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`])),
    );
  });

  test('is answered for the one origin that CORS allows', () => {
    const { stack, api, handler } = make({ defaultCorsPreflightOptions: { allowOrigins: ['https://shop.example'], allowCredentials: true } });
    api.addRoutes({ path: '/a', methods: POST, handler });
    expect(answerOf(Template.fromStack(stack)).ResponseParameters).toEqual({
      'gatewayresponse.header.Link': expect.stringMatching(/^'<https:.*#idempotency_key_missing>; rel="describedby"; type="text\/html"'$/),
      'gatewayresponse.header.X-Should-Retry': '\'false\'',
      'gatewayresponse.header.Access-Control-Allow-Origin': '\'https://shop.example\'',
      'gatewayresponse.header.Access-Control-Allow-Credentials': '\'true\'',
      'gatewayresponse.header.Access-Control-Expose-Headers': '\'X-Should-Retry\'',
    });
  });

  test.each<[string, IdempotentRestApiProps, IdempotencySettings & { methods?: HttpMethod[] }]>([
    ['there are aliases', { headerAliases: ['X-Key'] }, {}],
    ['the route has another header', {}, { headerName: 'X-Key' }],
    ['the route has other errors', {}, { errorFormat: ErrorFormat.PROBLEM }],
    ['the route has other hints', {}, { retryHintHeaders: [] }],
    ['the route has every method, GET among them', {}, { methods: [HttpMethod.ANY] }],
    ['CORS allows several origins', { defaultCorsPreflightOptions: { allowOrigins: ['https://a.example', 'https://b.example'] } }, {}],
    ['methods have parameters of their own', { defaultMethodOptions: { requestParameters: { 'method.request.header.X-Other': true } } }, {}],
  ])('is left to the runtime where %s', (_, props, route) => {
    const { stack, api, handler } = make(props);
    api.addRoutes({ path: '/a', methods: POST, handler, ...route });
    const template = Template.fromStack(stack);
    expect(enforcedOf(template)).toEqual([]);
    template.resourceCountIs('AWS::ApiGateway::GatewayResponse', 0);
    template.resourceCountIs('AWS::ApiGateway::RequestValidator', 0);
  });

  test('is left to the runtime where its header is a token', () => {
    const { stack, api, handler } = make();
    api.addRoutes({ path: '/a', methods: POST, handler, headerName: new CfnParameter(stack, 'Header').valueAsString });
    expect(enforcedOf(Template.fromStack(stack))).toEqual([]);
  });

  test('is left to the runtime where another method has required parameters, even a later one', () => {
    const { stack, api, handler } = make();
    api.addRoutes({ path: '/a', methods: POST, handler });
    addMethodWith(api.restApi, { 'method.request.querystring.page': true });
    const template = Template.fromStack(stack);
    expect(enforcedOf(template).find(({ method }) => method === 'POST')!.RequestParameters).toEqual({ [HEADER]: false });
    expect(answerOf(template).ResponseTemplates).toEqual({ 'application/json': '{"message":$context.error.messageString}' });
  });

  test('is enforced beside methods whose parameters are optional', () => {
    const { stack, api, handler } = make();
    api.addRoutes({ path: '/a', methods: POST, handler });
    addMethodWith(api.restApi, { 'method.request.querystring.page': false });
    api.restApi.root.addMethod('DELETE');
    api.restApi.root.addMethod('PATCH', undefined, { requestValidatorOptions: { validateRequestBody: true } });
    const template = Template.fromStack(stack);
    expect(enforcedOf(template).find(({ method }) => method === 'POST')!.RequestParameters).toEqual({ [HEADER]: true });
    expect(environmentOf(template).IDEMPOTENCY_HANDLER).toBe('index.handler');
  });

  function addMethodWith(restApi: RestApi, requestParameters: Record<string, boolean>): void {
    restApi.root.addMethod('GET', new MockIntegration(), {
      requestParameters,
      requestValidator: restApi.addRequestValidator('Other', { validateRequestParameters: true }),
    });
  }
});
