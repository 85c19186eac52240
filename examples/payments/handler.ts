import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

interface PaymentRequest {
  readonly amount: number;
  readonly currency: string;
  readonly customerId: string;
}

interface Payment extends PaymentRequest {
  readonly transactionId: string;
  readonly status: 'completed';
}

/** Those that this instance has processed, for the demonstration. */
const processed: Payment[] = [];

/** It knows nothing of keys: the construct sees to them. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.requestContext.http.method === 'GET') return json(200, { payments: processed, count: processed.length });
  const request = parse(event.body);
  if (request === undefined) return json(400, { code: 'INVALID_REQUEST', message: 'amount, currency and customerId are needed' });
  return charge(request);
}

/** A provider that takes its time, and declines cards that are out of money. The answer is kept either way. */
async function charge(request: PaymentRequest): Promise<APIGatewayProxyStructuredResultV2> {
  await sleep(300);
  if (request.amount > 10_000) return json(402, { code: 'PAYMENT_FAILED', message: 'card declined', attempt: randomUUID() });
  const payment: Payment = { transactionId: randomUUID(), status: 'completed', ...request };
  processed.push(payment);
  console.log(`charged ${payment.amount} ${payment.currency} as ${payment.transactionId}`);
  return json(201, payment);
}

function parse(body: string | undefined): PaymentRequest | undefined {
  try {
    const { amount, currency, customerId } = JSON.parse(body ?? '') as Partial<PaymentRequest>;
    const isPayment = typeof amount === 'number' && amount > 0 && typeof currency === 'string' && typeof customerId === 'string';
    return isPayment ? { amount, currency, customerId } : undefined;
  } catch {
    return undefined;
  }
}

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
