import path from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { IdempotentApi } from '../lib';

/** Payments and orders that are safe to retry. The handlers know nothing of it. */
export class ShopStack extends Stack {
  public constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const api = new IdempotentApi(this, 'Api', {
      required: true,
      includeRequestHash: true,
    });
    api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: this.fn('CreatePayment', 'create-payment.ts') });
    api.addRoutes({ path: '/orders', methods: [HttpMethod.POST], handler: this.fn('CreateOrder', 'create-order.ts'), ttl: Duration.days(7) });

    new CfnOutput(this, 'Url', { value: api.url });
  }

  private fn(id: string, file: string): NodejsFunction {
    return new NodejsFunction(this, id, {
      entry: path.join(__dirname, 'handlers', file),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(10),
    });
  }
}
