import { deflateRawSync } from 'node:zlib';
import { PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { ATTRIBUTES } from '../../lib/contract';
import type { TablePlan } from '../../local/tables';
import { Records } from '../../local/window/records';
import type { StoredResponse } from '../../runtime/protocol/record';
import { encodeResponse } from '../../runtime/stores/dynamodb/dynamodb-item';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

let db: TestDynamoDb;
let records: Records;

const plan = (name: string, keys: readonly string[] = ['id'], ttlAttribute?: string): TablePlan => ({
  id: `Api/${name}`,
  create: {
    TableName: name,
    AttributeDefinitions: [],
    KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
  },
  regions: ['us-east-1'],
  ...(ttlAttribute === undefined ? {} : { ttlAttribute }),
});

beforeAll(async () => {
  db = await startDynamoDb();
  await db.createTable('items');
  await db.createTable('records', 'key');
  // Neither a table of the user's own without a TTL nor one with a sort key can hold records: they are not asked.
  records = new Records({ of: () => db.client }, [plan('items'), plan('sorted', ['id', 'sort'], 'expires_at'), plan('records', ['key'], 'ttl')]);
});
afterAll(() => db.stop());

async function stored(id: string, response: StoredResponse | undefined, changes: Record<string, AttributeValue> = {}) {
  await db.client.send(new PutItemCommand({
    TableName: 'records',
    Item: {
      key: { S: id },
      ttl: { N: '2000' },
      [ATTRIBUTES.VERSION]: { N: '1' },
      [ATTRIBUTES.STATUS]: { S: response === undefined ? 'P' : 'C' },
      [ATTRIBUTES.TOKEN]: { S: 'token' },
      [ATTRIBUTES.ATTEMPT]: { N: '1' },
      [ATTRIBUTES.CLAIMED_AT]: { N: '1000000' },
      [ATTRIBUTES.FINGERPRINT]: { B: Buffer.from('fp') },
      [ATTRIBUTES.LEASE_END]: { N: '1030000' },
      ...(response === undefined ? {} : encodeResponse(response)),
      ...changes,
    },
  }));
  return records.find(id);
}

const response = (body: Uint8Array | undefined, changes: Partial<StoredResponse['encoding']> = {}, overflow?: string): StoredResponse => ({
  statusCode: 201,
  headers: [['X-A', '1']],
  ...(body === undefined ? {} : { body }),
  ...(overflow === undefined ? {} : { overflow }),
  encoding: { base64: false, deflated: false, tooLarge: false, ...changes },
});

test('a claim has a lease and no response', async () => {
  expect(await stored('claimed', undefined)).toEqual({
    table: 'Api/records', status: 'P', attempt: 1, claimedAt: 1_000_000, leaseEnd: 1_030_000, expiresAt: 2_000_000, response: null,
  });
});

test('no record is null', async () => {
  expect(await records.find('nowhere')).toBeNull();
});

test.each([
  ['text', response(Buffer.from('{"ü":1}')), { kind: 'text', text: '{"ü":1}', bytes: 8, truncated: false }],
  ['deflated text', response(deflateRawSync(Buffer.from('aaaa')), { deflated: true }), { kind: 'text', text: 'aaaa', bytes: 4, truncated: false }],
  ['bytes', response(Buffer.from([0, 255, 1]), { base64: true }), { kind: 'binary', base64: 'AP8B', bytes: 3, truncated: false }],
  ['what is in the overflow bucket', response(undefined, {}, 'id/uuid'), { kind: 'overflow', object: 'id/uuid' }],
  ['what was too large', response(undefined, { tooLarge: true }), { kind: 'too-large' }],
  ['what is no text', response(Buffer.from([0xff])), { kind: 'unreadable', reason: expect.stringContaining('text') }],
])('%s is shown as what it is', async (name, recorded, body) => {
  expect(await stored(name, recorded)).toMatchObject({ status: 'C', leaseEnd: null, response: { status: 201, headers: [['X-A', '1']], body } });
});

test('F113: what only the client’s key opens is told apart, and nothing of it is shown', async () => {
  expect(await stored('sealed', { ...response(Buffer.from('sealed'), { sealed: true }), sealedHeaders: 'c2VhbGVk' })).toMatchObject({
    status: 'C', response: { status: 201, headers: [], body: { kind: 'unreadable', reason: expect.stringContaining('The recorded response is encrypted') } },
  });
});

test('F66: a body that inflates to more than is sent to a page is cut, and one without end is refused', async () => {
  const long = await stored('long', response(deflateRawSync(Buffer.alloc(200_000, 97)), { deflated: true }));
  expect(long).toMatchObject({ response: { body: { kind: 'text', bytes: 200_000, truncated: true } } });
  expect((long as { response: { body: { text: string } } }).response.body.text).toHaveLength(65_536);
  const bomb = await stored('bomb', response(deflateRawSync(Buffer.alloc(64 * 1024 * 1024)), { deflated: true }));
  expect(bomb).toMatchObject({ response: { body: { kind: 'unreadable' } } });
});

test('F67: an item of a newer format, or one that somebody wrote, is unreadable and says why', async () => {
  expect(await stored('newer', undefined, { v: { N: '2' } })).toEqual({ table: 'Api/records', unreadable: expect.stringMatching(/^newer-version: /) });
  expect(await stored('forged', undefined, { st: { S: 'X' } })).toEqual({ table: 'Api/records', unreadable: 'malformed: attribute st is missing or not of its type' });
});

test('F81: a body in an item beside its record is shown as any other', async () => {
  const beside = async (id: string, name: string) => {
    await db.client.send(new PutItemCommand({
      TableName: 'records', Item: { key: { S: name }, ttl: { N: '2000' }, [ATTRIBUTES.RESPONSE_BODY]: { B: deflateRawSync(Buffer.from('aaaa')) } },
    }));
    return stored(id, response(undefined, { deflated: true }, name));
  };
  expect(await beside('large', 'large/uuid')).toMatchObject({ response: { body: { kind: 'text', text: 'aaaa', bytes: 4, truncated: false } } });
  expect(await beside('forged', 'large/uuid')).toMatchObject({ response: { body: { kind: 'overflow', object: 'large/uuid' } } });
});
