import { randomBytes } from 'node:crypto';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { S3OverflowStore } from '../../../runtime/stores/overflow/s3-overflow-store';
import { systemClock } from '../../../runtime/time';
import { CREDENTIALS } from '../../support/aws-service';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { faultyClient } from '../../support/faulty-client';
import { startS3, type TestS3 } from '../../support/s3';
import { MARKER, Shop, gate } from '../../support/shop';

const before = { ...process.env };
let dynamoDb: TestDynamoDb;
let s3: TestS3;
let tables = 0;
beforeAll(async () => {
  Object.assign(process.env, CREDENTIALS);
  [dynamoDb, s3] = await Promise.all([startDynamoDb(), startS3()]);
});
afterAll(async () => {
  process.env = before;
  await Promise.all([dynamoDb.stop(), s3.stop()]);
});

/** A shop over the embedded DynamoDB, and what went over the wire for it: operations, and units of the writes that applied. */
async function metered(options: IdempotencyOptions = {}, respond?: (call: number) => unknown) {
  const { client, sent } = faultyClient(dynamoDb.endpoint, () => 'pass');
  const units: number[] = [];
  client.middlewareStack.add(
    (next) => async (args) => {
      const reply = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input });
      units.push((reply.output as { ConsumedCapacity?: { CapacityUnits?: number } }).ConsumedCapacity?.CapacityUnits ?? NaN);
      return reply;
    },
    { step: 'initialize', name: 'meter' },
  );
  const store = new DynamoDbStore({ tableName: await dynamoDb.createTable(`keys-${++tables}`), client });
  const shop = new Shop({ options: { store, ...options }, respond, host: { clock: systemClock } });
  const since = (): readonly string[] => sent.splice(0);
  return { shop, since, units };
}

async function overflowBucket(name: string): Promise<{ readonly overflow: S3OverflowStore; keys(): Promise<readonly string[]> }> {
  const bucketName = await s3.createBucket(name);
  return {
    overflow: new S3OverflowStore({ bucketName }, { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: s3.endpoint }),
    keys: () => s3.keys(bucketName),
  };
}

test('F39: a miss takes 2 requests to DynamoDB, a replay, a conflict and a mismatch 1 each', async () => {
  const { opened, open } = gate();
  const { shop, since } = await metered({ includeRequestHash: true }, async (call) => {
    if (call === 2) await opened;
    return { statusCode: 201, body: 'paid' };
  });
  expect((await shop.pay('first-key')).statusCode).toBe(201);
  expect(since()).toEqual(['UpdateItem', 'UpdateItem']);
  expect((await shop.pay('first-key')).headers[MARKER]).toBe('true');
  expect(since()).toEqual(['UpdateItem']);
  expect((await shop.pay('first-key', { body: 'amount=2' })).statusCode).toBe(422);
  expect(since()).toEqual(['UpdateItem']);

  const slow = shop.pay('other-key');
  while (shop.handler.calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  since();
  expect((await shop.pay('other-key')).statusCode).toBe(409);
  expect(since()).toEqual(['UpdateItem']);
  open();
  await slow;
});

test('F39: without a key, or refused before the lookup, there is none', async () => {
  const { shop, since } = await metered();
  await shop.send({});
  expect((await shop.pay('a,b')).statusCode).toBe(400);
  expect(since()).toEqual([]);
});

test('F33: each write of a small record takes one write unit, 40 retries at once take no more', async () => {
  const { shop, units } = await metered();
  await shop.pay('storm-key');
  expect(units).toEqual([1, 1]);
  units.length = 0;
  const replies = await Promise.all(Array.from({ length: 40 }, () => shop.pay('storm-key')));
  expect(replies.every(({ headers }) => headers[MARKER] === 'true')).toBe(true);
  // A refused condition reports nothing, and is charged for the item that it met: one unit for this one.
  expect(units).toEqual([]);
});

test('F33: a body that compresses into fewer write units is stored so', async () => {
  const { shop, units } = await metered({}, () => ({ statusCode: 200, body: 'x'.repeat(50_000) }));
  await shop.pay('compressed-key');
  expect(units).toEqual([1, 1]);
  expect((await shop.pay('compressed-key')).body).toBe('x'.repeat(50_000));
});

const large = { statusCode: 200, headers: { 'content-type': 'image/png' }, body: randomBytes(600_000).toString('base64'), isBase64Encoded: true };
const largeText = Buffer.from(large.body, 'base64').toString('latin1');

test('F35: 600 KB that do not compress are executed once, and replayed from the overflow bucket', async () => {
  const { overflow, keys } = await overflowBucket('overflow');
  const { shop, since } = await metered({ overflow }, () => large);
  expect((await shop.pay('large-key')).body).toBe(largeText);
  expect(since()).toEqual(['UpdateItem', 'UpdateItem']);
  const objects = await keys();
  expect(objects).toEqual([expect.stringMatching(/^idempotency\/[\w-]{43}\/[0-9a-f-]{36}$/)]);
  const replay = await shop.pay('large-key');
  expect(replay).toMatchObject({ statusCode: 200, headers: { 'content-type': 'image/png', [MARKER]: 'true' } });
  expect(replay.body).toBe(largeText);
  expect(shop.handler.calls).toHaveLength(1);
});

test('F35: without a bucket they are executed once as well, and retries are told that the result is not kept', async () => {
  const { shop } = await metered({}, () => large);
  expect((await shop.pay('large-key')).body).toBe(largeText);
  for (let retry = 0; retry < 3; retry++) expect((await shop.pay('large-key')).statusCode).toBe(410);
  expect(shop.handler.calls).toHaveLength(1);
});

test('F35: so they are while the bucket is out of reach, and the log says why', async () => {
  const overflow = new S3OverflowStore({ bucketName: 'nowhere' }, { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: s3.endpoint });
  const { shop } = await metered({ overflow }, () => large);
  expect((await shop.pay('large-key')).body).toBe(largeText);
  expect((await shop.pay('large-key')).statusCode).toBe(410);
  expect(shop.handler.calls).toHaveLength(1);
  expect(JSON.stringify(shop.seen.lines)).toContain('NoSuchBucket');
});

test('F35: an object that is gone is a 503, never a second execution', async () => {
  const { overflow } = await overflowBucket('emptied');
  const { shop } = await metered({ overflow: { put: async () => undefined, get: (key) => overflow.get(key) } }, () => large);
  await shop.pay('large-key');
  expect((await shop.pay('large-key')).statusCode).toBe(503);
  expect(shop.handler.calls).toHaveLength(1);
});

test.each(['with', 'without'])('F81: 300 KB of JSON lie beside the record, %s a bucket, and a storm of retries meets a record of one write unit', async (bucket) => {
  const { overflow, keys } = await overflowBucket(`json-${bucket}`);
  const body = JSON.stringify(Array.from({ length: 5_000 }, (_, id) => ({ id, token: randomBytes(18).toString('base64') })));
  expect(body.length).toBeGreaterThan(200_000);
  const { shop, since, units } = await metered(bucket === 'with' ? { overflow } : {}, () => ({ statusCode: 200, body }));
  expect((await shop.pay('json-key')).body).toBe(body);
  expect(units.at(-1)).toBe(1);
  since();
  expect(await shop.pay('json-key')).toMatchObject({ body, headers: { [MARKER]: 'true' } });
  expect(since()).toEqual(bucket === 'with' ? ['UpdateItem'] : ['UpdateItem', 'GetItem']);
  expect(shop.handler.calls).toHaveLength(1);
  expect(await keys()).toHaveLength(bucket === 'with' ? 1 : 0);
});
