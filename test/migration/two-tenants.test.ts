import { randomUUID } from 'node:crypto';
import { makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { IdempotencyOptions } from '../../runtime/configuration/options';
import { idempotent } from '../../runtime/idempotent';
import { PowertoolsPersistence, PowertoolsTable, powertoolsKey } from '../../runtime/powertools';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import { DualWriteStore, type MigrationPhase } from '../../runtime/stores/migration/dual-write-store';
import { LiftTable } from '../../runtime/stores/migration/lift-table';
import type { IdempotencyStore } from '../../runtime/stores/store';
import { httpApiEvent } from '../../runtime/testing/events';
import { recordingHandler } from '../../runtime/testing/recording-handler';
import { advanceWallClock, config, lambdaContext, stopWallClock, suspended } from '../runtime/powertools/support';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { observed } from '../support/quiet';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('lift', 'pk');
  await dynamoDb.createTable('powertools');
  await dynamoDb.createTable('keys');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const never = recordingHandler(() => ({ statusCode: 500 }));
afterEach(() => expect((never.calls as unknown[]).splice(0)).toHaveLength(0));

type Handler = (event: unknown, context: object) => Promise<Record<string, any>>;
const seen = observed();
const over = (store: IdempotencyStore, handler: (event: unknown, context: object) => unknown, options: IdempotencyOptions = {}): Handler =>
  idempotent(handler, { store, tenant: { source: 'jwtClaim', name: 'sub' }, logger: seen.logger, metrics: seen.metrics, ...options }) as Handler;

/** No account in it, which is all that a former id could say of the tenant. */
const post = (user: string, key: string, more: object = {}) =>
  httpApiEvent({ headers: { 'idempotency-key': key }, body: { amount: 1 }, authorizer: { jwt: { iss: 'i', sub: user } }, ...more });
const forAlice = async () => ({ statusCode: 201, body: '"for Alice"' });
const forBob = async () => ({ statusCode: 201, body: '"for Bob"' });
const MISMATCH = { statusCode: 422 };

const layer = () => new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: dynamoDb.client });
const configured = () => {
  const own = layer();
  own.configure({ config: config({ eventKeyJmesPath: 'headers."idempotency-key"' }) });
  return own;
};
const tables: Record<string, () => IdempotencyStore> = {
  LiftTable: () => new LiftTable({ tableName: 'lift', client: dynamoDb.client }),
  PowertoolsTable: () => {
    const own = configured();
    return new PowertoolsTable({
      tableName: 'powertools',
      client: dynamoDb.client,
      keyOf: (event, _context, key) => powertoolsKey(own, { ...event, headers: { 'idempotency-key': key } }),
    });
  },
};

const keys = () => new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
const records = async () => (await dynamoDb.client.send(new ScanCommand({ TableName: 'keys' }))).Items!;

describe.each(Object.keys(tables))('F83: two tenants under one id of a %s', (name) => {
  const inPhase = (phase: MigrationPhase) => new DualWriteStore(tables[name]!(), keys(), { phase });

  test('F83: phase both copies one tenant’s response under nobody else’s id', async () => {
    const key = randomUUID();
    await over(inPhase('old'), forAlice)(post('alice', key), lambdaContext());
    const before = (await records()).length;
    expect(await over(inPhase('both'), never)(post('bob', key), lambdaContext())).toMatchObject(MISMATCH);
    expect(await records()).toHaveLength(before);
    expect(await over(inPhase('both'), never)(post('alice', key), lambdaContext())).toMatchObject({ body: '"for Alice"' });
    expect(await records()).toHaveLength(before + 1);
    expect(await over(inPhase('both'), never)(post('bob', key), lambdaContext())).toMatchObject(MISMATCH);
    expect(await over(inPhase('new'), forBob)(post('bob', key), lambdaContext())).toMatchObject({ body: '"for Bob"' });
    expect(await over(inPhase('new'), never)(post('alice', key), lambdaContext())).toMatchObject({ body: '"for Alice"' });
  });

  test('F83: in phase both who has a record of his own in the new store gets that, in progress and completed', async () => {
    const [key, slow] = [randomUUID(), suspended<unknown>()];
    await over(inPhase('old'), forAlice)(post('alice', key), lambdaContext());
    const running = over(inPhase('new'), slow.run)(post('bob', key), lambdaContext());
    await slow.started;
    expect(await over(inPhase('both'), never)(post('bob', key), lambdaContext())).toMatchObject({ statusCode: 409 });
    slow.finish(await forBob());
    await running;
    expect(await over(inPhase('both'), never)(post('bob', key), lambdaContext())).toMatchObject({ body: '"for Bob"' });
    expect(await over(inPhase('both'), never)(post('alice', key), lambdaContext())).toMatchObject({ body: '"for Alice"' });
  });

  test.each<MigrationPhase>(['old', 'both'])('F83: in phase %s who is late gets his own response, not the other’s who came after the record had expired', async (phase) => {
    const [key, slow] = [randomUUID(), suspended<unknown>()];
    const options = { ttlSeconds: 60 };
    const late = over(inPhase(phase), slow.run, options)(post('alice', key), lambdaContext());
    await slow.started;
    advanceWallClock(30 + 60 + 5);
    expect(await over(inPhase(phase), forBob, options)(post('bob', key), lambdaContext())).toMatchObject({ body: '"for Bob"' });
    slow.finish(await forAlice());
    expect(await late).toMatchObject({ body: '"for Alice"', headers: { 'X-Idempotent-Persisted': 'false' } });
    expect(await over(inPhase(phase), never, options)(post('bob', key), lambdaContext())).toMatchObject({ body: '"for Bob"' });
  });

  test('F83: and he whose own record stands in the new store gets that one’s response', async () => {
    const [key, slow] = [randomUUID(), suspended<unknown>()];
    const options = { ttlSeconds: 60 };
    const late = over(inPhase('both'), slow.run, options)(post('alice', key), lambdaContext());
    await slow.started;
    advanceWallClock(30 + 60 + 5);
    await over(inPhase('both'), forBob, options)(post('bob', key), lambdaContext());
    await over(inPhase('new'), async () => ({ statusCode: 201, body: '"for Alice, again"' }), options)(post('alice', key), lambdaContext());
    slow.finish(await forAlice());
    expect(await late).toMatchObject({ body: '"for Alice, again"', headers: { 'X-Idempotent-Replay': 'true' } });
  });

  test('F83: onDuplicate is told of a mismatch and nothing of the other’s response', async () => {
    const key = randomUUID();
    await over(tables[name]!(), forAlice)(post('alice', key), lambdaContext());
    const told: object[] = [];
    const onDuplicate = (_: unknown, record: object) => void told.push(record);
    await over(tables[name]!(), never, { onDuplicate })(post('bob', key), lambdaContext());
    expect(told).toMatchObject([{ outcome: 'mismatch', statusCode: undefined }]);
  });

  test('F78: what enters the record’s id has changed in between: refused, not executed again; a rotated secret whose former one is given is none of it', async () => {
    const [key, rotated] = [randomUUID(), randomUUID()];
    await over(tables[name]!(), forAlice)(post('alice', key), lambdaContext());
    for (const options of [{ namespace: 'another' }, { keyScope: 'api' }, { keySecret: 'pepper' }, { tenant: 'auto' }] satisfies IdempotencyOptions[]) {
      expect(await over(tables[name]!(), never, options)(post('alice', key), lambdaContext())).toMatchObject(MISMATCH);
    }
    await over(tables[name]!(), forAlice, { keySecret: 'old' })(post('alice', rotated), lambdaContext());
    const after: IdempotencyOptions = { keySecret: 'new', previousKeySecret: 'old' };
    expect(await over(tables[name]!(), never, after)(post('alice', rotated), lambdaContext())).toMatchObject({ body: '"for Alice"' });
    const made = randomUUID();
    await over(tables[name]!(), forAlice, after)(post('alice', made), lambdaContext());
    expect(await over(tables[name]!(), never, after)(post('alice', made), lambdaContext())).toMatchObject({ body: '"for Alice"' });
    expect(await over(tables[name]!(), never, after)(post('bob', made), lambdaContext())).toMatchObject(MISMATCH);
  });
});

test('F83: a function on makeIdempotent gets no response of an HTTP handler’s whose record lies under its id', async () => {
  const key = randomUUID();
  const event = post('alice', key);
  await over(tables.PowertoolsTable!(), forAlice)(event, lambdaContext());
  const persistenceStore = new PowertoolsPersistence(new PowertoolsTable({ tableName: 'powertools', client: dynamoDb.client }));
  const wrapped = makeIdempotent(never as (...args: never[]) => Promise<unknown>, { persistenceStore, config: config({ eventKeyJmesPath: 'headers."idempotency-key"' }) }) as unknown as Handler;
  await expect(wrapped(event, lambdaContext())).rejects.toMatchObject({ cause: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  await expect(persistenceStore.getRecord(event as never)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
});
