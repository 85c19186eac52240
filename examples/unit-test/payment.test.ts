import { idempotent, MemoryStore } from 'cdk-idempotent-api/runtime';
import { httpApiEvent, recordingHandler } from 'cdk-idempotent-api/testing';

/** How a handler of your own is tested: no network, no table, no clock. */
test('a payment is made once', async () => {
  const payment = recordingHandler(() => ({ statusCode: 200, body: JSON.stringify({ id: 'txn-123' }) }));
  const handler = idempotent(payment, { store: new MemoryStore() });
  const request = httpApiEvent({ path: '/payment', headers: { 'Idempotency-Key': 'test-key-123' } });

  const first = await handler(request, {});
  expect(first).toMatchObject({ statusCode: 200, body: '{"id":"txn-123"}' });
  expect(payment.calls).toHaveLength(1);

  const duplicate = await handler(request, {});
  expect(duplicate).toMatchObject({ statusCode: 200, body: '{"id":"txn-123"}', headers: { 'X-Idempotent-Replay': 'true' } });
  expect(payment.calls).toHaveLength(1);
});
