import { Redis } from 'ioredis';
import { PowertoolsTable } from '../../../runtime/powertools';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { DualWriteStore, type MigrationPhase } from '../../../runtime/stores/migration/dual-write-store';
import { FormerRecords } from '../../../runtime/stores/migration/former-records';
import { LiftTable } from '../../../runtime/stores/migration/lift-table';
import { RedisStore } from '../../../runtime/stores/redis/redis-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { httpApiEvent } from '../../../runtime/testing/events';
import { storeContract } from '../../../runtime/testing/store-contract';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { connectNodeRedis, startRedis, type NodeRedis, type TestRedis } from '../../support/redis';
import { TRANSPORTS, type TestTransport } from '../../support/transports';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  await dynamoDb.createTable('other-names', 'pk');
  await dynamoDb.createTable('lift', 'pk');
  await dynamoDb.createTable('powertools');
});
afterAll(() => dynamoDb.stop());

let signed: TestTransport;
beforeAll(() => {
  signed = TRANSPORTS['requests of our own']!(dynamoDb.endpoint);
});
afterAll(() => signed.close());

let redis: TestRedis;
let nodeRedis: NodeRedis;
let ioRedis: Redis;
beforeAll(async () => {
  redis = await startRedis();
  nodeRedis = await connectNodeRedis(redis);
  ioRedis = new Redis(redis.port, '127.0.0.1');
});
afterAll(async () => {
  nodeRedis?.destroy();
  ioRedis?.disconnect();
  await redis?.stop();
});

const stores: Record<string, () => IdempotencyStore> = {
  'DynamoDB': () => new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }),
  'DynamoDB without the SDK': () => new DynamoDbStore({ tableName: 'keys', transport: signed.transport }),
  'DynamoDB with other attribute names': () =>
    new DynamoDbStore({ tableName: 'other-names', partitionKey: 'pk', ttlAttribute: 'ttl', client: dynamoDb.client }),
  'Lift table': () => new LiftTable({ tableName: 'lift', client: dynamoDb.client }),
  'Powertools table': () =>
    new PowertoolsTable({ tableName: 'powertools', keyOf: () => undefined, client: dynamoDb.client }).forRequest({ event: httpApiEvent(), context: {}, key: 'k', sentKey: 'k' }),
  'DynamoDB, beside former records,': () => new FormerRecords(new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }), { find: async () => undefined }),
  'Redis, by the client redis,': () => new RedisStore({ client: nodeRedis }),
  'Redis, by the client ioredis,': () => new RedisStore({ client: ioRedis }),
  ...Object.fromEntries((['old', 'both', 'new'] satisfies MigrationPhase[]).flatMap((phase) => [
    [
      `two tables, phase ${phase},`,
      () => new DualWriteStore(
        new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }),
        new DynamoDbStore({ tableName: 'other-names', partitionKey: 'pk', ttlAttribute: 'ttl', client: dynamoDb.client }),
        { phase },
      ),
    ],
    [`two memories, phase ${phase},`, () => new DualWriteStore(new MemoryStore(), new MemoryStore(), { phase })],
    [
      `Redis and DynamoDB, phase ${phase},`,
      () => new DualWriteStore(new RedisStore({ client: ioRedis }), new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }), { phase }),
    ],
    [
      `Lift table and DynamoDB, phase ${phase},`,
      () => new DualWriteStore(new LiftTable({ tableName: 'lift', client: dynamoDb.client }), new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }), { phase }),
    ],
    [
      `Powertools table and DynamoDB, phase ${phase},`,
      () => new DualWriteStore(
        new PowertoolsTable({ tableName: 'powertools', keyOf: () => undefined, client: dynamoDb.client }),
        new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }),
        { phase },
      ).forRequest({ event: httpApiEvent(), context: {}, key: 'k', sentKey: 'k' }),
    ],
    [
      `DynamoDB and memory, phase ${phase},`,
      () => new DualWriteStore(new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }), new MemoryStore(), { phase }),
    ],
  ])),
};

describe.each(Object.keys(stores))('the %s store', (name) => {
  test.each(storeContract.map((promise) => [promise.name, promise] as const))('%s', async (_, { run }) => {
    await run(stores[name]!());
  });
});
