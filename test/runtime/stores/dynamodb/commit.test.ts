import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport, TransactRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import type { Claim, Commit } from '../../../../runtime/stores/store';
import { epochMillis, epochSeconds, millis } from '../../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';
import { TRANSPORTS, faultyStores } from '../../../support/transports';

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startDynamoDb();
  await server.createTable('keys');
  await server.createTable('accounts');
});
afterAll(() => server.stop());

const NOW = 1_800_000_000_000;
let ids = 0;

const claimOf = (id: string, token: string): Claim => ({
  id,
  token,
  fingerprint: Uint8Array.of(1),
  now: epochMillis(NOW),
  leaseEnd: epochMillis(NOW + 30_000),
  expiresAt: epochSeconds(NOW / 1000 + 90_000),
  margin: millis(2_000),
  takeover: true,
});

const commitOf = (id: string, token: string, effects: readonly unknown[]): Commit => ({
  id,
  token,
  expiresAt: epochSeconds(NOW / 1000 + 86_400),
  response: { statusCode: 201, headers: [], body: Buffer.from('moved'), encoding: { base64: false, deflated: false, tooLarge: false } },
  effects,
  requestToken: `${id}-commit`,
});

const put = (id: string, condition?: string) => ({
  Put: { TableName: 'accounts', Item: { id: { S: id }, balance: { N: '10' } }, ...(condition === undefined ? {} : { ConditionExpression: condition }) },
});

const account = async (id: string) => (await server.client.send(new GetItemCommand({ TableName: 'accounts', Key: { id: { S: id } }, ConsistentRead: true }))).Item;

async function claimed(client = server.client) {
  const store = new DynamoDbStore({ tableName: 'keys', client });
  const id = `commit-${ids++}`;
  await store.claim(claimOf(id, 'mine'));
  return { store, id };
}

test('I10: the response is on record and the effects are there', async () => {
  const { store, id } = await claimed();
  expect(await store.commit!(commitOf(id, 'mine', [put(`${id}-a`), put(`${id}-b`)]))).toEqual({ applied: true });
  expect(await store.read(id)).toMatchObject({ status: 'C', token: 'mine', response: { statusCode: 201 } });
  expect(await account(`${id}-a`)).toMatchObject({ balance: { N: '10' } });
  expect(await account(`${id}-b`)).toMatchObject({ balance: { N: '10' } });
});

test.each<[string, Partial<Commit>]>([
  ['a response', {}],
  ['one that is kept for less long than its key', { responseExpiresAt: epochSeconds(NOW / 1000 + 3_600) }],
  ['one that is encrypted', {
    response: { statusCode: 201, headers: [], sealedHeaders: 'c2VhbGVk', body: Buffer.from('sealed'), encoding: { base64: false, deflated: true, tooLarge: false, sealed: true } },
  }],
])('a committed record is attribute by attribute what a completion writes, so that whoever reads it need not know: %s', async (_, changes) => {
  const itemOf = async (id: string) => {
    const { Item } = await server.client.send(new GetItemCommand({ TableName: 'keys', Key: { id: { S: id } }, ConsistentRead: true }));
    return { ...Item, id: undefined };
  };
  const [one, other] = [await claimed(), await claimed()];
  expect(await one.store.commit!({ ...commitOf(one.id, 'mine', [put(`${one.id}-a`)]), ...changes })).toEqual({ applied: true });
  const { effects: _effects, requestToken: _requestToken, ...completion } = { ...commitOf(other.id, 'mine', []), ...changes };
  expect(await other.store.complete(completion)).toEqual({ applied: true });
  expect(await itemOf(one.id)).toEqual(await itemOf(other.id));
});

test('F73: what a commit writes to the record is an update and comes first, so that UpdateItem on the table is permission enough', async () => {
  const requests: TransactRequest[] = [];
  const nothing = () => Promise.reject(new Error('not asked for'));
  const transport: DynamoDbTransport = { update: nothing, get: nothing, transact: async (request) => (requests.push(request), { applied: true }) };
  const effects = [put('a'), put('b')];
  await new DynamoDbStore({ tableName: 'keys', transport }).commit!(commitOf('id', 'mine', effects));
  const [{ items: [record, ...others] }] = requests as [TransactRequest];
  expect(record).toEqual({ Update: expect.objectContaining({ TableName: 'keys', Key: { id: { S: 'id' } } }) });
  expect(others).toEqual(effects);
});

test('a commit without effects is a completion', async () => {
  const { store, id } = await claimed();
  expect(await store.commit!(commitOf(id, 'mine', []))).toEqual({ applied: true });
  expect(await store.read(id)).toMatchObject({ status: 'C' });
});

test('I10: the condition of an effect refuses: nothing is written, and the effect is told by its place', async () => {
  const { store, id } = await claimed();
  await server.client.send(new PutItemCommand({ TableName: 'accounts', Item: { id: { S: `${id}-b` }, balance: { N: '7' } } }));
  const taken = { Put: { ...put(`${id}-b`, 'attribute_not_exists(id)').Put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } };
  expect(await store.commit!(commitOf(id, 'mine', [put(`${id}-a`), taken]))).toMatchObject({
    applied: false,
    refusedBy: 'effects',
    mayStillArrive: false,
    reasons: [undefined, { code: 'ConditionalCheckFailed', item: { balance: { N: '7' } } }],
  });
  expect(await store.read(id)).toMatchObject({ status: 'P', token: 'mine' });
  expect(await account(`${id}-a`)).toBeUndefined();
});

test('I10: a commit of a superseded execution has no effect and is told who stands there', async () => {
  const { store, id } = await claimed();
  const successor = { ...claimOf(id, 'theirs'), now: epochMillis(NOW + 60_000) };
  expect(await store.claim(successor)).toMatchObject({ applied: true });
  expect(await store.commit!(commitOf(id, 'mine', [put(`${id}-a`)]))).toMatchObject({
    applied: false, refusedBy: 'record', current: { status: 'P', token: 'theirs' },
  });
  expect(await account(`${id}-a`)).toBeUndefined();
});

test('F12, I10: a commit on a record that is gone has no effect and makes no ghost', async () => {
  const store = new DynamoDbStore({ tableName: 'keys', client: server.client });
  const reply = await store.commit!(commitOf('never-claimed', 'mine', [put('ghost')]));
  expect(reply).toEqual({ applied: false, refusedBy: 'record', current: undefined });
  expect(await store.read('never-claimed')).toBeUndefined();
  expect(await account('ghost')).toBeUndefined();
});

test('a record that refuses comes before effects that do', async () => {
  const { store, id } = await claimed();
  expect(await store.commit!(commitOf(id, 'not mine', [put(`${id}-a`, 'attribute_exists(id)')]))).toMatchObject({ refusedBy: 'record' });
});

test.each([
  ['an expression that is none', { Put: { ...put('x').Put, ConditionExpression: 'attribute_not_exists(' } }],
  ['a table that is not there', { Put: { ...put('x').Put, TableName: 'nowhere' } }],
  ['a number that is no text', { Put: { ...put('x').Put, Item: { id: { S: 'x' }, balance: { N: 10 } } } }],
])('%s: refused as an effect, nothing is written', async (_, effect) => {
  const { store, id } = await claimed();
  expect(await store.commit!(commitOf(id, 'mine', [effect]))).toMatchObject({ applied: false, refusedBy: 'effects', mayStillArrive: false });
  expect(await store.read(id)).toMatchObject({ status: 'P', token: 'mine' });
});

describe.each(Object.keys(TRANSPORTS))('F10: what is sent again over %s', (way) => {
  const wires = faultyStores(way);
  afterAll(() => wires.stop());

  test('after a lost reply is carried out once', async () => {
    const { id } = await claimed();
    const { store, sent } = await wires.storeWith(server.endpoint, (_, send) => (send === 1 ? 'lose-reply' : 'pass'));
    const add = { Update: { TableName: 'accounts', Key: { id: { S: `${id}-sum` } }, UpdateExpression: 'ADD balance :ten', ExpressionAttributeValues: { ':ten': { N: '10' } } } };
    expect(await store.commit!(commitOf(id, 'mine', [add]))).toEqual({ applied: true });
    expect(sent).toEqual(['TransactWriteItems', 'TransactWriteItems']);
    expect(await account(`${id}-sum`)).toMatchObject({ balance: { N: '10' } });
  });

  test('after a drop, and is then refused by an effect, may still arrive, and says so', async () => {
    const { id } = await claimed();
    const { store } = await wires.storeWith(server.endpoint, (_, send) => (send === 1 ? 'drop' : 'pass'));
    const reply = await store.commit!(commitOf(id, 'mine', [put(`${id}-a`, 'attribute_exists(id)')]));
    expect(reply).toMatchObject({ refusedBy: 'effects', mayStillArrive: true });
  });

  test('in vain is of unknown outcome', async () => {
    const { id } = await claimed();
    const { store } = await wires.storeWith(server.endpoint, () => 'lose-reply', 2);
    await expect(store.commit!(commitOf(id, 'mine', [put(`${id}-a`)]))).rejects.toThrow('socket hang up');
    expect(await account(`${id}-a`)).toMatchObject({ balance: { N: '10' } });
  });

  test('F172: what DynamoDB cannot even read, a number that is no text for one, is refused as an effect', async () => {
    const { id } = await claimed();
    const { store, sent } = await wires.storeWith(server.endpoint, () => ({ refusal: 'SerializationException' }));
    const reply = await store.commit!(commitOf(id, 'mine', [{ Put: { TableName: 'accounts', Item: { id: { S: id }, balance: { N: 10 } } } }]));
    expect(reply).toMatchObject({ applied: false, refusedBy: 'effects', mayStillArrive: false, reasons: [] });
    expect(sent).toEqual(['TransactWriteItems']);
  });

  test('because others write to the same items, is told apart', async () => {
    const { id } = await claimed();
    const { store } = await wires.storeWith(server.endpoint, () => 'throttle', 1);
    expect(await store.commit!(commitOf(id, 'mine', [put(`${id}-a`)]))).toMatchObject({
      refusedBy: 'contention', mayStillArrive: false,
    });
  });
});
