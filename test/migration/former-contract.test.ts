import { IdempotencyAlreadyInProgressError, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { liftFramework } from './support/lift-framework';
import { PowertoolsTable, powertoolsKey } from '../../runtime/powertools';
import { MemoryStore } from '../../runtime/stores/memory/memory-store';
import { FormerRecords, type FormerRecord } from '../../runtime/stores/migration/former-records';
import { LiftTable } from '../../runtime/stores/migration/lift-table';
import { formerContract, type FormerAnswer, type FormerRequest, type FormerSystem } from '../../runtime/testing/former-contract';
import { advanceWallClock, config, lambdaContext, stopWallClock } from '../runtime/powertools/support';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('powertools');
  await dynamoDb.createTable('lift', 'pk');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const pass = (seconds: number): void => advanceWallClock(seconds);

function lift(): FormerSystem {
  const { client } = dynamoDb;
  const handle = liftFramework({ client, tableName: 'lift', ttlSeconds: 600 });
  return {
    kind: 'in-place',
    processingSeconds: 30,
    store: () => new LiftTable({ tableName: 'lift', client }),
    async former({ account, key }, work) {
      if (key === undefined) return work();
      const { status, body } = await handle({ account: account === undefined ? undefined : String(account), key }, work);
      return { status, body };
    },
    pass,
  };
}

function powertools(): FormerSystem {
  const { client } = dynamoDb;
  const eventKeyJmesPath =
    '[requestContext.authorizer.jwt.claims.account_id || requestContext.authorizer.claims.account_id, headers."idempotency-key" || headers."Idempotency-Key"]';
  const settings = () => config({ eventKeyJmesPath, expiresAfterSeconds: 600 });
  const layer = (): DynamoDBPersistenceLayer => new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: client });
  const configured = layer();
  configured.configure({ config: settings() });
  return {
    kind: 'in-place',
    processingSeconds: 30,
    store: () => new PowertoolsTable({
      tableName: 'powertools',
      client,
      keyOf: (event, _context, key) => powertoolsKey(configured, { ...event, headers: { 'idempotency-key': key } }),
    }),
    async former({ event }, work) {
      type Handler = (...args: unknown[]) => Promise<{ readonly statusCode: number; readonly body: string }>;
      const handler: Handler = async () => {
        const { status, body } = await work();
        return { statusCode: status, body: JSON.stringify(body) };
      };
      const wrapped = makeIdempotent(handler as (...args: never[]) => Promise<unknown>, { persistenceStore: layer(), config: settings() });
      try {
        const { statusCode, body } = await (wrapped as unknown as Handler)(event, lambdaContext());
        return { status: statusCode, body: JSON.parse(body) };
      } catch (error) {
        if (error instanceof IdempotencyAlreadyInProgressError) return { status: 409, body: undefined };
        throw error;
      }
    },
    pass,
  };
}

/** A home-made table: rows by account and key, as the client sent it. */
function homeMade(): FormerSystem {
  const rows = new Map<string, FormerRecord>();
  const memory = new MemoryStore();
  const rowOf = (account: unknown, key: unknown): string => JSON.stringify([account ?? null, key]);
  const accountOf = ({ requestContext: { authorizer } }: any): unknown => authorizer.jwt?.claims.account_id ?? authorizer.claims?.account_id;
  return {
    kind: 'read-only',
    processingSeconds: 30,
    store: () => new FormerRecords(memory, { find: async (event, _context, key) => rows.get(rowOf(accountOf(event), key)) }),
    async former({ account, key }: FormerRequest, work: () => Promise<FormerAnswer>) {
      if (key === undefined) return work();
      const row = rowOf(account, key);
      const found = rows.get(row);
      if (found?.status === 'completed') {
        const { statusCode, body } = found.result as { statusCode: number; body: string };
        return { status: statusCode, body: JSON.parse(body) };
      }
      if (found !== undefined && found.leaseEnd! > Date.now()) return { status: 409, body: undefined };
      rows.set(row, { status: 'in-progress', leaseEnd: Date.now() + 30_000 });
      const { status, body } = await work();
      const expiresAt = Math.floor(Date.now() / 1000) + 600;
      rows.set(row, { status: 'completed', result: { statusCode: status, body: JSON.stringify(body) }, expiresAt });
      return { status, body };
    },
    pass,
  };
}

describe.each([
  ['LiftTable', lift],
  ['PowertoolsTable', powertools],
  ['FormerRecords', homeMade],
])('%s', (_, system) => {
  test.each(formerContract.map((promise) => [promise.name, promise] as const))('%s', async (__, { run }) => {
    await run(system());
  });
});
