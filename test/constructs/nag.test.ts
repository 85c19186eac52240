import { Stack, Validations } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks } from 'cdk-nag';
import { newFunction, newStack } from './support';
import { Idempotency, IdempotencyMonitoring, IdempotencyTable, IdempotentApi, LargeResponses } from '../../lib';

/** Rule and construct of each finding, but those on what a function and an HTTP API are without us. */
const findingsOf = (stack: Stack): string[] =>
  new AwsSolutionsChecks(stack).validateScope(stack).violations
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`))
    .filter((finding) => !/^AwsSolutions-(IAM4.*AWSLambdaBasicExecutionRole.*ServiceRole\/Resource|APIG1 .*DefaultStage\/Resource)$/.test(finding));

test('AwsSolutions finds nothing in an API with its table, functions and monitoring', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api', { defaultAuthorizer: new HttpIamAuthorizer() });
  api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(stack) });
  new Idempotency(stack, 'Idempotency', { table: api.table }).attach(newFunction(stack, 'Attached'));
  new IdempotencyMonitoring(stack, 'Monitoring', { target: api });
  expect(findingsOf(stack)).toEqual([]);
});

test('AwsSolutions finds two things about large responses, which can be acknowledged', () => {
  const stack = newStack();
  const idempotency = new Idempotency(stack, 'Idempotency', { largeResponses: LargeResponses.newBucket() });
  const fn = newFunction(stack);
  idempotency.attach(fn);
  expect(findingsOf(stack)).toEqual([
    'AwsSolutions-S1 Stack/Idempotency/LargeResponses/Resource',
    expect.stringMatching(/^AwsSolutions-IAM5\[Resource::<IdempotencyLargeResponses\w+\.Arn>\/idempotency\/\*\] Stack\/Fn\/ServiceRole\/DefaultPolicy\/Resource$/),
  ]);

  const wildcard = findingsOf(stack).at(-1)!.split(' ')[0]!;
  Validations.of(idempotency).acknowledge({ id: 'AwsSolutions-S1', reason: 'The objects are responses that their callers had already.' });
  Validations.of(fn).acknowledge({ id: wildcard, reason: 'Objects are named at random below one prefix.' });
  expect(findingsOf(stack)).toEqual([]);
});

test('AwsSolutions finds the actions that DynamoDB needs on a customer-managed key, which can be acknowledged', () => {
  const stack = newStack('Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
  const encryption = TableEncryptionV2.customerManagedKey(new Key(stack, 'Key', { enableKeyRotation: true }));
  const fn = newFunction(stack);
  new Idempotency(stack, 'Idempotency', { table: new IdempotencyTable(stack, 'Table', { encryption }) }).attach(fn);
  expect(findingsOf(stack)).toEqual([
    'AwsSolutions-IAM5[Action::kms:ReEncrypt*] Stack/Fn/ServiceRole/DefaultPolicy/Resource',
    'AwsSolutions-IAM5[Action::kms:GenerateDataKey*] Stack/Fn/ServiceRole/DefaultPolicy/Resource',
  ]);

  const reason = 'DynamoDB calls these actions of the key for the function.';
  Validations.of(fn).acknowledge({ id: 'AwsSolutions-IAM5[Action::kms:ReEncrypt*]', reason }, { id: 'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]', reason });
  expect(findingsOf(stack)).toEqual([]);
});
