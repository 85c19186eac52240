import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { environmentOf, newApp, newFunction } from './support';
import { IdempotencyTable, IdempotentApi, LargeResponses } from '../../lib';

const ENV = { env: { account: '111111111111', region: 'eu-west-1' } };
const ROUTE = { path: '/a', methods: [HttpMethod.POST] };

let app: App;
let apiStack: Stack;
let fnStack: Stack;
beforeEach(() => {
  app = newApp();
  apiStack = new Stack(app, 'ApiStack', ENV);
  fnStack = new Stack(app, 'FnStack', ENV);
});

test('throws when a function of another stack would have to use a table in the API\'s', () => {
  const api = new IdempotentApi(apiStack, 'Api');
  expect(() => api.addRoutes({ ...ROUTE, handler: newFunction(fnStack) })).toThrow(
    'ApiStack/Api: table is in the stack of the API, ApiStack, and FnStack/Fn in another: the API would need the function first, '
    + 'and the function the API\'s stack, a dependency cycle. Give a table made in the function\'s stack or in a third one.',
  );
});

test('a table in the function\'s stack serves', () => {
  const api = new IdempotentApi(apiStack, 'Api', { table: new IdempotencyTable(fnStack, 'Table') });
  api.addRoutes({ ...ROUTE, handler: newFunction(fnStack) });
  app.synth();
  expect(apiStack.dependencies).toEqual([fnStack]);
  expect(fnStack.dependencies).toEqual([]);
  expect(environmentOf(Template.fromStack(fnStack)).IDEMPOTENCY_TABLE_NAME).toEqual({ Ref: expect.stringMatching(/^Table/) });
  Template.fromStack(fnStack).resourceCountIs('AWS::Lambda::LayerVersion', 1);
  Template.fromStack(apiStack).resourceCountIs('AWS::Lambda::LayerVersion', 0);
});

test('a table in a third stack serves', () => {
  const tableStack = new Stack(app, 'TableStack', ENV);
  const api = new IdempotentApi(apiStack, 'Api', { table: new IdempotencyTable(tableStack, 'Table') });
  api.addRoutes({ ...ROUTE, handler: newFunction(fnStack) });
  api.addRoutes({ path: '/b', methods: [HttpMethod.POST], handler: newFunction(apiStack) });
  app.synth();
  expect(fnStack.dependencies).toEqual([tableStack]);
});

test('a table that is known by name only serves, wherever the reference stands', () => {
  const api = new IdempotentApi(apiStack, 'Api', { table: IdempotencyTable.fromTableName(apiStack, 'Table', 'keys') });
  api.addRoutes({ ...ROUTE, handler: newFunction(fnStack) });
  app.synth();
  expect(fnStack.dependencies).toEqual([]);
});

test('throws when a key secret, or the key of table or bucket, would close the cycle', () => {
  const inFnStack = new IdempotencyTable(fnStack, 'Table');
  const withSecret = new IdempotentApi(apiStack, 'Secretive', { table: inFnStack, keySecret: new Secret(apiStack, 'Secret') });
  expect(() => withSecret.addRoutes({ ...ROUTE, handler: newFunction(fnStack) }))
    .toThrow('ApiStack/Secretive: keySecret is in the stack of the API');

  const table = IdempotencyTable.fromTableAttributes(fnStack, 'Encrypted', { tableName: 'keys', encryptionKey: new Key(apiStack, 'Key') });
  expect(() => new IdempotentApi(apiStack, 'Encrypting', { table }).addRoutes({ ...ROUTE, handler: newFunction(fnStack, 'Other') }))
    .toThrow('ApiStack/Encrypting: encryptionKey of the table is in the stack of the API');

  const bucket = new Bucket(fnStack, 'Bucket', { encryptionKey: Key.fromKeyArn(fnStack, 'BucketKey', new Key(apiStack, 'OtherKey').keyArn) });
  const withBucket = new IdempotentApi(apiStack, 'Overflowing', { table: inFnStack, largeResponses: LargeResponses.bucket(bucket) });
  expect(() => withBucket.addRoutes({ ...ROUTE, handler: newFunction(fnStack, 'Third') }))
    .toThrow('ApiStack/Overflowing: encryptionKey of the bucket of largeResponses is in the stack of the API');

  const keySecret = Secret.fromSecretAttributes(fnStack, 'Sealed', {
    secretCompleteArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:keys-AbCdEf', encryptionKey: new Key(apiStack, 'SecretsKey'),
  });
  const withSealed = new IdempotentApi(apiStack, 'Sealing', { table: inFnStack, keySecret });
  expect(() => withSealed.addRoutes({ ...ROUTE, handler: newFunction(fnStack, 'Fourth') }))
    .toThrow('ApiStack/Sealing: encryptionKey of the keySecret is in the stack of the API');

  const rotated = new IdempotentApi(apiStack, 'Rotated', { table: inFnStack, keySecret: new Secret(fnStack, 'Next'), previousKeySecret: keySecret });
  expect(() => rotated.addRoutes({ ...ROUTE, handler: newFunction(fnStack, 'Fifth') }))
    .toThrow('ApiStack/Rotated: encryptionKey of the previousKeySecret is in the stack of the API');
});

test('a function in a stack nested in the API\'s may use the API\'s table', () => {
  const api = new IdempotentApi(apiStack, 'Api');
  const nested = new NestedStack(new NestedStack(apiStack, 'Outer'), 'Inner');
  api.addRoutes({ ...ROUTE, handler: newFunction(nested) });
  // Template.fromStack refuses templates whose resources depend on each other in a circle.
  expect(environmentOf(Template.fromStack(nested)).IDEMPOTENCY_TABLE_NAME).toEqual({ Ref: expect.stringMatching(/^reference/) });
  Template.fromStack(apiStack).resourceCountIs('AWS::ApiGatewayV2::Route', 1);
});

test('F72: a table under a customer-managed key serves a function of its stack', () => {
  const table = new IdempotencyTable(fnStack, 'Table', { encryption: TableEncryptionV2.customerManagedKey(new Key(fnStack, 'Key')) });
  new IdempotentApi(apiStack, 'Api', { table }).addRoutes({ ...ROUTE, handler: newFunction(fnStack) });
  Template.fromStack(fnStack).resourcePropertiesCountIs('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        { Action: ['dynamodb:UpdateItem', 'dynamodb:GetItem'] },
        { Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'] },
      ],
    },
  }, 1);
});

test('F223: a key secret under a customer-managed key of a third stack serves, like a table under one', () => {
  const dataStack = new Stack(app, 'DataStack', ENV);
  const encryptionKey = new Key(dataStack, 'Key');
  const table = new IdempotencyTable(dataStack, 'Table', { encryption: TableEncryptionV2.customerManagedKey(encryptionKey) });
  const keySecret = new Secret(dataStack, 'Secret', { encryptionKey });
  new IdempotentApi(apiStack, 'Api', { table, keySecret }).addRoutes({ ...ROUTE, handler: newFunction(fnStack) });
  app.synth();
  expect(dataStack.dependencies).toEqual([]);
  expect(fnStack.dependencies).toEqual([dataStack]);
});
