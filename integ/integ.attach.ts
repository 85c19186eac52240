import { Stack, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { assertPaidOnce, newApp, newCase, payments, records } from './payments';
import { Idempotency } from '../lib';

/** Functions behind fronts that are there already: a function URL, and an API through an alias. */
const app = newApp();
export const stack = new Stack(app, 'IdempotentAttach');
const idempotency = new Idempotency(stack, 'Idempotency', { table: records(stack), includeRequestHash: true });

const behindUrl = payments(stack, 'BehindUrl');
idempotency.attach(behindUrl);
const { url } = behindUrl.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });

const alias = payments(stack, 'BehindAlias').addAlias('live');
idempotency.attach(alias);
const api = new HttpApi(stack, 'Existing');
api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], integration: new HttpLambdaIntegration('Integration', alias) });

Validations.of(api).acknowledge(
  { id: 'AwsSolutions-APIG1', reason: 'The test sends a handful of requests, and reads no access logs.' },
  { id: 'AwsSolutions-APIG4', reason: 'The test has no identity to sign in with; its API lives for minutes and does nothing.' },
);

const integ = newCase(app, 'Attach', stack);
assertPaidOnce(integ, url);
assertPaidOnce(integ, `${api.url}payments`);
