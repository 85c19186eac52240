import { randomBytes } from 'node:crypto';
import { ScanCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { idempotencyOf } from '../../../runtime/execution/in-handler';
import { isReadable, type IdempotencyRecord, type StoredResponse } from '../../../runtime/protocol/record';
import { unpack } from '../../../runtime/response/codec';
import { sealFor, type SealFor } from '../../../runtime/response/seal';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { OverflowStore } from '../../../runtime/stores/overflow/overflow-store';
import { controllableClock } from '../../../runtime/testing/clock';
import { systemClock } from '../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { FRONTS } from '../../support/fronts';
import { MARKER, Shop, gate, settled } from '../../support/shop';

let dynamoDb: TestDynamoDb;
let tables = 0;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});
afterAll(() => dynamoDb.stop());

const SEALED: IdempotencyOptions = { responseEncryption: 'client-key', keySecret: 'pepper' };
const MARK = 'marked-9f31c2';

/** Marked in each part that is recorded, small and large, text and binary. */
const RESPONSES: readonly [string, object][] = [
  ['a small text', { statusCode: 201, headers: { 'content-type': 'text/plain', 'x-account': MARK }, body: `paid by ${MARK}` }],
  ['a long text, which is deflated', { statusCode: 200, headers: { 'x-account': MARK }, body: `${MARK} `.repeat(3_000) }],
  ['bytes', { statusCode: 200, headers: { 'x-account': MARK }, body: Buffer.concat([Buffer.from(MARK), randomBytes(2_000)]).toString('base64'), isBase64Encoded: true }],
  ['a body beside the record', { statusCode: 200, headers: { 'x-account': MARK }, body: Buffer.concat([Buffer.from(MARK), randomBytes(60_000)]).toString('base64'), isBase64Encoded: true }],
  ['no body', { statusCode: 204, headers: { 'x-account': MARK } }],
];

const bytesOf = (value: AttributeValue): Buffer => Buffer.from(value.B ?? value.S ?? value.N ?? '');

describe('F113: a response that only the client’s key opens', () => {
  const cases = Object.keys(FRONTS).flatMap((front) => RESPONSES.map(([name, response]) => [front, name, response] as const));
  test.each(cases)('F113: %s, %s: replayed byte for byte, and nowhere in the table or the log', async (front, _, response) => {
    const tableName = await dynamoDb.createTable(`sealed-${++tables}`);
    const store = new DynamoDbStore({ tableName, client: dynamoDb.client });
    const shop = new Shop({ front, options: { ...SEALED, store }, respond: () => response, host: { clock: systemClock } });
    const first = await shop.pay('payment-1');
    const replay = await shop.pay('payment-1');
    expect(replay).toEqual({ ...first, headers: { ...first.headers, [MARKER]: 'true' } });
    expect(shop.handler.calls).toHaveLength(1);
    const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
    const dump = Buffer.concat(Items.flatMap((item) => Object.values(item).map(bytesOf)));
    for (const form of [MARK, Buffer.from(MARK).toString('base64').slice(0, 16), Buffer.from(MARK).toString('hex'), 'x-account']) expect(dump.includes(form)).toBe(false);
    expect(JSON.stringify(shop.seen)).not.toContain(MARK);
  });

  test('F113: in the overflow bucket as well', async () => {
    const objects = new Map<string, Uint8Array>();
    const overflow: OverflowStore = { put: async (key, body) => void objects.set(key, body), get: async (key) => objects.get(key)! };
    const store = new DynamoDbStore({ tableName: await dynamoDb.createTable(`sealed-${++tables}`), client: dynamoDb.client });
    const body = Buffer.concat([Buffer.from(MARK), randomBytes(700_000)]);
    const shop = new Shop({
      options: { ...SEALED, store, overflow }, respond: () => ({ statusCode: 200, body: body.toString('base64'), isBase64Encoded: true }), host: { clock: systemClock },
    });
    await shop.pay('payment-1');
    expect((await shop.pay('payment-1')).body).toBe(body.toString('latin1'));
    expect(Buffer.concat([...objects.values()]).includes(MARK)).toBe(false);
  });

  test('F113, F200: one that is committed with its effects as well', async () => {
    const [tableName, accounts] = [await dynamoDb.createTable(`sealed-${++tables}`), await dynamoDb.createTable(`accounts-${tables}`)];
    const store = new DynamoDbStore({ tableName, client: dynamoDb.client });
    const shop = new Shop({
      options: { ...SEALED, store },
      respond: (_call, _event, context) => idempotencyOf(context as object)!.commit(
        { statusCode: 201, headers: { 'x-account': MARK }, body: MARK }, [{ Put: { TableName: accounts, Item: { id: { S: 'alice' } } } }],
      ),
      host: { clock: systemClock },
    });
    const first = await shop.pay('payment-1');
    expect(first).toMatchObject({ statusCode: 201, body: MARK });
    expect(await shop.pay('payment-1')).toEqual({ ...first, headers: { ...first.headers, [MARKER]: 'true' } });
    const scan = async (name: string) => (await dynamoDb.client.send(new ScanCommand({ TableName: name, ConsistentRead: true }))).Items ?? [];
    expect(await scan(accounts)).toEqual([{ id: { S: 'alice' } }]);
    const dump = Buffer.concat((await scan(tableName)).flatMap((item) => Object.values(item).map(bytesOf)));
    expect(dump.length).toBeGreaterThan(MARK.length);
    expect([dump.includes(MARK), dump.includes('x-account')]).toEqual([false, false]);
  });

  test('F113: a throw, recorded as the gateway’s own error, is one as well', async () => {
    const shop = new Shop({ options: SEALED, respond: () => { throw new Error('after the charge'); } });
    await expect(shop.pay('payment-1')).rejects.toThrow();
    expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 500, body: '{"message":"Internal Server Error"}', headers: { [MARKER]: 'true' } });
  });
});

/** The one record of a memory store that has one. */
async function recorded(options: IdempotencyOptions = SEALED): Promise<IdempotencyRecord & { readonly response: StoredResponse }> {
  const memory = new MemoryStore();
  const complete = jest.spyOn(memory, 'complete');
  const shop = new Shop({ options: { ...options, store: memory }, respond: () => ({ statusCode: 201, headers: { 'x-account': MARK }, body: MARK }) });
  await shop.pay('payment-1');
  const record = await memory.read(complete.mock.calls[0]![0].id);
  if (record === undefined || !isReadable(record) || record.response === undefined) throw new Error('nothing is recorded');
  return record as IdempotencyRecord & { readonly response: StoredResponse };
}

describe('F113: what opens it', () => {
  const right: Omit<SealFor, 'id'> = { key: 'payment-1', tenant: { kind: 'public', parts: [] }, secret: 'pepper' };

  test('F113: the key, the tenant and the secret together do', async () => {
    const { id, response } = await recorded();
    expect(unpack(response, sealFor({ ...right, id }))).toMatchObject({ statusCode: 201, body: MARK, headers: [['x-account', MARK]] });
    expect(() => unpack(response)).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_RESPONSE_SEALED' }));
  });

  test.each<[string, Partial<SealFor>]>([
    ['another key', { key: 'payment-2' }], ['another tenant', { tenant: { kind: 'account_id', parts: ['acme'] } }], ['another secret', { secret: 'salt' }],
    ['another record', { id: 'x'.repeat(43) }], ['parts that run into each other', { key: 'payment-1p', tenant: { kind: 'ublic', parts: [] } }],
  ])('F113: %s does not', async (_, wrong) => {
    const { id, response } = await recorded();
    expect(() => unpack(response, sealFor({ ...right, id, ...wrong }))).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_RESPONSE_SEALED' }));
  });

  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte));
  test.each<[string, (response: StoredResponse) => StoredResponse]>([
    ['its status', (response) => ({ ...response, statusCode: 500 })],
    ['its flags', (response) => ({ ...response, encoding: { ...response.encoding, base64: true } })],
    ['a bit of its body', (response) => ({ ...response, body: flip(response.body!) })],
    ['a bit of its headers', (response) => ({ ...response, sealedHeaders: Buffer.from(flip(Buffer.from(response.sealedHeaders!, 'base64'))).toString('base64') })],
    ['its body by its headers', (response) => ({ ...response, body: Buffer.from(response.sealedHeaders!, 'base64') })],
    ['its body by a part of it', (response) => ({ ...response, body: response.body!.subarray(0, 11) })],
  ])('F66, F113: it does not open with %s changed', async (_, change) => {
    const { id, response } = await recorded();
    expect(() => unpack(change(response), sealFor({ ...right, id }))).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_RESPONSE_SEALED' }));
  });

  test('F113: each recording has bytes of its own', async () => {
    const [one, other] = [await recorded(), await recorded()];
    expect(one.response.body).not.toEqual(other.response.body);
    expect(one.response.sealedHeaders).not.toEqual(other.response.sealedHeaders);
  });
});

describe('F113: over time', () => {
  const pay = (store: MemoryStore, options: IdempotencyOptions) => new Shop({ options: { store, ...options } }).pay('payment-1');

  test('F113: a rotated secret opens what the former one sealed', async () => {
    const store = new MemoryStore();
    await pay(store, SEALED);
    expect(await pay(store, { ...SEALED, keySecret: 'salt', previousKeySecret: 'pepper' })).toMatchObject({ body: 'payment 1', headers: { [MARKER]: 'true' } });
  });

  const DEPLOYMENTS: readonly IdempotencyOptions[] = [
    { keySecret: 'pepper' }, { keySecret: 'pepper', previousKeySecret: 'salt' }, { keySecret: 'salt', previousKeySecret: 'pepper' }, { keySecret: 'salt' },
  ];
  test.each([[0, 1], [1, 0], [1, 2], [2, 1], [2, 3], [3, 2]])(
    'F78, F113: while a secret is rotated, what deployment %i has sealed opens in deployment %i, and an execution of one is taken over by the other', async (one, other) => {
      const store = new MemoryStore();
      const clock = controllableClock();
      const { opened, open } = gate();
      const shop = (deployment: number, slow = false) => new Shop({
        options: { ...SEALED, ...DEPLOYMENTS[deployment], store },
        respond: async (call) => {
          if (slow && call === 2) await opened;
          return { statusCode: 201, headers: { 'x-account': MARK }, body: `by ${deployment}` };
        },
        host: { clock },
      });
      const [first, second] = [shop(one, true), shop(other)];
      await first.pay('payment-1');
      expect(await second.pay('payment-1')).toMatchObject({ statusCode: 201, body: `by ${one}`, headers: { 'x-account': MARK, [MARKER]: 'true' } });
      const late = first.pay('payment-2');
      await settled();
      expect((await second.pay('payment-2')).statusCode).toBe(409);
      clock.advance(40_000);
      expect((await second.pay('payment-2')).body).toBe(`by ${other}`);
      open();
      expect(await late).toMatchObject({ body: `by ${other}`, headers: { [MARKER]: 'true' } });
    },
  );

  test('F113: switched on and off, former and newer records are read by what they say of themselves', async () => {
    const store = new MemoryStore();
    await pay(store, SEALED);
    expect((await pay(store, { keySecret: 'pepper' })).headers[MARKER]).toBe('true');
    const plain = new MemoryStore();
    await pay(plain, { keySecret: 'pepper' });
    expect((await pay(plain, SEALED)).headers[MARKER]).toBe('true');
  });

  test('F113: one that does not open is a 503, told apart in the log, and never an execution', async () => {
    const tableName = await dynamoDb.createTable(`sealed-${++tables}`);
    const store = new DynamoDbStore({ tableName, client: dynamoDb.client });
    const shop = new Shop({ options: { ...SEALED, store }, host: { clock: systemClock } });
    await shop.pay('payment-1');
    const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: tableName }));
    await dynamoDb.client.send(new UpdateItemCommand({
      TableName: tableName, Key: { id: Items[0]!.id! }, UpdateExpression: 'SET rs = :changed', ExpressionAttributeValues: { ':changed': { N: '500' } },
    }));
    expect((await shop.pay('payment-1')).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(1);
    expect(shop.seen.lines.at(-1)).toMatchObject({
      level: 'error', fields: { idempotency: { reason: 'the recorded response does not open with this key, tenant and secret', cause: expect.stringContaining('IDEMPOTENCY_RESPONSE_SEALED') } },
    });
  });

  test('F113, F184: how a body is to be read is sealed with it: one that was kept as it was written is not decoded', async () => {
    const tableName = await dynamoDb.createTable(`sealed-${++tables}`);
    const respond = () => ({ statusCode: 200, headers: {}, body: 'aGVs\r\nbG8=', isBase64Encoded: true });
    const store = new DynamoDbStore({ tableName, client: dynamoDb.client });
    const shop = new Shop({ options: { ...SEALED, store }, host: { clock: systemClock }, respond });
    const event = FRONTS['HTTP API']!({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
    for (const _ of ['first', 'replay']) expect(await shop.raw(event)).toMatchObject({ statusCode: 200, body: 'aGVs\r\nbG8=' });
    const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: tableName }));
    await dynamoDb.client.send(new UpdateItemCommand({
      TableName: tableName,
      Key: { id: Items[0]!.id! },
      UpdateExpression: 'SET re = re - :verbatim',
      ExpressionAttributeValues: { ':verbatim': { N: '16' } },
    }));
    expect(await shop.raw(event)).toMatchObject({ statusCode: 503 });
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F67, F113: a way of encoding of a later version is a 503', async () => {
    const tableName = await dynamoDb.createTable(`sealed-${++tables}`);
    const shop = new Shop({ options: { store: new DynamoDbStore({ tableName, client: dynamoDb.client }) }, host: { clock: systemClock } });
    await shop.pay('payment-1');
    const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: tableName }));
    await dynamoDb.client.send(new UpdateItemCommand({
      TableName: tableName, Key: { id: Items[0]!.id! }, UpdateExpression: 'SET re = :later', ExpressionAttributeValues: { ':later': { N: '32' } },
    }));
    expect((await shop.pay('payment-1')).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(1);
  });
});

test('F113: without a key secret it is refused at init', () => {
  expect(() => new Shop({ options: { responseEncryption: 'client-key' } })).toThrow(/responseEncryption is "client-key" and there is no keySecret: give keySecret/);
});
