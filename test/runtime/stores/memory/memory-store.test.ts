import fc from 'fast-check';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import type { Claim } from '../../../../runtime/stores/store';
import { storeContract } from '../../../../runtime/testing/store-contract';
import { epochMillis, epochSeconds, millis, plus } from '../../../../runtime/time';

const T0 = 1_800_000_000_000;
const claimOf = (id: string, at = 0, ttl = 4): Claim => {
  const now = epochMillis(T0 + at);
  return { id, token: `token of ${id}`, fingerprint: Uint8Array.of(1), now, leaseEnd: plus(now, millis(1_000)), expiresAt: epochSeconds(Math.floor(now / 1000) + ttl), margin: millis(0), takeover: true };
};
const response = { statusCode: 200, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } };

// Apart from the other stores: it needs no server, and runs the transitions themselves.
describe('the memory store', () => {
  test.each(storeContract.map((promise) => [promise.name, promise] as const))('%s', async (_, { run }) => {
    await run(new MemoryStore());
  });
});

test('F36: it stays within its bound and never drops an execution in progress', async () => {
  const step = fc.record({ id: fc.integer({ min: 0, max: 30 }), finish: fc.boolean(), wait: fc.constantFrom(0, 0, 0, 6_000) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const store = new MemoryStore({ maxRecords: 5 });
      const running = new Map<string, number>();
      let at = 0;
      for (const { id: number, finish, wait } of steps) {
        at += wait;
        const id = String(number);
        const claim = claimOf(id, at);
        let applied = false;
        try {
          applied = (await store.claim(claim)).applied;
        } catch (error) {
          expect(error).toMatchObject({ code: 'IDEMPOTENCY_MEMORY_STORE_FULL' });
        }
        if (applied) running.set(id, claim.expiresAt);
        if (applied && finish) {
          await store.complete({ ...claim, response });
          running.delete(id);
        }
        expect(store.size).toBeLessThanOrEqual(5);
        for (const [live, expiresAt] of running) {
          if (expiresAt * 1000 > T0 + at) expect(await store.read(live)).toMatchObject({ status: 'P' });
          else running.delete(live);
        }
      }
    }),
  );
});

test('F36: what has expired goes first, then what was completed longest ago', async () => {
  const store = new MemoryStore({ maxRecords: 2 });
  for (const [id, ttl] of [['old', 100], ['short', 1]] as const) {
    await store.claim(claimOf(id, 0, ttl));
    await store.complete({ ...claimOf(id, 0, ttl), response });
  }
  await store.claim(claimOf('third', 5_000));
  expect(await store.read('short')).toBeUndefined();
  expect(await store.read('old')).toBeDefined();
  await store.claim(claimOf('fourth', 5_000));
  expect(await store.read('old')).toBeUndefined();
  await expect(store.claim(claimOf('fifth', 5_000))).rejects.toThrow('raise maxRecords');
});

test('F36: refuses to run in Lambda, where every sandbox would have a memory of its own', () => {
  expect(() => new MemoryStore({}, { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001', AWS_LAMBDA_FUNCTION_NAME: 'f' })).toThrow('use DynamoDbStore');
});

test('F36: runs in a test set-up that names a function as Lambda does', () => {
  expect(new MemoryStore({}, { AWS_LAMBDA_FUNCTION_NAME: 'f', AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', LAMBDA_TASK_ROOT: '/var/task' }).size).toBe(0);
});

test.each([0, -1, 1.5, '5'])('throws when maxRecords is %p', (maxRecords) => {
  expect(() => new MemoryStore({ maxRecords: maxRecords as number })).toThrow(/maxRecords must be a positive integer/);
});
