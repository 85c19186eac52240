import { spawn } from 'node:child_process';
import path from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { freePort } from './ports';

/** A DynamoDB of a test's own: the embedded server, on a free port of this host. */
export interface TestDynamoDb {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** Makes a table with the given keys and names it. */
  createTable(name: string, partitionKey?: string): Promise<string>;
  stop(): Promise<void>;
}

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export const DYNAMODB_BINARY = path.join(path.dirname(require.resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)), 'dynoxide');

/** In memory, or on the database file that is named. */
export async function startDynamoDb({ file }: { readonly file?: string } = {}): Promise<TestDynamoDb> {
  const port = await freePort();
  const server = spawn(DYNAMODB_BINARY, ['serve', '--host', '127.0.0.1', '--port', String(port), ...(file === undefined ? [] : ['--db-path', file])], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 10 });
  return {
    endpoint,
    client,
    async createTable(name, partitionKey = 'id') {
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: 'S' }],
        }),
      );
      return name;
    },
    async stop() {
      client.destroy();
      server.kill('SIGKILL');
      await exited;
    },
  };
}
