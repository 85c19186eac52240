import { Stack, Validations } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { assertKeyRequired, assertPaidOnce, newApp, newCase, payments, records } from './payments';
import { IdempotentRestApi } from '../lib';

/** A REST API, whose gateway refuses requests without a key. */
const app = newApp();
export const stack = new Stack(app, 'IdempotentRestApi');
const api = new IdempotentRestApi(stack, 'Api', { table: records(stack), required: true, includeRequestHash: true });
api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: payments(stack) });

Validations.of(api).acknowledge(
  { id: 'AwsSolutions-APIG1', reason: 'The test sends a handful of requests, and reads no access logs.' },
  { id: 'AwsSolutions-APIG2', reason: 'The gateway validates the key; the body is any JSON.' },
  { id: 'AwsSolutions-APIG3', reason: 'The API lives for minutes and does nothing.' },
  { id: 'AwsSolutions-APIG4', reason: 'The test has no identity to sign in with; its API lives for minutes and does nothing.' },
  { id: 'AwsSolutions-APIG6', reason: 'Execution logs need a role that an account has once, which a test must not take over.' },
  { id: 'AwsSolutions-COG4', reason: 'The test has no identity to sign in with; its API lives for minutes and does nothing.' },
);

const integ = newCase(app, 'RestApi', stack);
assertPaidOnce(integ, `${api.url}payments`).next(assertKeyRequired(integ, `${api.url}payments`));
