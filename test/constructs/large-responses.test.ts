import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { environmentOf, newFunction, newStack, statementsOf } from './support';
import { Idempotency, IdempotencyTable, IdempotentApi, LargeResponses } from '../../lib';

const expiryOf = (template: Template): number =>
  Object.values(template.findResources('AWS::S3::Bucket'))[0]!.Properties.LifecycleConfiguration.Rules[0].ExpirationInDays;

test('F35: the bucket is private, encrypted, TLS only, retained, and emptied a day after its records', () => {
  const stack = newStack();
  new Idempotency(stack, 'Idempotency', { largeResponses: LargeResponses.newBucket() }).attach(newFunction(stack));
  const template = Template.fromStack(stack);
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Retain',
    Properties: {
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: { Rules: [{ Id: 'ExpireWithTheirRecords', Prefix: 'idempotency/', ExpirationInDays: 2, Status: 'Enabled' }] },
    },
  });
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: { Statement: [{ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] },
  });
  expect(Object.keys(template.findResources('AWS::S3::Bucket'))).toEqual([expect.stringMatching(/^IdempotencyLargeResponses[0-9A-F]{8}$/)]);
});

test('F73: a function may get and put below the prefix, and knows the bucket', () => {
  const stack = newStack();
  const idempotency = new Idempotency(stack, 'Idempotency', { largeResponses: LargeResponses.newBucket() });
  idempotency.attach(newFunction(stack));
  const template = Template.fromStack(stack);
  expect(environmentOf(template).IDEMPOTENCY_OVERFLOW_BUCKET).toEqual({ Ref: expect.stringMatching(/^IdempotencyLargeResponses/) });
  expect(statementsOf(template)[1]).toEqual({
    Action: ['s3:GetObject', 's3:PutObject'],
    Effect: 'Allow',
    Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^IdempotencyLargeResponses/), 'Arn'] }, '/idempotency/*']] },
  });
});

test('the longest ttl of all routes decides when objects are deleted', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api', { ttl: Duration.hours(1), largeResponses: LargeResponses.newBucket() });
  api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(stack), ttl: Duration.hours(49) });
  expect(expiryOf(Template.fromStack(stack))).toBe(4);
});

test('so does the ttl of a function that wraps in code', () => {
  const stack = newStack();
  const idempotency = new Idempotency(stack, 'Idempotency', { largeResponses: LargeResponses.newBucket() });
  newFunction(stack, 'Fn', { environment: idempotency.environment({ ttl: Duration.days(3) }) });
  const template = Template.fromStack(stack);
  expect(expiryOf(template)).toBe(4);
  expect(environmentOf(template)).toHaveProperty('IDEMPOTENCY_OVERFLOW_BUCKET');
});

test('throws when a new bucket would have to outlive a ttl that is a token', () => {
  const stack = newStack();
  const ttl = Duration.seconds(new CfnParameter(stack, 'Ttl', { type: 'Number' }).valueAsNumber);
  new Idempotency(stack, 'Idempotency', { ttl, largeResponses: LargeResponses.newBucket() });
  expect(() => Template.fromStack(stack)).toThrow(
    'Stack/Idempotency: largeResponses needs a bucket whose objects outlive a ttl that is not known at synth. Give the ttl as a number',
  );
});

test('F72, F226: a bucket of one\'s own serves, with its customer-managed key by way of S3 alone', () => {
  const stack = newStack();
  const bucket = new Bucket(stack, 'Own', { encryptionKey: new Key(stack, 'Key') });
  const ttl = Duration.seconds(new CfnParameter(stack, 'Ttl', { type: 'Number' }).valueAsNumber);
  const idempotency = new Idempotency(stack, 'Idempotency', { ttl, largeResponses: LargeResponses.bucket(bucket) });
  idempotency.attach(newFunction(stack));
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::S3::Bucket', 1);
  expect(statementsOf(template).map((statement) => statement.Action)).toEqual([
    ['dynamodb:UpdateItem', 'dynamodb:GetItem'], ['s3:GetObject', 's3:PutObject'], ['kms:Decrypt', 'kms:GenerateDataKey'],
  ]);
  expect(statementsOf(template)[2].Condition).toEqual({ StringLike: { 'kms:ViaService': 's3.*' } });
});

test('throws when the bucket would close a cycle between the stacks of API and function', () => {
  const stack = newStack();
  const other = newStack('Other', undefined, stack.node.root as never);
  const api = new IdempotentApi(stack, 'Api', {
    table: IdempotencyTable.fromTableName(stack, 'Table', 'keys'), largeResponses: LargeResponses.newBucket(),
  });
  expect(() => api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(other) }))
    .toThrow('Stack/Api: largeResponses is in the stack of the API, Stack, and Other/Fn in another');
});
