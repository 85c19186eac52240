import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DynamoDbStore, idempotent, MemoryStore, type IdempotencyStore } from 'cdk-idempotent-api/runtime';

interface PaymentIntentRequest {
  readonly amount: number;
  readonly currency: string;
  readonly description?: string;
}

async function createPaymentIntent(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { amount, currency, description } = JSON.parse(event.body ?? '{}') as PaymentIntentRequest;
  const intent = { id: `pi_${randomUUID()}`, amount, currency, description, status: 'requires_payment_method' };
  console.log(`created ${intent.id}`);
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(intent) };
}

export const handler = idempotent(createPaymentIntent, {
  store: store(),
  headerName: 'Idempotency-Key',
  ttlSeconds: 24 * 60 * 60,
  processingTimeoutSeconds: 30,
  includeRequestHash: true, // 422 where the body is another one
  onDuplicate: (_context, { id, outcome, createdAt }) => console.log(`duplicate of ${id}: ${outcome}, first seen ${createdAt.toISOString()}`),
});

/** DynamoDB in Lambda; beside a test or a script, memory. */
function store(): IdempotencyStore {
  if (process.env.AWS_LAMBDA_RUNTIME_API === undefined) return new MemoryStore();
  return new DynamoDbStore({
    tableName: process.env.IDEMPOTENCY_TABLE_NAME!,
    partitionKey: 'id',
    ttlAttribute: 'expires_at',
    consistentRead: true,
  });
}
