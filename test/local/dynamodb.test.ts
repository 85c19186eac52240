import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetItemCommand, PutItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTables } from '../../local/create-tables';
import { startEmbeddedDynamoDb, type DynamoDb } from '../../local/dynamodb';
import { DynamoDbClients } from '../../local/dynamodb-clients';
import type { TablePlan } from '../../local/tables';
import { startTtlSweep, sweepTable } from '../../local/ttl-sweep';

const platform = `${process.platform}-${process.arch}`;
const searchFrom = [process.cwd()];
const NOW = 1_800_000_000;

const table = (name: string, changes: Partial<TablePlan> = {}): TablePlan => ({
  id: name,
  create: {
    TableName: name,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  },
  regions: ['us-east-1'],
  ttlAttribute: 'expires_at',
  ...changes,
});

const put = (client: DynamoDBClient, name: string, id: string, expiresAt?: number) => {
  const expiry: Record<string, AttributeValue> = expiresAt === undefined ? {} : { expires_at: { N: String(expiresAt) } };
  return client.send(new PutItemCommand({ TableName: name, Item: { id: { S: id }, ...expiry } }));
};
const has = async (client: DynamoDBClient, name: string, id: string) =>
  (await client.send(new GetItemCommand({ TableName: name, Key: { id: { S: id } }, ConsistentRead: true }))).Item !== undefined;

describe('the embedded DynamoDB', () => {
  let dynamodb: DynamoDb;
  let clients: DynamoDbClients;
  let client: DynamoDBClient;
  beforeAll(async () => {
    dynamodb = await startEmbeddedDynamoDb({ searchFrom, platform });
    clients = new DynamoDbClients(dynamodb.endpoint);
    client = clients.of('us-east-1');
  });
  afterAll(async () => {
    clients.destroy();
    await dynamodb.stop();
  });

  test('has the template\'s tables, and takes those that are there', async () => {
    await createTables(clients, [table('kept')]);
    await put(client, 'kept', 'a');
    await createTables(clients, [table('kept')]);
    expect(await has(client, 'kept', 'a')).toBe(true);
  });

  test('refuses a table that is there with another key, naming both', async () => {
    await createTables(clients, [table('rekeyed')]);
    const other = {
      ...table('rekeyed').create,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
    };
    await expect(createTables(clients, [table('rekeyed', { create: other })])).rejects.toMatchObject({
      code: 'DYNAMODB_FAILED',
      message: 'the table rekeyed is there with another key (id HASH, now pk HASH); delete it, or give another folder with --data',
    });
  });

  test('is swept of what has expired, and of nothing else', async () => {
    const plan = table('swept');
    await createTables(clients, [plan]);
    await put(client, 'swept', 'expired', NOW - 1);
    await put(client, 'swept', 'now', NOW);
    await put(client, 'swept', 'later', NOW + 1);
    await put(client, 'swept', 'never');
    await put(client, 'swept', 'too old to be a time', 1);
    expect(await sweepTable(client, plan, NOW)).toBe(1);
    expect(await Promise.all(['expired', 'now', 'later', 'never', 'too old to be a time'].map((id) => has(client, 'swept', id))))
      .toEqual([false, true, true, true, true]);
  });

  test('a record that is claimed again between the look and the delete stays', async () => {
    const plan = table('claimed');
    await createTables(clients, [plan]);
    await put(client, 'claimed', 'a', NOW - 1);
    const racing = new DynamoDbClients(dynamodb.endpoint).of('us-east-1');
    racing.middlewareStack.add((next, context) => async (args) => {
      const reply = await next(args);
      if (context.commandName === 'ScanCommand') await put(client, 'claimed', 'a', NOW + 100);
      return reply;
    }, { step: 'initialize' });
    expect(await sweepTable(racing, plan, NOW)).toBe(0);
    expect(await has(client, 'claimed', 'a')).toBe(true);
    racing.destroy();
  });

  test('a table without a time to live is left alone', async () => {
    const { ttlAttribute: _, ...plan } = table('plain');
    await createTables(clients, [plan]);
    await put(client, 'plain', 'a', NOW - 1);
    expect(await sweepTable(client, plan, NOW)).toBe(0);
  });

  test('the sweep begins at once and ends when it is told', async () => {
    const plan = table('regularly');
    await createTables(clients, [plan]);
    await put(client, 'regularly', 'a', NOW - 1);
    const stop = startTtlSweep(clients, () => [plan], 60_000, () => NOW * 1000);
    await stop();
    expect(await has(client, 'regularly', 'a')).toBe(false);
  });

  test('a failed sweep keeps nobody from stopping', async () => {
    const stop = startTtlSweep(clients, () => [table('absent')], 60_000, () => NOW * 1000);
    await expect(stop()).resolves.toBeUndefined();
  });
});

test('the embedded DynamoDB that dies is reported as lost, one that is stopped is not', async () => {
  const dynamodb = await startEmbeddedDynamoDb({ searchFrom, platform });
  let lost: string | undefined;
  void dynamodb.lost.then((reason) => { lost = reason; });
  await dynamodb.stop();
  expect(lost).toBeUndefined();
});

test('items in a data folder are there at the next start', async () => {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'data-'));
  for (const start of ['first', 'second']) {
    const dynamodb = await startEmbeddedDynamoDb({ dataDirectory, searchFrom, platform });
    const clients = new DynamoDbClients(dynamodb.endpoint);
    const client = clients.of('us-east-1');
    await createTables(clients, [table('kept')]);
    if (start === 'first') await put(client, 'kept', 'a');
    else expect(await has(client, 'kept', 'a')).toBe(true);
    clients.destroy();
    await dynamodb.stop();
  }
  rmSync(dataDirectory, { recursive: true });
});

test('a platform without the embedded DynamoDB is told what to install, or to give an endpoint', async () => {
  await expect(startEmbeddedDynamoDb({ searchFrom, platform: 'sunos-sparc' })).rejects.toMatchObject({
    code: 'DYNAMODB_MISSING',
    message: 'the embedded DynamoDB is not installed; run: npm install --save-dev @dynoxide/sunos-sparc (or give a running one with --dynamodb-endpoint URL)',
  });
});

test('a data folder that cannot be made is named', async () => {
  await expect(startEmbeddedDynamoDb({ dataDirectory: '/dev/null/x', searchFrom, platform })).rejects.toMatchObject({
    code: 'DYNAMODB_FAILED', message: expect.stringMatching(/^--data "\/dev\/null\/x" cannot be used: /),
  });
});
