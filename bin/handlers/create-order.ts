import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** Creates an order. A bare result is a 200 with JSON, as any HTTP API makes of it. */
export async function handler(event: APIGatewayProxyEventV2): Promise<{ orderId: string; status: string }> {
  const orderId = randomUUID();
  console.log(`creating order ${orderId} of ${event.body?.length ?? 0} characters`);
  return { orderId, status: 'created' };
}
