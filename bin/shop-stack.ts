import path from 'node:path';
import { CfnOutput, Duration, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
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

    // What cdk-nag's AwsSolutions asks of an API that does more than show how this works.
    Validations.of(api).acknowledge(
      { id: 'AwsSolutions-APIG1', reason: 'An example that nobody depends on keeps no access logs.' },
      { id: 'AwsSolutions-APIG4', reason: 'Whoever tries the example has no identity to sign in with, and its handlers charge nobody.' },
    );
  }

  private fn(id: string, file: string): NodejsFunction {
    const logGroup = new LogGroup(this, `${id}Logs`, { retention: RetentionDays.ONE_MONTH });
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    return new NodejsFunction(this, id, {
      entry: path.join(__dirname, 'handlers', file),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(10),
      logGroup,
      role,
    });
  }
}
