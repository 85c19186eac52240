import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';

interface Order {
  readonly items?: readonly string[];
}

export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const { items = [] } = JSON.parse(event.body ?? '{}') as Order;
  const orderId = randomUUID();
  console.log(`order ${orderId} of ${items.length} items`);
  return { statusCode: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ order_id: orderId, status: 'created' }) };
}
