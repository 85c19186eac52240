/** The quick start, in one process: npx tsx --tsconfig examples/tsconfig.json examples/basic-setup/main.ts */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { idempotent, MemoryStore } from 'cdk-idempotent-api/runtime';
import { httpApiEvent } from 'cdk-idempotent-api/testing';

async function createPayment(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { amount, currency } = JSON.parse(event.body ?? '{}') as { amount: number; currency: string };
  console.log(`charging ${amount} ${currency}`);
  return { statusCode: 201, body: JSON.stringify({ id: 'payment-1', amount, currency }) };
}

const handler = idempotent(createPayment, {
  store: new MemoryStore(), // for development: it keeps records in this process
  headerName: 'Idempotency-Key', // the header that clients send
  ttlSeconds: 24 * 60 * 60, // how long a response is replayed
});

async function main(): Promise<void> {
  const request = httpApiEvent({
    path: '/api/payments',
    headers: { 'Idempotency-Key': 'payment-12345' },
    body: { amount: 100, currency: 'USD' },
  });
  for (const attempt of ['first', 'retry']) {
    const { statusCode, headers, body } = await handler(request, {});
    console.log(`${attempt}: ${statusCode} ${body}${headers?.['X-Idempotent-Replay'] === 'true' ? ' (replayed)' : ''}`);
  }
}

void main();
