import { randomUUID } from 'node:crypto';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { idempotent } from '../../runtime/idempotent';
import { PowertoolsTable, powertoolsKey } from '../../runtime/powertools';
import { LiftTable } from '../../runtime/stores/migration/lift-table';
import type { IdempotencyStore } from '../../runtime/stores/store';
import { httpApiEvent } from '../../runtime/testing/events';
import { recordingHandler, type RecordingHandler } from '../../runtime/testing/recording-handler';
import { advanceWallClock, config, lambdaContext, stopWallClock } from '../runtime/powertools/support';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { faultyClient } from '../support/faulty-client';
import { observed } from '../support/quiet';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('lift', 'pk');
  await dynamoDb.createTable('powertools');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const tables: Record<string, (client: DynamoDBClient) => IdempotencyStore> = {
  LiftTable: (client) => new LiftTable({ tableName: 'lift', client }),
  PowertoolsTable: (client) => {
    const layer = new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: client });
    layer.configure({ config: config({ eventKeyJmesPath: 'headers."idempotency-key"' }) });
    return new PowertoolsTable({
      tableName: 'powertools',
      client,
      keyOf: (event, _context, key) => powertoolsKey(layer, { ...event, headers: { 'idempotency-key': key } }),
    });
  },
};

type Answer = { readonly statusCode: number; readonly body: string };
const { logger, metrics } = observed();
const send = (store: IdempotencyStore, work: RecordingHandler<unknown>, key: string): Promise<Answer> =>
  idempotent(work, { store, tenant: 'none', logger, metrics })(httpApiEvent({ headers: { 'idempotency-key': key } }), lambdaContext()) as Promise<Answer>;
const payment = () => recordingHandler((call) => ({ statusCode: 201, body: `payment ${call}` }));

describe.each(Object.keys(tables))('a key in quotes, over a %s', (name) => {
  /** A claim, a completion or a replay is two requests each, and the faults are at any of them. */
  test.each([1, 2, 3, 4, 5, 6])('F42, F70: the request to DynamoDB number %d is lost, or its reply is: one execution, one answer under either spelling', async (at) => {
    for (const fate of ['drop', 'lose-reply'] as const) {
      const key = randomUUID();
      const work = payment();
      const { client } = faultyClient(dynamoDb.endpoint, (_, number) => (number === at ? fate : 'pass'), 1);
      const first = await send(tables[name]!(client), work, `"${key}"`);
      expect([201, 503]).toContain(first.statusCode);
      advanceWallClock(35);
      for (const spelling of [`"${key}"`, key, `"${key}"`]) {
        expect(await send(tables[name]!(dynamoDb.client), work, spelling)).toMatchObject({ statusCode: 201, body: 'payment 1' });
      }
      expect(work.calls).toHaveLength(1);
      client.destroy();
    }
  });
});

test('F42: a bare key claims one item, a quoted one that item and its own', async () => {
  const item = async (key: string) => (await dynamoDb.client.send(new GetItemCommand({ TableName: 'lift', Key: { pk: { S: key } } }))).Item;
  const [bare, quoted] = [randomUUID(), randomUUID()];
  await send(tables.LiftTable!(dynamoDb.client), payment(), bare);
  await send(tables.LiftTable!(dynamoDb.client), payment(), `"${quoted}"`);
  expect([await item(bare), await item(`"${bare}"`)]).toMatchObject([{ status: { S: 'completed' } }, undefined]);
  expect([await item(quoted), await item(`"${quoted}"`)]).toMatchObject([{ status: { S: 'completed' } }, { status: { S: 'completed' } }]);
});
