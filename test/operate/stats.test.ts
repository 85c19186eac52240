import { randomBytes } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Bank, stuck } from './support/bank';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

let db: TestDynamoDb;
let tables = 0;
beforeAll(async () => { db = await startDynamoDb(); });
afterAll(() => db.stop());

const bank = async (respond?: (call: number) => unknown) => new Bank(db, await db.createTable(`stats-${++tables}`), respond);

test('counts each record once, by what it is to the next request', async () => {
  const { respond, entered, open } = stuck();
  const of = await bank(respond);
  const first = of.pay('hangs');
  await entered;
  of.clock.advance(40_000);
  await of.pay('order-1');
  await of.pay('order-2');
  await db.client.send(new PutItemCommand({ TableName: of.table, Item: { id: { S: 'x' }, v: { N: '2' } } }));
  expect(await of.operator.json('stats', [])).toEqual({
    items: 4,
    whole: true,
    states: { in_progress: 0, lease_over: 1, completed: 2, released: 0, expired: 0, unreadable: 1 },
    claimedAgain: 0,
    bytes: { total: expect.any(Number), largest: expect.any(Number) },
    oldestInProgress: { id: expect.stringMatching(/^[\w-]{43}$/), claimedAt: '2027-01-15T08:00:00.000Z' },
  });

  await of.pay('hangs');
  expect(await of.operator.json('stats', [])).toMatchObject({ states: { lease_over: 0, completed: 3 }, claimedAgain: 1 });
  open();
  await first;
  of.clock.advance(90_000_000);
  const { out } = await of.operator.run('stats', []);
  expect(out).toMatch(/^items +4, all of the table$/m);
  expect(out).toMatch(/^expired, not yet deleted +3$/m);
  expect(out).not.toContain('oldest');
});

test('F81: a body beside a record is none, and is counted by itself', async () => {
  const of = await bank((call) => ({ statusCode: 200, body: call === 1 ? 'small' : randomBytes(50_000).toString('hex') }));
  for (const key of ['order-1', 'order-2', 'order-3']) await of.pay(key);
  const counted = await of.operator.json('stats', []);
  expect(counted).toMatchObject({
    items: 3, whole: true, states: { completed: 3, unreadable: 0 }, bodies: { items: 2, bytes: expect.any(Number) },
  });
  expect((counted.bytes as { total: number }).total).toBeLessThan(3 * 1024);
  expect((counted.bodies as { bytes: number }).bytes).toBeGreaterThan(90_000);
  expect((await of.operator.run('stats', [])).out).toMatch(/^bodies beside records +2, of \d+ KB$/m);
});

test('takes a sample, and says that there may be more', async () => {
  const of = await bank();
  for (let index = 0; index < 5; index++) await of.pay(`order-${index}`);
  expect(await of.operator.json('stats', ['--limit', '3'])).toMatchObject({ items: 3, whole: false, states: { completed: 3 } });
  expect(await of.operator.json('stats', ['--limit', '0'])).toMatchObject({ items: 5, whole: true });
  expect((await of.operator.run('stats', ['--limit', '3'])).out).toMatch(/^items +3, a sample: the table may have more/m);
});

test('pages through what one call does not bring', async () => {
  const of = await bank();
  for (let index = 0; index < 260; index++) {
    await db.client.send(new PutItemCommand({ TableName: of.table, Item: { id: { S: `item-${index}` } } }));
  }
  expect(await of.operator.json('stats', [])).toMatchObject({ items: 260, whole: true, states: { unreadable: 260 } });
});

test('an empty table', async () => {
  const of = await bank();
  expect((await of.operator.run('stats', [])).out).toMatch(/^items +0, all of the table[^]*size +0 bytes$/);
});

test('the size of an item is about what DynamoDB counts', async () => {
  const of = await bank();
  await db.client.send(new PutItemCommand({ TableName: of.table, Item: { id: { S: 'x'.repeat(43) }, rb: { B: new Uint8Array(1000) }, gen: { N: '12' } } }));
  expect(await of.operator.json('stats', [])).toMatchObject({ bytes: { total: 2 + 43 + 2 + 1000 + 3 + 2, largest: 1052 } });
});

test('a limit that is no number is refused', async () => {
  const of = await bank();
  expect(await of.operator.run('stats', ['--limit', '-1'])).toMatchObject({ status: 2, err: expect.stringContaining('--limit') });
  expect(await of.operator.run('stats', ['--limit=all'])).toMatchObject({ status: 2, err: expect.stringContaining('--limit') });
});
