import { Annotations as CdkAnnotations, Duration } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { CorsHttpMethod, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { environmentOf, newFunction, newStack, propertiesOf, settingsOf, statementsOf } from './support';
import {
  ErrorFormat, Fingerprint, IdempotencyTable, IdempotentApi, KeyScope, OnConflict, OnStoreError, StoreResponse, Takeover, TenantSource,
  ThrownErrors,
} from '../../lib';
import { parseConfiguration } from '../../runtime/configuration/options-schema';

const POST = [HttpMethod.POST];

test('five lines make an API, a table and a redirected function', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Payments', { includeRequestHash: true });
  api.addRoutes({ path: '/payments', methods: POST, handler: newFunction(stack) });

  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ApiGatewayV2::Api', { Name: 'Payments', ProtocolType: 'HTTP' });
  template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: 'POST /payments' });
  template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
    IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0', TimeoutInMillis: Match.absent(),
  });
  template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Handler: '/opt/cdk-idempotent-api/handler.handler',
    Layers: [{ Ref: Match.stringLikeRegexp('^IdempotencyLayer') }],
    Environment: {
      Variables: {
        IDEMPOTENCY_HANDLER: 'index.handler',
        IDEMPOTENCY_TABLE_NAME: { Ref: Match.stringLikeRegexp('^PaymentsTable') },
      },
    },
  });
  expect(settingsOf(template)).toEqual({
    defaults: { includeRequestHash: true, namespace: 'Stack/Payments', processingTimeoutSeconds: 30 },
  });
});

test('logical ids are a contract', () => {
  const stack = newStack();
  new IdempotentApi(stack, 'Payments').addRoutes({ path: '/payments', methods: POST, handler: newFunction(stack) });
  const template = Template.fromStack(stack);
  const idsOf = (type: string) => Object.keys(template.findResources(type));
  expect(idsOf('AWS::DynamoDB::GlobalTable')).toEqual(['PaymentsTable78126BD3']);
  expect(idsOf('AWS::ApiGatewayV2::Api')).toEqual(['PaymentsHttpApiED13B688']);
  expect(idsOf('AWS::ApiGatewayV2::Route')).toEqual([expect.stringMatching(/^PaymentsHttpApiPOSTpayments[0-9A-F]{8}$/)]);
  expect(idsOf('AWS::ApiGatewayV2::Integration')).toEqual([expect.stringMatching(/^PaymentsHttpApiPOSTpaymentsIntegration[0-9A-F]{8}$/)]);
  expect(idsOf('AWS::Lambda::LayerVersion')).toEqual([expect.stringMatching(/^IdempotencyLayer[0-9A-F]{8}$/)]);
});

test('httpApi, table and url are there for the rest of the app', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api', { description: 'of payments' });
  expect(api.table).toBeInstanceOf(IdempotencyTable);
  expect(stack.resolve(api.url)).toEqual(stack.resolve(api.httpApi.url));
  Template.fromStack(stack).hasResourceProperties('AWS::ApiGatewayV2::Api', { Description: 'of payments' });
});

test('throws when the url of an API without a default stage is asked for', () => {
  const api = new IdempotentApi(newStack(), 'Api', { createDefaultStage: false });
  expect(() => api.url).toThrow('Stack/Api: url is asked for, but the API was made with createDefaultStage: false. Use the url of the stage');
});

test('F73: a function is granted two actions on the table\'s ARN, once for all its routes', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api');
  const handler = newFunction(stack);
  api.addRoutes({ path: '/a', methods: POST, handler });
  api.addRoutes({ path: '/b', methods: POST, handler });
  expect(statementsOf(Template.fromStack(stack))).toEqual([{
    Action: ['dynamodb:UpdateItem', 'dynamodb:GetItem'],
    Effect: 'Allow',
    Resource: { 'Fn::GetAtt': [expect.stringMatching(/^ApiTable/), 'Arn'] },
  }]);
});

test('one layer serves all functions of a stack', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api');
  api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack, 'FnA') });
  api.addRoutes({ path: '/b', methods: POST, handler: newFunction(stack, 'FnB') });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
  template.allResourcesProperties('AWS::Lambda::Function', {
    Layers: [{ Ref: Object.keys(template.findResources('AWS::Lambda::LayerVersion'))[0] }],
  });
});

test('a table of one\'s own takes the place of the default one', () => {
  const stack = newStack();
  const table = new IdempotencyTable(stack, 'Shared');
  const api = new IdempotentApi(stack, 'Api', { table });
  api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
  expect(api.table).toBe(table);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
  expect(environmentOf(template).IDEMPOTENCY_TABLE_NAME).toEqual({ Ref: expect.stringMatching(/^Shared/) });
});

describe('settings', () => {
  test('all reach the function under the names of the runtime', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', {
      headerName: 'X-Key',
      headerAliases: ['Idempotency-Key'],
      required: true,
      minKeyLength: 16,
      ttl: Duration.hours(48),
      processingTimeout: Duration.minutes(2),
      clockMargin: Duration.seconds(5),
      includeRequestHash: true,
      fingerprint: Fingerprint.jsonPointers({ include: ['/amount'], exclude: ['/amount/sentAt'] }),
      tenant: TenantSource.all(TenantSource.jwtClaim('account_id'), TenantSource.jwtClaim('sub')),
      keyScope: KeyScope.API,
      onConflict: OnConflict.wait(Duration.seconds(5)),
      onStoreError: OnStoreError.EXECUTE,
      storeResponse: StoreResponse.definitive(),
      thrownErrors: ThrownErrors.RELEASE,
      takeover: Takeover.NEVER,
      errorFormat: ErrorFormat.PROBLEM,
      replayMarkerAliases: ['Idempotent-Replayed'],
      retryHintHeaders: ['X-Should-Retry', 'Stripe-Should-Retry'],
      namespace: 'payments',
    });
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    const template = Template.fromStack(stack);
    expect(parseConfiguration(environmentOf(template).IDEMPOTENCY_SETTINGS)).toEqual(settingsOf(template));
    expect(settingsOf(template)).toEqual({
      defaults: {
        headerName: 'X-Key',
        headerAliases: ['Idempotency-Key'],
        required: true,
        minKeyLength: 16,
        ttlSeconds: 172800,
        processingTimeoutSeconds: 120,
        clockMarginSeconds: 5,
        includeRequestHash: true,
        fingerprint: { include: ['/amount'], exclude: ['/amount/sentAt'] },
        tenant: { source: 'all', of: [{ source: 'jwtClaim', name: 'account_id' }, { source: 'jwtClaim', name: 'sub' }] },
        keyScope: 'api',
        onConflict: 'wait',
        waitSeconds: 5,
        onStoreError: 'execute',
        storeResponse: 'definitive',
        thrownErrors: 'release',
        takeover: 'never',
        errorFormat: 'problem',
        replayMarkerAliases: ['Idempotent-Replayed'],
        retryHintHeaders: ['X-Should-Retry', 'Stripe-Should-Retry'],
        namespace: 'payments',
      },
    });
  });

  test('of a route stand beside the API\'s, and hold for that route only', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { required: true, ttl: Duration.hours(1) });
    const handler = newFunction(stack);
    api.addRoutes({ path: '/a', methods: POST, handler });
    api.addRoutes({ path: '/b/{id}', methods: [HttpMethod.PUT, HttpMethod.PATCH], handler, required: false, onConflict: OnConflict.reject() });
    expect(settingsOf(Template.fromStack(stack))).toEqual({
      defaults: { required: true, ttlSeconds: 3600, namespace: 'Stack/Api', processingTimeoutSeconds: 30 },
      routes: {
        'PUT /b/{id}': { required: false, onConflict: 'reject' },
        'PATCH /b/{id}': { required: false, onConflict: 'reject' },
      },
    });
  });

  test('of a route with every method are named ANY', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api').addRoutes({ path: '/a', handler: newFunction(stack), required: true });
    expect(settingsOf(Template.fromStack(stack)).routes).toEqual({ 'ANY /a': { required: true } });
  });

  test('of two APIs on one function stay apart by route', () => {
    const stack = newStack();
    const table = new IdempotencyTable(stack, 'Table');
    const handler = newFunction(stack);
    new IdempotentApi(stack, 'One', { table, required: true, namespace: 'n' }).addRoutes({ path: '/a', methods: POST, handler });
    new IdempotentApi(stack, 'Two', { table, namespace: 'n', storeResponse: StoreResponse.statuses([201]) })
      .addRoutes({ path: '/b', methods: POST, handler });
    const template = Template.fromStack(stack);
    expect(parseConfiguration(environmentOf(template).IDEMPOTENCY_SETTINGS)).toEqual(settingsOf(template));
    expect(settingsOf(template)).toEqual({
      defaults: { required: true, namespace: 'n', processingTimeoutSeconds: 30 },
      routes: { 'POST /b': { required: false, storeResponse: [201] } },
    });
  });

  test('throws when one function serves the same route of two APIs with different settings', () => {
    const stack = newStack();
    const table = new IdempotencyTable(stack, 'Table');
    const handler = newFunction(stack);
    new IdempotentApi(stack, 'One', { table }).addRoutes({ path: '/a', methods: POST, handler });
    expect(() => new IdempotentApi(stack, 'Two', { table }).addRoutes({ path: '/a', methods: POST, handler })).toThrow(
      'Stack/Two: route POST /a gives Stack/Fn other settings than before (namespace). Give the same settings, '
      + 'set "namespace" alike on both constructs, or use a function for each.',
    );
  });

  test('throws when one function is attached with two tables', () => {
    const stack = newStack();
    const handler = newFunction(stack);
    new IdempotentApi(stack, 'One').addRoutes({ path: '/a', methods: POST, handler });
    expect(() => new IdempotentApi(stack, 'Two').addRoutes({ path: '/b', methods: POST, handler })).toThrow(
      'Stack/Two: table differs from what Stack/Fn was attached with before. Give the same table wherever this function is attached',
    );
  });

  test('throws when the environment of a function grows over what Lambda allows', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    const handler = newFunction(stack);
    for (let n = 0; n < 100; n++) api.addRoutes({ path: `/resources/number-${n}`, methods: POST, handler, ttl: Duration.hours(n + 1) });
    expect(() => Template.fromStack(stack)).toThrow(
      /Stack\/Fn: environment has \d+ bytes, \d+ of them idempotency settings, where Lambda allows 4096\. Give fewer routes settings/,
    );
  });

  test('a function that is not attached has an environment of any size', () => {
    const stack = newStack();
    const handler = newFunction(stack, 'Fn', { environment: { LONG: 'x'.repeat(5000) } });
    new IdempotentApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, handler, idempotent: false });
    expect(environmentOf(Template.fromStack(stack))).toEqual({ LONG: 'x'.repeat(5000) });
  });

  test('F51: a key secret reaches the function with the right to read it', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', {
      keySecret: new Secret(stack, 'New'),
      previousKeySecret: Secret.fromSecretNameV2(stack, 'Old', 'old'),
    });
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    const template = Template.fromStack(stack);
    expect(environmentOf(template)).toMatchObject({
      IDEMPOTENCY_KEY_SECRET: { Ref: expect.stringMatching(/^New/) },
      IDEMPOTENCY_PREVIOUS_KEY_SECRET: { 'Fn::Join': ['', expect.arrayContaining([':secret:old'])] },
    });
    const [, current, previous] = statementsOf(template);
    expect(current).toEqual({ Action: 'secretsmanager:GetSecretValue', Effect: 'Allow', Resource: { Ref: expect.stringMatching(/^New/) } });
    expect(JSON.stringify(previous.Resource)).toContain(':secret:old-??????');
  });

  test('throws when routes of one function have different key secrets', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    const handler = newFunction(stack);
    api.addRoutes({ path: '/a', methods: POST, handler });
    expect(() => api.addRoutes({ path: '/b', methods: POST, handler, keySecret: new Secret(stack, 'Secret') }))
      .toThrow('Stack/Api: keySecret differs from what Stack/Fn was attached with before');
  });
});

describe('routes', () => {
  test('that opt out leave the function as it is', () => {
    const stack = newStack();
    const handler = LambdaFunction.fromFunctionArn(stack, 'Fn', 'arn:aws:lambda:eu-west-1:111111111111:function:imported');
    new IdempotentApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, handler, idempotent: false });
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::LayerVersion', 0);
  });

  test('that opt out of an attached function are named in its settings, in whichever order', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    const handler = newFunction(stack);
    api.addRoutes({ path: '/before', methods: POST, handler, idempotent: false });
    api.addRoutes({ path: '/a', methods: POST, handler });
    api.addRoutes({ path: '/after', methods: POST, handler, idempotent: false });
    expect(settingsOf(Template.fromStack(stack)).routes).toEqual({ 'POST /before': { disabled: true }, 'POST /after': { disabled: true } });
  });

  test('throws when one opts out of the same route that another API made idempotent', () => {
    const stack = newStack();
    const table = new IdempotencyTable(stack, 'Table');
    const handler = newFunction(stack);
    new IdempotentApi(stack, 'One', { table }).addRoutes({ path: '/a', methods: POST, handler });
    expect(() => new IdempotentApi(stack, 'Two', { table }).addRoutes({ path: '/a', methods: POST, handler, idempotent: false }))
      .toThrow(/Stack\/Two: route POST \/a gives Stack\/Fn other settings than before \(.*disabled\)/);
  });

  test('F57: with only safe methods leave the function as it is', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api').addRoutes({
      path: '/a', methods: [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS], handler: newFunction(stack),
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ApiGatewayV2::Route', 3);
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'index.handler', Layers: Match.absent(), Environment: Match.absent() });
  });

  test('take authorizer, scopes and integration timeout as the API itself does', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() });
    const routes = api.addRoutes({
      path: '/a', methods: POST, handler: newFunction(stack), authorizer: new HttpNoneAuthorizer(), integrationTimeout: Duration.seconds(10),
    });
    api.addRoutes({ path: '/b', methods: POST, handler: newFunction(stack, 'Other') });
    expect(routes.map((route) => route.path)).toEqual(['/a']);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: 'POST /a', AuthorizationType: 'NONE' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: 'POST /b', AuthorizationType: 'AWS_IAM' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', { TimeoutInMillis: 10000 });
  });
});

describe('CORS', () => {
  test('is never switched on unasked', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
    expect(settingsOf(template).defaults).not.toHaveProperty('cors');
  });

  test('F58: where configured, it allows the key and exposes the replay headers, also those of later routes', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', {
      headerAliases: ['X-Key'],
      replayMarkerAliases: ['Idempotent-Replayed'],
      corsPreflight: {
        allowOrigins: ['https://shop.example'],
        allowMethods: [CorsHttpMethod.POST],
        allowCredentials: true,
        allowHeaders: ['content-type', 'idempotency-key'],
        exposeHeaders: ['ETag'],
      },
    });
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack), headerName: 'Request-Key', headerAliases: [] });
    const template = Template.fromStack(stack);
    expect(propertiesOf(template, 'AWS::ApiGatewayV2::Api').CorsConfiguration).toEqual({
      AllowOrigins: ['https://shop.example'],
      AllowMethods: ['POST'],
      AllowCredentials: true,
      AllowHeaders: ['content-type', 'idempotency-key', 'X-Key', 'Request-Key'],
      ExposeHeaders: ['ETag', 'X-Idempotent-Replay', 'X-Idempotent-Persisted', 'Retry-After', 'X-Should-Retry', 'Idempotent-Replayed'],
    });
    expect(settingsOf(template).defaults.cors).toEqual({ allowOrigins: ['https://shop.example'], allowCredentials: true });
  });

  test('with a wildcard needs no further names', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api', { corsPreflight: { allowOrigins: ['*'], allowHeaders: ['*'] } });
    const cors = propertiesOf(Template.fromStack(stack), 'AWS::ApiGatewayV2::Api').CorsConfiguration;
    expect(cors.AllowHeaders).toEqual(['*']);
    expect(cors.ExposeHeaders).toContain('X-Idempotent-Replay');
  });

  test('without origins leaves none to the wrapper', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api', { corsPreflight: { allowMethods: [CorsHttpMethod.POST] } })
      .addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    expect(settingsOf(Template.fromStack(stack)).defaults.cors).toEqual({ allowOrigins: [] });
  });
});

describe('warnings', () => {
  test('F20: a function that may outlive the gateway\'s patience', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack, 'Fn', { timeout: Duration.seconds(31) }) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp(
      'route POST /a: Stack/Fn may run for 31 seconds, but the gateway answers 503 after 30.*cdk-idempotent-api:functionOutlivesGateway',
    ));
  });

  test('F20: the integration\'s own timeout counts', () => {
    const stack = newStack();
    const handler = newFunction(stack, 'Fn', { timeout: Duration.seconds(10) });
    const api = new IdempotentApi(stack, 'Api');
    api.addRoutes({ path: '/enough', methods: POST, handler, integrationTimeout: Duration.seconds(10) });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    api.addRoutes({ path: '/short', methods: POST, handler, integrationTimeout: Duration.millis(2500) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp('may run for 10 seconds.*503 after 2.5'));
  });

  test('F20: a wait that outlives the gateway\'s patience', () => {
    const stack = newStack();
    const handler = newFunction(stack, 'Fn', { timeout: Duration.seconds(10) });
    const api = new IdempotentApi(stack, 'Api', { onConflict: OnConflict.wait(Duration.seconds(20)) });
    api.addRoutes({ path: '/enough', methods: POST, handler, integrationTimeout: Duration.seconds(21) });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    api.addRoutes({ path: '/short', methods: POST, handler, integrationTimeout: Duration.seconds(15) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp(
      'route POST /short: onConflict waits for 20 seconds, but the gateway answers 503 after 15: a retry that waits is billed and never gets its answer. '
      + 'Wait for less than 15 seconds.*cdk-idempotent-api:waitOutlivesGateway',
    ));
  });

  test('an authorizer whose tenants share their keys', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer(), tenant: TenantSource.none() });
    api.addRoutes({ path: '/open', methods: POST, handler: newFunction(stack, 'Open'), authorizer: new HttpNoneAuthorizer() });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp('route POST /a has an authorizer, but its tenant is none'));
  });

  test('a demanded tenant that no authorizer gives', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { tenant: TenantSource.jwtClaim('account_id') });
    api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp(
      'route POST /a has no authorizer to give the tenant \\(jwtClaim\\).*cdk-idempotent-api:tenantWithoutAuthorizer',
    ));
  });

  test('can be acknowledged', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { ttl: Duration.days(8) });
    Annotations.fromStack(stack).hasWarning('/Stack/Api', Match.stringLikeRegexp('ttl is longer than 7 days'));
    CdkAnnotations.of(api).acknowledgeWarning('cdk-idempotent-api:longTtl');
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('none for a runtime, timeout or size that is fine', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api').addRoutes({
      path: '/a', methods: POST, handler: newFunction(stack, 'Fn', { runtime: Runtime.NODEJS_22_X, timeout: Duration.seconds(29) }),
    });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });
});
