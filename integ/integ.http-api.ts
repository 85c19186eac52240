import { Stack, Validations } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { assertKeyRequired, assertPaidOnce, newApp, newCase, payments, records } from './payments';
import { IdempotencyMonitoring, IdempotentApi } from '../lib';

/** An HTTP API, with its dashboard and alarms. */
const app = newApp();
export const stack = new Stack(app, 'IdempotentHttpApi');
const api = new IdempotentApi(stack, 'Api', { table: records(stack), required: true, includeRequestHash: true });
api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: payments(stack) });
new IdempotencyMonitoring(stack, 'Monitoring', { target: api });

Validations.of(api).acknowledge(
  { id: 'AwsSolutions-APIG1', reason: 'The test sends a handful of requests, and reads no access logs.' },
  { id: 'AwsSolutions-APIG4', reason: 'The test has no identity to sign in with; its API lives for minutes and does nothing.' },
);

const integ = newCase(app, 'HttpApi', stack);
assertPaidOnce(integ, `${api.url}payments`).next(assertKeyRequired(integ, `${api.url}payments`));
