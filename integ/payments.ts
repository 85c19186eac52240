import { join } from 'node:path';
import { ExpectedResult, IntegTest, type IApiCall } from '@aws-cdk/integ-tests-alpha';
import { App, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, FunctionProps, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { IdempotencyTable } from '../lib';

const KEY = '8e03978e-40d5-43e8-bc93-6894a57f9324';

/** An app whose snapshot is the same wherever it is made: stack traces and the construct tree hold paths of the machine. */
export const newApp = (): App =>
  new App({ treeMetadata: false, context: { 'aws:cdk:disable-creation-stack-traces': true } });

/** A case whose snapshot tells changed code too. Layers and versions are never changed in place, each change replaces them. */
export const newCase = (app: App, id: string, stack: Stack): IntegTest => new IntegTest(app, id, {
  testCases: [stack],
  diffAssets: true,
  allowDestroy: ['AWS::Lambda::LayerVersion', 'AWS::Lambda::Version'],
});

/** A function that pays, and knows nothing of keys. Its logs go with it. */
export function payments(scope: Construct, id = 'Payments', written: Partial<FunctionProps> = {}): LambdaFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, { removalPolicy: RemovalPolicy.DESTROY });
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  return new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(join(__dirname, 'handler')),
    logGroup,
    role,
    ...written,
  });
}

/** A table that leaves nothing behind. */
export const records = (scope: Construct): IdempotencyTable =>
  new IdempotencyTable(scope, 'Records', { removalPolicy: RemovalPolicy.DESTROY });

/** Pays, retries, and uses the key again for another payment. */
export function assertPaidOnce(integ: IntegTest, url: string): IApiCall {
  const pay = (amount: number): IApiCall => integ.assertions.httpApiCall(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': KEY },
    body: JSON.stringify({ amount }),
  });
  const first = pay(100);
  const transactionId = first.getAttString('body.transactionId');
  return first
    .next(pay(100).expect(ExpectedResult.objectLike({
      status: 201,
      headers: { 'x-idempotent-replay': ['true'] },
      body: { transactionId },
    })))
    .next(pay(999).expect(ExpectedResult.objectLike({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED', message: 'Idempotency key already used for different request', status: 422 },
    })));
}

/** Pays without a key where one is required. */
export const assertKeyRequired = (integ: IntegTest, url: string): IApiCall =>
  integ.assertions.httpApiCall(url, { method: 'POST', body: '{}' }).expect(ExpectedResult.objectLike({
    status: 400,
    body: { code: 'IDEMPOTENCY_KEY_MISSING', message: 'The header Idempotency-Key is required', status: 400 },
  }));
