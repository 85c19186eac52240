import { idempotencyOf } from '../../../runtime';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { InjectedFault, faultyStore } from '../../../runtime/testing/faulty-store';
import { Shop } from '../../support/shop';

const NOT_PERSISTED = 'x-idempotent-persisted';

test('F30: unprotected execution is for a store that gave no answer: one that has refused the claim has answered', async () => {
  const memory = new MemoryStore();
  // It refuses without showing the item, and the read that would show it fails.
  const blind: IdempotencyStore = {
    limits: memory.limits,
    claim: async (claim) => {
      const reply = await memory.claim(claim);
      return reply.applied ? reply : { applied: false };
    },
    complete: (completion) => memory.complete(completion),
    release: (release) => memory.release(release),
    read: () => Promise.reject(new InjectedFault('read', 'drop')),
  };
  const shop = new Shop({ options: { store: blind, onStoreError: 'execute' } });
  await shop.pay('payment-1');
  expect((await shop.pay('payment-1')).statusCode).toBe(503);
  expect(shop.handler.calls).toHaveLength(1);
});

test('F30: a throw of an unprotected execution goes out as the gateway’s own error, marked', async () => {
  const shop = new Shop({
    options: { store: faultyStore(new MemoryStore(), () => 'drop'), onStoreError: 'execute' },
    respond: () => { throw new Error('after the charge'); },
  });
  expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 500, headers: { [NOT_PERSISTED]: 'false' } });
});

test('F9: a throw whose record could not be confirmed goes out marked as well', async () => {
  const shop = new Shop({
    options: { store: faultyStore(new MemoryStore(), (call) => (call === 'claim' ? 'pass' : 'drop')) },
    respond: () => { throw new Error('after the charge'); },
  });
  const answer = shop.pay('payment-1');
  for (let round = 0; round < 10; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    shop.clock.advance(1_000);
  }
  expect(await answer).toMatchObject({ statusCode: 500, headers: { [NOT_PERSISTED]: 'false' } });
});

test('F4: who claims a key that a takeover gave back is told that an execution may have come before', async () => {
  const memory = new MemoryStore();
  let lost = 0;
  const told: unknown[] = [];
  // The third claim's reply is lost, and so its claim is released unexecuted.
  const store = faultyStore(memory, (call) => (call === 'claim' && ++lost === 2 ? 'lose-reply' : 'pass'));
  const shop = new Shop({
    options: { store },
    respond: (call, _event, context) => {
      told.push(idempotencyOf(context as object)?.isTakeover);
      return call === 1 ? new Promise(() => {}) : { statusCode: 201, body: 'paid' };
    },
  });
  void shop.pay('payment-1');
  await new Promise((resolve) => setImmediate(resolve));
  shop.clock.advance(32_001);
  expect((await shop.pay('payment-1')).statusCode).toBe(503);
  expect((await shop.pay('payment-1')).statusCode).toBe(201);
  expect(told).toEqual([false, true]);
});
