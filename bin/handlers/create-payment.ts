import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

interface PaymentRequest {
  readonly amount: number;
  readonly currency: string;
}

/** Charges a card, which must happen once however often the client asks. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const payment = parse(event.body);
  if (payment === undefined) return json(400, { error: 'Send a JSON object with a positive amount and a currency.' });

  const transactionId = randomUUID();
  console.log(`charging ${payment.amount} ${payment.currency} as ${transactionId}`);
  return json(201, { transactionId, status: 'success', amount: payment.amount, currency: payment.currency });
}

function parse(body: string | undefined): PaymentRequest | undefined {
  try {
    const { amount, currency } = JSON.parse(body ?? '') as Partial<PaymentRequest>;
    return typeof amount === 'number' && amount > 0 && typeof currency === 'string' ? { amount, currency } : undefined;
  } catch {
    return undefined;
  }
}

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
