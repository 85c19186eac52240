import path from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotentRestApi } from 'cdk-idempotent-api';

/** Orders, on a REST API, whose answers are kept for a week. A request without a key is refused. */
export class OrdersStack extends Stack {
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const api = new IdempotentRestApi(this, 'OrdersApi', { required: true, ttl: Duration.days(7) });
    api.addRoutes({ path: '/api/orders', methods: [HttpMethod.POST], handler: nodeFunction(this, 'CreateOrder', path.join(__dirname, 'handler.ts')) });
  }
}
