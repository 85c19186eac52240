import path from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotencyTable } from 'cdk-idempotent-api';

/**
 * The wrapper in code, on an API and with a table of one's own: the table has
 * `id` as its partition key, TTL on `expires_at`, and is billed by request.
 */
export class PaymentIntentsStack extends Stack {
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const table = new IdempotencyTable(this, 'IdempotencyKeys', { removalPolicy: RemovalPolicy.DESTROY });
    const intents = nodeFunction(this, 'CreateIntent', path.join(__dirname, 'handler.ts'), { IDEMPOTENCY_TABLE_NAME: table.tableName });
    table.grantUse(intents);
    const api = new HttpApi(this, 'IntentsApi');
    api.addRoutes({ path: '/v1/payment_intents', methods: [HttpMethod.POST], integration: new HttpLambdaIntegration('Intents', intents) });
  }
}
