import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, FunctionProps, FunctionUrlAuthType, IFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { environmentOf, newApp, newFunction, newStack, propertiesOf, settingsOf, statementsOf, VERSION_ID } from './support';
import { Idempotency, IdempotencyTable, IdempotentApi, IdempotentRestApi, LargeResponses, RelaySettings } from '../../lib';

const POST = [HttpMethod.POST];
const RELAY = 'IdempotencyRelay';

const python = (scope: Stack, id = 'Pay', props: Partial<FunctionProps> = {}): LambdaFunction =>
  newFunction(scope, id, { runtime: Runtime.PYTHON_3_13, code: Code.fromInline('def handler(event, context): return {}'), ...props });

/** A stack with a relay before one function. */
function relayed(make: (stack: Stack) => IFunction, settings: RelaySettings = {}, stack = newStack()): Template {
  new Idempotency(stack, 'Idempotency').relay(make(stack), settings);
  return Template.fromStack(stack);
}

const warningsOf = (stack: Stack): string[] =>
  Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));

describe('a relay', () => {
  test('is a small function of ours that knows its target, and outlives it by three seconds', () => {
    const template = relayed((stack) => python(stack, 'Pay', { timeout: Duration.seconds(20) }));
    const relay = propertiesOf(template, 'AWS::Lambda::Function', RELAY);
    expect(relay).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'relay.handler', Timeout: 23, MemorySize: 256 });
    const arn = { 'Fn::GetAtt': [expect.stringMatching(/^Pay/), 'Arn'] };
    expect(relay.Environment.Variables).toEqual({
      IDEMPOTENCY_TARGET: arn,
      IDEMPOTENCY_TARGET_TIMEOUT: '20',
      IDEMPOTENCY_TARGET_PYTHON: 'true',
      IDEMPOTENCY_TABLE_NAME: { Ref: expect.stringMatching(/^IdempotencyTable/) },
      IDEMPOTENCY_SETTINGS: '{"defaults":{"namespace":"Stack/Idempotency","processingTimeoutSeconds":33}}',
    });
    expect(propertiesOf(template, 'AWS::Lambda::Function', 'Pay')).not.toHaveProperty('Environment');
  });

  test('may write its logs, use the table and invoke exactly its target', () => {
    const statements = statementsOf(relayed((stack) => python(stack)), RELAY);
    expect(statements.map(({ Action, Resource }) => [Action, Resource['Fn::GetAtt']])).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents'], [expect.stringMatching(/^IdempotencyRelayPayLogs/), 'Arn']],
      ['lambda:InvokeFunction', [expect.stringMatching(/^Pay/), 'Arn']],
      [['dynamodb:UpdateItem', 'dynamodb:GetItem'], [expect.stringMatching(/^IdempotencyTable/), 'Arn']],
    ]);
  });

  test('keeps its logs for a month in a group of its own, and has no managed policy', () => {
    const template = relayed((stack) => python(stack));
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Retain' });
    expect(propertiesOf(template, 'AWS::IAM::Role', RELAY)).not.toHaveProperty('ManagedPolicyArns');
  });

  test('takes memory and a log group', () => {
    const stack = newStack();
    const logGroup = new LogGroup(stack, 'Logs');
    const template = relayed(python, { memorySize: 512, logGroup }, stack);
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
    expect(propertiesOf(template, 'AWS::Lambda::Function', RELAY)).toMatchObject({
      MemorySize: 512, LoggingConfig: { LogGroup: stack.resolve(logGroup.logGroupName) },
    });
  });

  test('is granted the bucket, the secret and the keys of both', () => {
    const stack = newStack('Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    const table = new IdempotencyTable(stack, 'Records', { encryption: TableEncryptionV2.customerManagedKey(new Key(stack, 'Key')) });
    const keySecret = new Secret(stack, 'Secret', { encryptionKey: new Key(stack, 'SecretKey') });
    new Idempotency(stack, 'Idempotency', { table, largeResponses: LargeResponses.newBucket(), keySecret, keySecretVersionId: VERSION_ID }).relay(python(stack));
    const template = Template.fromStack(stack);
    expect(Object.keys(environmentOf(template, RELAY))).toEqual(expect.arrayContaining(['IDEMPOTENCY_OVERFLOW_BUCKET', 'IDEMPOTENCY_KEY_SECRET']));
    expect(statementsOf(template, RELAY).flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining([
      's3:GetObject', 's3:PutObject', 'secretsmanager:GetSecretValue', 'kms:Decrypt', 'kms:GenerateDataKey*',
    ]));
  });

  test('takes settings, by route too, and its lease is never shorter than an execution', () => {
    const template = relayed(python, {
      includeRequestHash: true, processingTimeout: Duration.minutes(2), routes: { 'POST /payments': { required: true } },
    });
    expect(settingsOf(template, RELAY)).toEqual({
      defaults: { namespace: 'Stack/Idempotency', includeRequestHash: true, processingTimeoutSeconds: 120 },
      routes: { 'POST /payments': { required: true } },
    });
  });

  test('is one, however often a construct is asked for it', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const pay = python(stack);
    expect(idempotency.relay(pay)).toBe(idempotency.relay(pay, { targetTimeout: Duration.seconds(3) }));
    expect(idempotency.relay(python(stack, 'Order'))).not.toBe(idempotency.relay(pay));
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 4);
  });

  test('stands behind a Function URL, whose routes are protected then', () => {
    const stack = newStack();
    const relay = new Idempotency(stack, 'Idempotency').relay(python(stack));
    relay.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Url', 1);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('has an id below the construct that tells targets of all stacks apart, and stays when the stack moves', () => {
    const app = newApp();
    const stack = newStack('Stack', {}, app);
    const other = newStack('Other', {}, app);
    const idempotency = new Idempotency(stack, 'Idempotency');
    expect([python(stack), python(other), python(stack, 'Order').addAlias('live')].map((target) => idempotency.relay(target).node.path)).toEqual([
      'Stack/Idempotency/Relay.Pay/Function', 'Stack/Idempotency/Relay.Other.Pay/Function', 'Stack/Idempotency/Relay.Order.Aliaslive/Function',
    ]);
  });
});

describe.each([
  ['IdempotentApi', IdempotentApi, 503, 30],
  ['IdempotentRestApi', IdempotentRestApi, 504, 29],
])('relay: true on %s', (_, Api, status, limit) => {
  const relayOf = 'ApiRelay';

  test('puts one relay before a handler, however many routes it has, with what differs by route', () => {
    const stack = newStack();
    const api = new Api(stack, 'Api', { includeRequestHash: true });
    const handler = python(stack);
    api.addRoutes({ path: '/payments', methods: POST, handler, relay: true });
    api.addRoutes({ path: '/orders', methods: POST, handler, relay: true, required: true });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 2);
    expect(settingsOf(template, relayOf)).toEqual({
      defaults: { namespace: 'Stack/Api', includeRequestHash: true, processingTimeoutSeconds: 30 },
      routes: { 'POST /orders': { required: true } },
    });
    expect(api.protection.filter(({ method }) => method === 'POST').map(({ handler: by, protection, reason }) => [by, protection, reason])).toEqual([
      ['Stack/Api/Relay.Pay/Function', 'protected', 'relay to Stack/Pay'],
      ['Stack/Api/Relay.Pay/Function', 'protected', 'relay to Stack/Pay'],
    ]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('lets methods on which a key means nothing go straight to the handler', () => {
    const stack = newStack();
    const api = new Api(stack, 'Api');
    api.addRoutes({ path: '/payments', methods: [HttpMethod.GET, HttpMethod.POST, HttpMethod.HEAD], handler: python(stack), relay: true });
    expect(api.protection.map(({ method, handler }) => [method, handler])).toEqual([
      ['GET', 'Stack/Pay'], ['POST', 'Stack/Api/Relay.Pay/Function'], ['HEAD', 'Stack/Pay'],
    ]);
  });

  test('makes no relay where all methods are such', () => {
    const stack = newStack();
    const api = new Api(stack, 'Api');
    api.addRoutes({ path: '/payments', methods: [HttpMethod.GET], handler: python(stack), relay: true });
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 1);
  });

  test('takes a relay of one\'s own as a handler, with another memory', () => {
    const stack = newStack();
    const api = new Api(stack, 'Api');
    const handler = api.relay(python(stack), { memorySize: 1024 });
    api.addRoutes({ path: '/payments', methods: POST, handler, required: true });
    const template = Template.fromStack(stack);
    expect(propertiesOf(template, 'AWS::Lambda::Function', relayOf)).toMatchObject({ MemorySize: 1024 });
    expect(settingsOf(template, relayOf).routes).toEqual({ 'POST /payments': { required: true } });
  });

  test('serves a function of another stack, which then needs nothing of the API\'s', () => {
    const app = newApp();
    const functions = newStack('Functions', {}, app);
    const stack = newStack('Stack', {}, app);
    new Api(stack, 'Api').addRoutes({ path: '/payments', methods: POST, handler: python(functions), relay: true });
    app.synth();
    expect([functions.dependencies, stack.dependencies]).toEqual([[], [functions]]);
  });

  test('warns where target and relay together take longer than the gateway waits', () => {
    const stack = newStack();
    const api = new Api(stack, 'Api');
    api.addRoutes({ path: '/a', methods: POST, handler: python(stack, 'InTime', { timeout: Duration.seconds(limit - 3) }), relay: true });
    api.addRoutes({ path: '/b', methods: POST, handler: python(stack, 'Late', { timeout: Duration.seconds(limit - 2) }), relay: true });
    expect(warningsOf(stack)).toEqual([
      `Stack/Api: route POST /b: Stack/Late may run for ${limit - 2} seconds, and its relay for ${limit + 1}, but the gateway answers ${status} after ${limit} `
      + 'while the work goes on. Retries get 409, then the response. Shorten the function\'s timeout. [ack: cdk-idempotent-api:functionOutlivesGateway]',
    ]);
  });

  test('throws beside idempotent: false, and targetTimeout without it', () => {
    const stack = newStack();
    const api = new Api(stack, 'Api');
    const handler = python(stack);
    expect(() => api.addRoutes({ path: '/a', methods: POST, handler, relay: true, idempotent: false }))
      .toThrow('Stack/Api: relay is true beside idempotent: false, where nothing is claimed. Leave one of them out.');
    expect(() => api.addRoutes({ path: '/a', methods: POST, handler, targetTimeout: Duration.seconds(3) }))
      .toThrow('Stack/Api: targetTimeout is given without relay: true. Give both, or neither.');
  });
});

test('$default of an HTTP API goes by a relay', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api');
  api.addRoutes({ path: '$default', handler: python(stack), relay: true });
  expect(api.protection).toEqual([
    { method: 'ANY', path: '$default', handler: 'Stack/Api/Relay.Pay/Function', protection: 'protected', reason: 'relay to Stack/Pay' },
  ]);
});
