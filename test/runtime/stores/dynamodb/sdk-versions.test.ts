import { DynamoDBClient as NewestClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient as OldestClient } from 'client-dynamodb-oldest';
import { version as oldest } from 'client-dynamodb-oldest/package.json';
import type * as Runtime from '../../../../runtime';
import { LEAST_SDK_VERSION } from '../../../../runtime/stores/dynamodb/sdk-version';
import { httpApiEvent } from '../../../../runtime/testing/events';
import { storeContract } from '../../../../runtime/testing/store-contract';
import { CREDENTIALS, startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';
import { seen } from '../../../support/fronts';
import { observed } from '../../../support/quiet';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
});
afterAll(() => dynamoDb.stop());

const clients: { destroy(): void }[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.destroy()));

type Client = new (config: object) => { readonly config: object; send(command: unknown): Promise<unknown>; destroy(): void };

function clientOf(Sdk: unknown) {
  const client = new (Sdk as Client)({ endpoint: dynamoDb.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  clients.push(client);
  return client;
}

/** The runtime of a project that has that one version of the SDK. */
function runtimeBeside(name: string): typeof Runtime {
  jest.resetModules();
  jest.doMock('@aws-sdk/client-dynamodb', () => jest.requireActual<object>(name));
  return jest.requireActual('../../../../runtime');
}
afterEach(() => jest.dontMock('@aws-sdk/client-dynamodb'));

test('the oldest version under test is the least that is named', () => {
  expect(oldest).toBe(LEAST_SDK_VERSION);
});

describe.each([['oldest', 'client-dynamodb-oldest', OldestClient], ['newest', '@aws-sdk/client-dynamodb', NewestClient]])(
  'a project with the %s version of the SDK', (_, name, Sdk) => {
    test.each(storeContract.map((promise) => [promise.name, promise] as const))('its client keeps the contract: %s', async (__, { run }) => {
      const { DynamoDbStore } = runtimeBeside(name);
      await run(new DynamoDbStore({ tableName: 'keys', client: clientOf(Sdk) }));
    });

    test('F162: a refused write brings the item that refused it: no read is needed', async () => {
      const client = clientOf(Sdk);
      const sent: string[] = [];
      const send = client.send.bind(client);
      client.send = (command) => (sent.push((command as object).constructor.name), send(command));
      const { DynamoDbStore, idempotent } = runtimeBeside(name);
      const { logger, metrics } = observed();
      const handler = idempotent(async () => ({ statusCode: 201, headers: {}, body: 'paid' }), {
        store: new DynamoDbStore({ tableName: 'keys', client }), logger, metrics, namespace: name,
      });
      const event = httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' } });
      await handler(event, {});
      expect(seen(await handler(event, {})).headers).toMatchObject({ 'x-idempotent-replay': 'true' });
      expect(sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand', 'UpdateItemCommand']);
    });
  });

/** A client that says it is of that version. */
function sayingItIs(version: string) {
  const client = clientOf(OldestClient);
  Object.assign(client.config, { defaultUserAgentProvider: async () => [['aws-sdk-js', version], ['api/DynamoDB', version]] });
  return client;
}

const MISTAKES: readonly [string, string, () => object, RegExp][] = [
  ['is older than the least', 'client-dynamodb-oldest', () => sayingItIs('3.362.0'), /is of @aws-sdk\/client-dynamodb 3\.362\.0, and the least version that works is 3\.363\.0/],
  ['is much older', 'client-dynamodb-oldest', () => sayingItIs('3.98.0'), /3\.98\.0, and the least version that works is 3\.363\.0: update it/],
  ['is of the first of all', 'client-dynamodb-oldest', () => {
    const client = clientOf(OldestClient);
    Object.assign(client.config, { defaultUserAgentProvider: undefined, defaultUserAgent: 'aws-sdk-nodejs-v3-@aws-sdk/client-dynamodb/3.0.0' });
    return client;
  }, /client-dynamodb 3\.0\.0, and the least/],
  ['cannot send the commands of the copy beside the runtime', '@aws-sdk/client-dynamodb', () => clientOf(OldestClient), /3\.363\.0, and the copy .* install one version of it for both/],
];

describe.each(MISTAKES)('F162: a client that %s', (_, name, clientWith, message) => {
  test('is told before the first request, where the store is asked', async () => {
    const { DynamoDbStore } = runtimeBeside(name);
    await expect(new DynamoDbStore({ tableName: 'keys', client: clientWith() as never }).check()).rejects.toThrow(message);
  });

  test.each(['reject', 'execute'] as const)('fails each request by an error that says so, and none runs unprotected (onStoreError %s)', async (onStoreError) => {
    const { DynamoDbStore, idempotent } = runtimeBeside(name);
    const { logger, metrics } = observed();
    let runs = 0;
    const handler = idempotent(async () => (runs += 1), {
      store: new DynamoDbStore({ tableName: 'keys', client: clientWith() as never }), logger, metrics, onStoreError,
    });
    for (const key of ['payment-1', 'payment-2']) {
      const failed = handler(httpApiEvent({ headers: { 'Idempotency-Key': key } }), {});
      await expect(failed).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFIGURATION', option: 'client', message: expect.stringMatching(message) });
    }
    expect(runs).toBe(0);
  });
});

test('F162: a client that does not say its version is taken as it is', async () => {
  const { DynamoDbStore } = runtimeBeside('@aws-sdk/client-dynamodb');
  const client = clientOf(NewestClient);
  await new DynamoDbStore({ tableName: 'keys', client: { send: (command: never) => client.send(command) } }).check();
});

test.each([{}, null, 5, () => undefined])('what is no client of the SDK’s third version is refused at once: %p', (client) => {
  const { DynamoDbStore } = runtimeBeside('@aws-sdk/client-dynamodb');
  expect(() => new DynamoDbStore({ tableName: 'keys', client: client as never })).toThrow(/client must be a DynamoDBClient .* it has no send\(\)/);
});
