import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { Completion, WriteReply } from '../../../runtime/stores/store';
import { FRONTS } from '../../support/fronts';
import { Shop } from '../../support/shop';

/** A store during whose COMPLETE something else goes on in the sandbox. */
class StoreMeanwhile extends MemoryStore {
  public meanwhile = (): void => {};

  public override async complete(completion: Completion): Promise<WriteReply> {
    const reply = await super.complete(completion);
    this.meanwhile();
    return reply;
  }
}

const bodyOf = (result: unknown): unknown => (JSON.parse(JSON.stringify(result)) as { readonly body: unknown }).body;

describe.each(Object.keys(FRONTS))('%s: the first caller gets what every retry gets', (front) => {
  const event = FRONTS[front]!({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });

  test('F188: where the handler’s result is changed while it is recorded', async () => {
    const store = new StoreMeanwhile();
    const cached = { statusCode: 201, headers: { 'x-balance': '100' }, body: 'balance 100' };
    store.meanwhile = () => {
      cached.body = 'balance 0';
      cached.headers['x-balance'] = '0';
    };
    const shop = new Shop({ front, options: { store }, respond: () => cached });
    expect(bodyOf(await shop.raw(event))).toBe('balance 100');
    expect(bodyOf(await shop.raw(event))).toBe('balance 100');
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F188: where what it returns says something else each time it is asked', async () => {
    let asked = 0;
    const shop = new Shop({ front, respond: () => ({ statusCode: 201, get body() { return `asked ${++asked}`; } }) });
    const first = bodyOf(await shop.raw(event));
    expect(first).toMatch(/^asked \d$/);
    expect(bodyOf(await shop.raw(event))).toBe(first);
  });

  test('F188: where nothing is recorded of it', async () => {
    const shop = new Shop({
      front,
      options: { storeResponse: [201] },
      respond: (call) => ({ statusCode: 503, get headers() { return { 'x-call': String(call) }; }, body: `call ${call}` }),
    });
    expect(bodyOf(await shop.raw(event))).toBe('call 1');
    expect(bodyOf(await shop.raw(event))).toBe('call 2');
  });
});

test('F188: a bare result, which is changed while it is recorded', async () => {
  const store = new StoreMeanwhile();
  const order = { id: 'order-1', items: [{ sku: 'a', left: 3 }] };
  store.meanwhile = () => {
    order.items[0]!.left = 0;
  };
  const shop = new Shop({ options: { store }, respond: () => order });
  const event = FRONTS['HTTP API']!({ headers: { 'Idempotency-Key': 'order-1' }, body: 'sku=a' });
  const first = await shop.raw(event);
  expect(first).toEqual({ id: 'order-1', items: [{ sku: 'a', left: 3 }] });
  expect(JSON.parse(String(bodyOf(await shop.raw(event))))).toEqual(first);
});

test('F188: what cannot be written as JSON is handed on as it is, for Lambda to refuse', async () => {
  const cycle: Record<string, unknown> = { statusCode: 201 };
  cycle.self = cycle;
  const shop = new Shop({ respond: (call) => (call === 1 ? cycle : undefined) });
  const sent = (key: string) => shop.raw(FRONTS['HTTP API']!({ headers: { 'Idempotency-Key': key }, body: 'amount=1' }));
  expect(await sent('payment-1')).toBe(cycle);
  expect(await sent('payment-2')).toBeUndefined();
});
