import { randomBytes } from 'node:crypto';
import { DeleteItemCommand, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { itemSize } from '../../../operate/item-size';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import type { OverflowStore } from '../../../runtime/stores/overflow/overflow-store';
import { systemClock } from '../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { faultyClient, type Fate } from '../../support/faulty-client';
import { MARKER, Shop } from '../../support/shop';

let dynamoDb: TestDynamoDb;
let tables = 0;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});
afterAll(() => dynamoDb.stop());

const KB = 1024;
const noise = (bytes: number) => ({
  statusCode: 201, headers: { 'content-type': 'image/png' }, body: randomBytes(bytes).toString('base64'), isBase64Encoded: true,
});
const textOf = ({ body }: { readonly body: string }): string => Buffer.from(body, 'base64').toString('latin1');

/** A bucket in memory. */
function bucket(): OverflowStore & { readonly objects: Map<string, Uint8Array> } {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    put: async (key, body) => void objects.set(key, body),
    get: async (key) => objects.get(key) ?? Promise.reject(new Error('no such object')),
  };
}

interface Shops {
  readonly shop: Shop;
  readonly tableName: string;
  /** What went over the wire to DynamoDB since it was last asked. */
  since(): readonly string[];
  items(): Promise<readonly Record<string, { S?: string; N?: string; B?: Uint8Array }>[]>;
}

async function shopWith(response: unknown, options: IdempotencyOptions = {}, fate: (operation: string, send: number) => Fate = () => 'pass'): Promise<Shops> {
  const { client, sent } = faultyClient(dynamoDb.endpoint, fate);
  const tableName = await dynamoDb.createTable(`keys-${++tables}`);
  const store = new DynamoDbStore({ tableName, client });
  return {
    shop: new Shop({ options: { store, ...options }, respond: () => response, host: { clock: systemClock } }),
    since: () => sent.splice(0),
    items: async () => (await dynamoDb.client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }))).Items as never,
    tableName,
  };
}

const recordIn = (items: Awaited<ReturnType<Shops['items']>>) => items.find(({ st }) => st !== undefined)!;
const bodyIn = (items: Awaited<ReturnType<Shops['items']>>) => items.find(({ st }) => st === undefined);

describe('F81: a body of more than 16 KB', () => {
  test.each([17, 350, 398])('F81: of %i KB lies in an item of its own, so that a retry meets a record of a kilobyte', async (size) => {
    const response = noise(size * KB);
    const { shop, since, items } = await shopWith(response);
    expect((await shop.pay('large-key')).body).toBe(textOf(response));
    expect(since()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    const stored = await items();
    expect(stored).toHaveLength(2);
    expect(itemSize(recordIn(stored))).toBeLessThan(KB);
    expect(recordIn(stored).ro).toEqual(bodyIn(stored)!.id);
    for (let retry = 0; retry < 3; retry++) {
      expect(await shop.pay('large-key')).toMatchObject({ statusCode: 201, body: textOf(response), headers: { 'content-type': 'image/png', [MARKER]: 'true' } });
      expect(since()).toEqual(['UpdateItem', 'GetItem']);
    }
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F81: is named after its record, and outlives it by an hour', async () => {
    const { shop, items } = await shopWith(noise(20 * KB), { ttlSeconds: 600 });
    await shop.pay('large-key');
    const stored = await items();
    const [record, body] = [recordIn(stored), bodyIn(stored)!];
    expect(body.id!.S).toMatch(new RegExp(`^${record.id!.S}/[0-9a-f-]{36}$`));
    expect(Object.keys(body).sort()).toEqual(['expires_at', 'id', 'rb']);
    const outlives = Number(body.expires_at!.N) - Number(record.expires_at!.N);
    expect(Math.abs(outlives - 3600)).toBeLessThanOrEqual(60);
  });

  test('F81: counts as it is packed: 200 KB that deflate to less lie in the record', async () => {
    const response = { statusCode: 200, body: 'x'.repeat(200 * KB) };
    const { shop, since, items } = await shopWith(response);
    await shop.pay('large-key');
    expect((await shop.pay('large-key')).body).toBe(response.body);
    expect(since()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    expect(await items()).toHaveLength(1);
  });

  test('F81: is deflated beside the record as well, so that 900 KB of JSON need no bucket', async () => {
    const body = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, state: 'done', token: randomBytes(6).toString('hex') })));
    expect(body.length).toBeGreaterThan(900_000);
    const { shop } = await shopWith({ statusCode: 200, body });
    await shop.pay('large-key');
    expect(await shop.pay('large-key')).toMatchObject({ body, headers: { [MARKER]: 'true' } });
    expect(shop.handler.calls).toHaveLength(1);
  });

  test.each([15, 16])('F81: not one of %i KB, which lies in the record', async (size) => {
    const { shop, items } = await shopWith(noise(size * KB));
    await shop.pay('large-key');
    expect(await items()).toHaveLength(1);
    expect((await shop.pay('large-key')).headers[MARKER]).toBe('true');
  });

  test.each([17, 350, 600])('F81: of %i KB is an object where there is a bucket', async (size) => {
    const overflow = bucket();
    const response = noise(size * KB);
    const { shop, since, items } = await shopWith(response, { overflow });
    await shop.pay('large-key');
    expect(since()).toEqual(['UpdateItem', 'UpdateItem']);
    expect(await items()).toHaveLength(1);
    expect([...overflow.objects.keys()]).toEqual([recordIn(await items()).ro!.S]);
    expect((await shop.pay('large-key')).body).toBe(textOf(response));
    expect(since()).toEqual(['UpdateItem']);
  });

  test('F81: recorded before there was a bucket is still found', async () => {
    const response = noise(100 * KB);
    const { shop, tableName } = await shopWith(response);
    await shop.pay('large-key');
    const store = new DynamoDbStore({ tableName, client: dynamoDb.client });
    const since = new Shop({ options: { store, overflow: bucket() }, respond: () => 'executed again', host: { clock: systemClock } });
    expect(await since.pay('large-key')).toMatchObject({ body: textOf(response), headers: { [MARKER]: 'true' } });
  });
});

describe('F81: where the body cannot be put beside the record', () => {
  const failing: OverflowStore = { put: () => Promise.reject(new Error('access denied')), get: () => Promise.reject(new Error('access denied')) };

  test('F81: with the bucket out of reach it lies in the record, if it fits one', async () => {
    const response = noise(300 * KB);
    const { shop, items } = await shopWith(response, { overflow: failing });
    expect((await shop.pay('large-key')).body).toBe(textOf(response));
    expect(await items()).toHaveLength(1);
    expect((await shop.pay('large-key')).body).toBe(textOf(response));
    expect(shop.seen.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: expect.stringContaining('beside the record') }));
  });

  test('F35: what fits nowhere is told to the first caller, and 410 to every retry', async () => {
    const { shop, items } = await shopWith(noise(600 * KB));
    expect((await shop.pay('large-key')).statusCode).toBe(201);
    for (let retry = 0; retry < 3; retry++) expect((await shop.pay('large-key')).statusCode).toBe(410);
    expect(await items()).toHaveLength(1);
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F81: the reply to its write is lost: sent again, and both writes say the same', async () => {
    const response = noise(100 * KB);
    const { shop, since } = await shopWith(response, {}, (_operation, send) => (send === 2 ? 'lose-reply' : 'pass'));
    await shop.pay('large-key');
    expect(since()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem', 'UpdateItem']);
    expect((await shop.pay('large-key')).body).toBe(textOf(response));
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F81: its write fails for good: the record itself takes it', async () => {
    const response = noise(100 * KB);
    const { shop, items } = await shopWith(response, {}, (_operation, send) => (send >= 2 && send <= 4 ? 'drop' : 'pass'));
    await shop.pay('large-key');
    expect(await items()).toHaveLength(1);
    expect((await shop.pay('large-key')).body).toBe(textOf(response));
    expect(shop.handler.calls).toHaveLength(1);
  });
});

describe('F81: a body that is not as it was put: 503, and never an execution', () => {
  const damages: readonly [string, (body: string, shops: Shops) => Promise<unknown>][] = [
    ['is gone', (id, { tableName }) => dynamoDb.client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } }))],
    ['has no bytes', (id, { tableName }) => dynamoDb.client.send(new UpdateItemCommand({
      TableName: tableName, Key: { id: { S: id } }, UpdateExpression: 'SET rb = :text', ExpressionAttributeValues: { ':text': { S: 'hello' } },
    }))],
    ['does not inflate', (id, { tableName }) => dynamoDb.client.send(new UpdateItemCommand({
      TableName: tableName, Key: { id: { S: id } }, UpdateExpression: 'SET rb = :cut', ExpressionAttributeValues: { ':cut': { B: Uint8Array.of(1, 2, 3) } },
    }))],
  ];

  test.each(damages)('F81: it %s', async (_, damage) => {
    const shops = await shopWith({ statusCode: 200, body: randomBytes(30 * KB).toString('hex') });
    const { shop, items } = shops;
    await shop.pay('large-key');
    await damage(bodyIn(await items())!.id!.S!, shops);
    for (let retry = 0; retry < 2; retry++) expect((await shop.pay('large-key')).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F81: the record names another record’s body', async () => {
    const { shop, items, tableName } = await shopWith(noise(20 * KB));
    await shop.pay('large-key');
    await shop.pay('other-key');
    const [one, other] = (await items()).filter(({ st }) => st !== undefined);
    await dynamoDb.client.send(new UpdateItemCommand({
      TableName: tableName, Key: { id: one!.id as { S: string } }, UpdateExpression: 'SET ro = :other', ExpressionAttributeValues: { ':other': other!.ro as { S: string } },
    }));
    const statuses = [(await shop.pay('large-key')).statusCode, (await shop.pay('other-key')).statusCode];
    expect(statuses.sort()).toEqual([201, 503]);
    expect(shop.handler.calls).toHaveLength(2);
  });
});
