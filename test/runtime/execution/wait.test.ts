import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { RetryableError } from '../../../runtime/execution/in-handler';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { controllableClock, type ControllableClock } from '../../../runtime/testing/clock';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import type { Millis } from '../../../runtime/time';
import type { Seen } from '../../support/fronts';
import { MARKER, Shop, gate, lambdaContext, settled } from '../../support/shop';

const WAIT: IdempotencyOptions = { onConflict: 'wait' };

/** Lets time pass in small steps until the reply is there; how long it took. */
async function waited(reply: Promise<Seen>, clock: ControllableClock, limit = 60_000): Promise<{ readonly reply: Seen; readonly ms: number }> {
  let there = false;
  void reply.finally(() => (there = true)).catch(() => undefined);
  const started = clock.monotonic();
  await settled();
  while (!there && clock.monotonic() - started < limit) {
    clock.advance(50);
    await settled();
  }
  return { reply: await reply, ms: clock.monotonic() - started };
}

/** A shop whose first execution ends when it is told to. */
function slowShop(options: IdempotencyOptions = WAIT) {
  const { opened, open } = gate();
  const shop = new Shop({
    options,
    respond: async (call) => {
      if (call === 1) await opened;
      return { statusCode: 201, body: `payment ${call}` };
    },
  });
  return { shop, open };
}

test('the response of the execution under way is awaited and replayed', async () => {
  const { shop, open } = slowShop();
  const first = shop.pay('payment-1');
  await settled();
  const second = shop.pay('payment-1');
  await settled();
  shop.clock.advance(3_000);
  await settled();
  open();
  await first;
  const { reply } = await waited(second, shop.clock);
  expect(reply).toMatchObject({ statusCode: 201, body: 'payment 1', headers: { [MARKER]: 'true' } });
  expect(shop.handler.calls).toHaveLength(1);
  expect(shop.seen.lines.map(({ message }) => message)).toEqual(['idempotency: executed', 'idempotency: replayed']);
});

test.each([[8, undefined], [3, 3], [0, 0]])('after %i s (waitSeconds: %p) it is a 409', async (seconds, waitSeconds) => {
  const { shop, open } = slowShop({ ...WAIT, waitSeconds });
  const first = shop.pay('payment-1');
  await settled();
  const { reply, ms } = await waited(shop.pay('payment-1'), shop.clock);
  expect(reply).toMatchObject({ statusCode: 409, headers: { 'retry-after': '1' } });
  expect(ms).toBeLessThanOrEqual(seconds * 1_000);
  expect(ms).toBeGreaterThanOrEqual(Math.max(0, seconds * 1_000 - 1_100));
  open();
  await first;
});

test('and never so late that the function’s time is over', async () => {
  const { shop, open } = slowShop();
  const first = shop.pay('payment-1');
  await settled();
  const context = lambdaContext(shop.clock, 2_000);
  const { reply } = await waited(shop.pay('payment-1', {}, context), shop.clock);
  expect(reply.statusCode).toBe(409);
  expect(context.getRemainingTimeInMillis()).toBeGreaterThanOrEqual(500);
  open();
  await first;
});

test('an execution that releases its key is followed by the one that waited', async () => {
  const { opened, open } = gate();
  const shop = new Shop({
    options: WAIT,
    respond: async (call) => {
      if (call > 1) return { statusCode: 201, body: 'paid' };
      await opened;
      throw new RetryableError('not yet');
    },
  });
  const first = shop.pay('payment-1');
  const failed = expect(first).rejects.toThrow('not yet');
  await settled();
  const second = shop.pay('payment-1');
  await settled();
  open();
  await failed;
  const { reply } = await waited(second, shop.clock);
  expect(reply).toMatchObject({ statusCode: 201, body: 'paid' });
  expect(reply.headers).not.toHaveProperty(MARKER);
});

test('an execution that outlives its lease is taken over by the one that waits', async () => {
  const { shop, open } = slowShop({ ...WAIT, processingTimeoutSeconds: 2, waitSeconds: 20 });
  const first = shop.pay('payment-1');
  await settled();
  const { reply } = await waited(shop.pay('payment-1'), shop.clock);
  expect(reply.body).toBe('payment 2');
  open();
  expect(await first).toMatchObject({ body: 'payment 2', headers: { [MARKER]: 'true' } });
});

test.each(['reject', 'execute'] as const)('a store that fails meanwhile is a conflict still, and executes nothing: %s', async (onStoreError) => {
  const memory = new MemoryStore();
  const { opened, open } = gate();
  const shop = new Shop({
    options: { ...WAIT, onStoreError, store: faultyStore(memory, (call) => (call === 'read' ? 'drop' : 'pass')) },
    respond: async () => (await opened, { statusCode: 201, body: 'paid' }),
  });
  const first = shop.pay('payment-1');
  await settled();
  const { reply } = await waited(shop.pay('payment-1'), shop.clock);
  expect(reply.statusCode).toBe(409);
  expect(shop.handler.calls).toHaveLength(1);
  open();
  await first;
});

describe('F32: those who wait do not ask in step', () => {
  /** When one request asks for the record while it waits, by its own randomness. */
  async function asks(random: () => number): Promise<number[]> {
    const clock = controllableClock();
    const memory = new MemoryStore();
    const times: number[] = [];
    const store: IdempotencyStore = {
      limits: memory.limits,
      claim: (claim) => memory.claim(claim),
      complete: (completion) => memory.complete(completion),
      release: (release) => memory.release(release),
      read: (id) => (times.push(clock.monotonic()), memory.read(id)),
    };
    const sleep = (length: Millis, signal?: AbortSignal): Promise<void> => clock.sleep(length, signal);
    const { opened, open } = gate();
    const shop = new Shop({
      options: { ...WAIT, store },
      host: { clock: { ...clock, sleep }, random },
      respond: async () => (await opened, { statusCode: 201, body: 'paid' }),
    });
    const first = shop.pay('payment-1');
    await settled();
    await waited(shop.pay('payment-1'), clock);
    open();
    await first;
    return times;
  }

  test('F32: full jitter: the pauses reach from hardly any to the whole of what the round allows', async () => {
    const [least, most] = [await asks(() => 0), await asks(() => 0.999999)];
    const pauses = (times: readonly number[]): number[] => times.slice(1).map((time, index) => time - times[index]!);
    expect(pauses(least).every((pause) => pause === 50)).toBe(true);
    const longest = pauses(most);
    expect(longest.every((pause, index) => index === 0 || pause >= longest[index - 1]!)).toBe(true);
    expect(Math.max(...longest)).toBeLessThanOrEqual(1_100);
    expect(most.length).toBeLessThan(20);
  });

  test('F32: two that started together ask at other times', async () => {
    let seed = 7;
    const pseudo = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const [one, other] = [await asks(pseudo), await asks(pseudo)];
    expect(one).not.toEqual(other);
    expect(one.filter((time) => other.includes(time)).length).toBeLessThan(one.length / 2);
  });
});
