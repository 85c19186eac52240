import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { RedisStore } from '../../../runtime/stores/redis/redis-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { connectNodeRedis, startRedis, type NodeRedis, type TestRedis } from '../../support/redis';
import { gate, Shop } from '../../support/shop';

let dynamoDb: TestDynamoDb;
let redis: TestRedis;
let client: NodeRedis;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  redis = await startRedis();
  client = await connectNodeRedis(redis);
});
afterAll(async () => {
  client?.destroy();
  await redis?.stop();
  await dynamoDb?.stop();
});

const STORES: Readonly<Record<string, () => IdempotencyStore>> = {
  DynamoDB: () => new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }),
  Redis: () => new RedisStore({ client }),
};

test.each(Object.keys(STORES))('F189: a third of 100 seconds is a lease like any other, in %s: a retry is refused while it lasts, and takes over after it', async (name) => {
  const first = gate();
  const begun = gate();
  const shop = new Shop({
    options: { store: STORES[name]!(), processingTimeoutSeconds: 100 / 3 },
    respond: async (call) => {
      begun.open();
      if (call === 1) await first.opened;
      return { statusCode: 201, headers: {}, body: `payment ${call}` };
    },
  });
  const dead = shop.pay('payment-1');
  await begun.opened;
  expect((await shop.pay('payment-1')).statusCode).toBe(409);
  shop.clock.advance(36_000);
  expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 201, body: 'payment 2' });
  first.open();
  expect(await dead).toMatchObject({ statusCode: 201, body: 'payment 2' });
});
