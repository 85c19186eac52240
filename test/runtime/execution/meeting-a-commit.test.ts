import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import type { Fate } from '../../support/faulty-dynamodb';
import { MARKER, Shop, gate } from '../../support/shop';
import { TRANSPORTS, faultyStores } from '../../support/transports';

/** What DynamoDB says to an UpdateItem on an item of a transaction that is under way: it has written nothing. */
const UNDER_WAY: Fate = { refusal: 'TransactionConflictException' };

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startDynamoDb();
  await server.createTable('keys');
});
afterAll(() => server.stop());

let keys = 0;

describe.each(Object.keys(TRANSPORTS))('a retry whose claim meets the transaction of a commit, over %s', (way) => {
  const wires = faultyStores(way);
  afterAll(() => wires.stop());

  /** The shop that the first request came to, and one whose sends have fates. */
  async function shops(fate: (operation: string, send: number) => Fate, options: IdempotencyOptions = {}) {
    const held = gate();
    const first = new Shop({
      options: { store: new DynamoDbStore({ tableName: 'keys', client: server.client }) },
      respond: async () => (await held.opened, { statusCode: 201, body: 'moved' }),
    });
    const { store, sent } = await wires.storeWith(server.endpoint, fate);
    const second = new Shop({ options: { store, ...options }, host: { clock: first.clock } });
    return { first, second, held, sent, key: `met-${keys++}` };
  }

  test.each(['reject', 'execute'] as const)('F171: is told 409 while the other is under way, and runs nothing, whatever is to be done without a store (%s)', async (onStoreError) => {
    const { first, second, held, sent, key } = await shops((operation) => (operation === 'UpdateItem' ? UNDER_WAY : 'pass'), { onStoreError });
    const paid = first.pay(key);
    await until(() => first.handler.calls.length === 1);
    expect(await second.pay(key)).toMatchObject({ statusCode: 409 });
    expect(second.handler.calls).toEqual([]);
    expect(sent).toEqual(['UpdateItem', 'GetItem']);
    held.open();
    expect(await paid).toMatchObject({ statusCode: 201 });
  });

  test('F171: or a write in another region of a strongly consistent table, is told the same', async () => {
    const { first, second, held, key } = await shops((_, send) => (send === 1 ? { refusal: 'ReplicatedWriteConflictException' } : 'pass'), { onStoreError: 'execute' });
    const paid = first.pay(key);
    await until(() => first.handler.calls.length === 1);
    expect(await second.pay(key)).toMatchObject({ statusCode: 409 });
    expect(second.handler.calls).toEqual([]);
    held.open();
    await paid;
  });

  test('F171: gets the response where the transaction has just made it', async () => {
    const { first, second, held, key } = await shops((operation) => (operation === 'UpdateItem' ? UNDER_WAY : 'pass'));
    held.open();
    await first.pay(key);
    expect(await second.pay(key)).toMatchObject({ statusCode: 201, body: 'moved', headers: { [MARKER]: 'true' } });
    expect(second.handler.calls).toEqual([]);
  });

  test('F171: of an execution that is dead, whose late transaction is refused meanwhile, claims once more and takes over', async () => {
    const { first, second, sent, key } = await shops((_, send) => (send === 1 ? UNDER_WAY : 'pass'));
    void first.pay(key);
    await until(() => first.handler.calls.length === 1);
    first.clock.advance(40_000);
    expect(await second.pay(key)).toMatchObject({ statusCode: 201, body: 'payment 1' });
    expect(sent.slice(0, 3)).toEqual(['UpdateItem', 'GetItem', 'UpdateItem']);
  });

  test('F171: and meets one again and again, is told 503, and runs nothing without its claim', async () => {
    const { second, key } = await shops((operation) => (operation === 'UpdateItem' ? UNDER_WAY : 'pass'), { onStoreError: 'execute' });
    expect(await second.pay(key)).toMatchObject({ statusCode: 503 });
    expect(second.handler.calls).toEqual([]);
  });

  test('F171: and waits, meets one again and again, goes on waiting, and takes over in the end', async () => {
    let conflicts = 0;
    const { first, second, sent, key } = await shops((operation) => (operation === 'UpdateItem' && conflicts-- > 0 ? UNDER_WAY : 'pass'), {
      onConflict: 'wait', waitSeconds: 60,
    });
    void first.pay(key);
    await until(() => first.handler.calls.length === 1);
    let over = false;
    const waiting = second.pay(key).finally(() => (over = true));
    await until(() => (first.clock.advance(10), sent.includes('GetItem')));
    conflicts = 2;
    await until(() => (first.clock.advance(100), over));
    expect(await waiting).toMatchObject({ statusCode: 201, body: 'payment 1' });
    expect(conflicts).toBeLessThan(0);
  });

  test('F171: a completion that meets one is sent again', async () => {
    let completions = 0;
    const { first, second, key } = await shops((operation) => (operation === 'UpdateItem' && ++completions === 2 ? UNDER_WAY : 'pass'));
    let over = false;
    const paid = second.pay(key).finally(() => (over = true));
    await until(() => (first.clock.advance(10), over));
    expect(await paid).toMatchObject({ statusCode: 201, body: 'payment 1' });
    expect((await second.pay(key)).headers[MARKER]).toBe('true');
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
