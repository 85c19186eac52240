import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

interface Product {
  readonly id: string;
  readonly name: string;
  readonly price: number;
}

const CATALOGUE: readonly Product[] = [
  { id: '1', name: 'Laptop', price: 999.99 },
  { id: '2', name: 'Mouse', price: 29.99 },
];

type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** A middleware of the application's own. It runs where the handler runs: what it adds is recorded, and replayed. */
const withResponseTime = (handler: Handler): Handler => async (event) => {
  const started = performance.now();
  const response = await handler(event);
  const ms = Math.round(performance.now() - started);
  console.log(`${response.statusCode} after ${ms} ms`);
  return { ...response, headers: { ...response.headers, 'x-response-time': `${ms}ms` } };
};

export const handler = withResponseTime(async ({ requestContext: { http }, pathParameters, body }) => {
  if (http.method === 'POST') {
    const product = { ...(JSON.parse(body ?? '{}') as Omit<Product, 'id'>), id: randomUUID() };
    return json(201, product);
  }
  if (pathParameters?.id === undefined) return json(200, CATALOGUE);
  const product = CATALOGUE.find(({ id }) => id === pathParameters.id);
  return product === undefined ? json(404, { message: 'Product not found' }) : json(200, product);
});

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
