/**
 * A client that retries with one key, against any of the examples:
 * npx tsx --tsconfig examples/tsconfig.json examples/client/main.ts http://127.0.0.1:3000/api/v1/payments
 */
import { idempotentFetch, isReplay, keyFrom } from 'cdk-idempotent-api/client';

const [url = 'http://127.0.0.1:3000/api/v1/payments'] = process.argv.slice(2);
const send = idempotentFetch(undefined, {
  retries: 3,
  onAttempt: ({ attempt, response, error }) => console.log(`attempt ${attempt}: ${response?.status ?? String(error)}`),
});

async function pay(orderId: string): Promise<void> {
  const response = await send(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': await keyFrom(['order', orderId, 'pay']) },
    body: JSON.stringify({ amount: 99.99, currency: 'USD', customerId: 'cust-123' }),
  });
  console.log(`${isReplay(response) ? 'replayed' : 'executed'}: ${await response.text()}`);
}

// The order is paid once, though the program asks twice, and however often it is run.
void pay('456').then(() => pay('456'));
