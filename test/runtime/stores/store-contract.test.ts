import { DynamoDbStore } from '../../../runtime/stores/dynamodb-store';
import { MemoryStore } from '../../../runtime/stores/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { storeContract } from '../../../runtime/testing/store-contract';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  await dynamoDb.createTable('other-names', 'pk');
});
afterAll(() => dynamoDb.stop());

const stores: Record<string, () => IdempotencyStore> = {
  'memory': () => new MemoryStore(),
  'DynamoDB': () => new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client }),
  'DynamoDB with other attribute names': () =>
    new DynamoDbStore({ tableName: 'other-names', partitionKey: 'pk', ttlAttribute: 'ttl', client: dynamoDb.client }),
};

describe.each(Object.keys(stores))('the %s store', (name) => {
  test.each(storeContract.map((promise) => [promise.name, promise] as const))('%s', async (_, { run }) => {
    await run(stores[name]!());
  });
});
