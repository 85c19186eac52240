import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { idempotent } from '../runtime';
import { sizeOf, unitsOfRefusal } from './measure/units';
import { DynamoDbStore } from '../runtime/stores/dynamodb/dynamodb-store';
import { httpApiEvent } from '../runtime/testing/events';
import { startDynamoDb } from '../test/support/dynamodb';
import { faultyClient } from '../test/support/faulty-client';

const DUPLICATES = 500;
const KB = 1024;

async function main(): Promise<void> {
  const dynamoDb = await startDynamoDb();
  try {
    const table = await dynamoDb.createTable('keys');
    for (const bytes of [100, 5 * KB, 100 * KB]) {
      const { client, sent } = faultyClient(dynamoDb.endpoint, () => 'pass');
      let executions = 0;
      let id = '';
      const handler = idempotent(
        async (_event: unknown, _context: object) => (executions++, { statusCode: 200, headers: {}, body: 'x'.repeat(bytes) }),
        {
          store: new DynamoDbStore({ tableName: table, client }),
          logger: { info: (_, fields) => (id = (fields.idempotency as { id: string }).id), warn: () => {}, error: () => {} },
          metrics: { measure: () => {} },
        },
      );
      const request = httpApiEvent({ headers: { 'Idempotency-Key': `storm-${bytes}` } });
      await handler(request, {});
      const before = sent.length;
      const answers = await Promise.all(Array.from({ length: DUPLICATES }, () => handler(request, {})));
      const statuses = answers.map((answer) => (answer as { statusCode: number }).statusCode);
      const { Item = {} } = await dynamoDb.client.send(new GetItemCommand({ TableName: table, Key: { id: { S: id } } }));
      console.log(
        `${bytes} bytes of response: ${executions} execution, ${statuses.filter((status) => status === 200).length} replays, ` +
          `${((sent.length - before) / DUPLICATES).toFixed(2)} requests and ${unitsOfRefusal(Item)} write units each (item of ${sizeOf(Item)} bytes)`,
      );
      client.destroy();
    }
  } finally {
    await dynamoDb.stop();
  }
}

void main();
