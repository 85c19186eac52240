import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DYNAMODB_BINARY, startDynamoDb, type TestDynamoDb } from '../../test/support/dynamodb';

const ITEMS_A_FILE = 100_000;
const SCHEMA = [{
  Table: {
    TableName: 'keys',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  },
}];

/** The embedded DynamoDB, on a file, whose table `keys` holds that many records of about 300 bytes: by import, which takes seconds a million. */
export async function startFilledDynamoDb(count: number): Promise<TestDynamoDb> {
  const folder = mkdtempSync(path.join(tmpdir(), 'filled-'));
  const data = path.join(folder, 'source', 'keys', 'data');
  mkdirSync(data, { recursive: true });
  for (let from = 0; from < count; from += ITEMS_A_FILE) {
    const lines = Array.from({ length: Math.min(ITEMS_A_FILE, count - from) }, (_, at) => `${JSON.stringify({ Item: recordOf(from + at) })}\n`);
    writeFileSync(path.join(data, `${from}.json.gz`), gzipSync(lines.join(''), { level: 1 }));
  }
  writeFileSync(path.join(folder, 'schema.json'), JSON.stringify(SCHEMA));
  const file = path.join(folder, 'database');
  execFileSync(DYNAMODB_BINARY, ['import', '--source', path.join(folder, 'source'), '--schema', path.join(folder, 'schema.json'), '--output', file], { stdio: 'ignore' });
  const server = await startDynamoDb({ file });
  return {
    ...server,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const recordOf = (number: number) => ({
  id: { S: `record-${number}` }, status: { S: 'COMPLETED' }, expires_at: { N: '4102444800' }, response: { S: 'x'.repeat(230) },
});
