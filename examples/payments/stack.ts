import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotentApi } from 'cdk-idempotent-api';

/** Payments that are charged once, however often a client asks; beside them routes that need no protection. */
export class PaymentsStack extends Stack {
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const api = new IdempotentApi(this, 'PaymentsApi');
    const payments = nodeFunction(this, 'Pay', path.join(__dirname, 'handler.ts'));
    api.addRoutes({ path: '/api/v1/payments', methods: [HttpMethod.POST, HttpMethod.GET], handler: payments });
    api.addRoutes({ path: '/health', methods: [HttpMethod.GET], handler: nodeFunction(this, 'Health', path.join(__dirname, 'health.ts')), idempotent: false });
  }
}
