import { randomBytes, randomUUID } from 'node:crypto';
import { IdempotencyAlreadyInProgressError, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { idempotencyOf, RetryableError } from '../../runtime/execution/in-handler';
import { idempotent } from '../../runtime/idempotent';
import { PowertoolsPersistence, PowertoolsPersistenceError, PowertoolsTable, powertoolsKey, type PowertoolsTableOptions } from '../../runtime/powertools';
import { httpApiEvent } from '../../runtime/testing/events';
import { recordingHandler } from '../../runtime/testing/recording-handler';
import { epochSeconds } from '../../runtime/time';
import { advanceWallClock, config, lambdaContext, message, stopWallClock, suspended } from '../runtime/powertools/support';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { observed } from '../support/quiet';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('powertools');
  await dynamoDb.createTable('renamed', 'key');
  await dynamoDb.client.send(new CreateTableCommand({
    TableName: 'sorted',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
  }));
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const never = recordingHandler(() => ({ statusCode: 500 }));
afterEach(() => expect((never.calls as unknown[]).splice(0)).toHaveLength(0));

type Names = Pick<PowertoolsTableOptions, 'tableName'> & Partial<PowertoolsTableOptions>;
type Handler = (event: any, context: object) => Promise<any>;

const DEFAULTS: Names = { tableName: 'powertools' };
const RENAMED: Names = {
  tableName: 'renamed', keyAttr: 'key', expiryAttr: 'exp', inProgressExpiryAttr: 'busy', statusAttr: 'state', dataAttr: 'result', validationKeyAttr: 'hash',
};
const SORTED: Names = { tableName: 'sorted', keyAttr: 'pk', sortKeyAttr: 'sk', staticPkValue: 'idempotency#pay' };
const KEY = { eventKeyJmesPath: 'headers."idempotency-key"' };

const layer = (names: Names) => new DynamoDBPersistenceLayer({ ...(names as { tableName: string }), awsSdkV3Client: dynamoDb.client });
const before = (work: (...args: never[]) => Promise<unknown>, names = DEFAULTS): Handler =>
  makeIdempotent(work, { persistenceStore: layer(names), config: config(KEY) }) as Handler;
const { logger, metrics } = observed();
const store = (names = DEFAULTS) => {
  const configured = layer(names);
  configured.configure({ config: config(KEY) });
  return new PowertoolsTable({ ...names, client: dynamoDb.client, keyOf: (event) => powertoolsKey(configured, event) });
};
const after = (work: (event: unknown, context: object) => unknown, names = DEFAULTS): Handler =>
  idempotent(work, { store: store(names), tenant: 'none', logger, metrics }) as Handler;
const post = (key: string, more: object = {}) => httpApiEvent({ headers: { 'idempotency-key': key }, body: { amount: 1 }, ...more });
const PAID = { statusCode: 201, headers: { 'content-type': 'application/json' }, body: '{"paid":true}' };

describe.each([['Powertools\' names', DEFAULTS], ['names of one\'s own', RENAMED], ['a sort key', SORTED]])('a table with %s', (_, names) => {
  test('its result is replayed by us, and our response by it', async () => {
    const [theirs, mine] = [randomUUID(), randomUUID()];
    await before(async () => PAID, names)(post(theirs), lambdaContext());
    expect(await after(never, names)(post(theirs), lambdaContext())).toMatchObject({ ...PAID, headers: { 'X-Idempotent-Replay': 'true' } });
    await after(async () => PAID, names)(post(mine), lambdaContext());
    expect(await before(never as never, names)(post(mine), lambdaContext())).toMatchObject(PAID);
  });

  test('a live execution of one is in progress to the other', async () => {
    const [theirs, mine, slow, own] = [randomUUID(), randomUUID(), suspended(), suspended()];
    const running = before(slow.run, names)(post(theirs), lambdaContext());
    await slow.started;
    expect(await after(never, names)(post(theirs), lambdaContext())).toMatchObject({ statusCode: 409 });
    slow.finish(PAID);
    await running;
    const executing = after(own.run, names)(post(mine), lambdaContext());
    await own.started;
    await expect(before(never as never, names)(post(mine), lambdaContext())).rejects.toThrow(IdempotencyAlreadyInProgressError);
    own.finish(PAID);
    await executing;
  });

  test('F3: what died in one is taken over in the other, after its time', async () => {
    const [theirs, mine, died, lost] = [randomUUID(), randomUUID(), suspended(), suspended()];
    void before(died.run, names)(post(theirs), lambdaContext());
    void after(lost.run, names)(post(mine), lambdaContext());
    await Promise.all([died.started, lost.started]);
    advanceWallClock(33);
    const told: unknown[] = [];
    const retry = after(async (_event, context) => (told.push(idempotencyOf(context)!.isTakeover), PAID), names);
    expect(await retry(post(theirs), lambdaContext())).toMatchObject(PAID);
    expect(told).toEqual([true]);
    expect(await before(async () => PAID, names)(post(mine), lambdaContext())).toEqual(PAID);
    expect(await after(never, names)(post(mine), lambdaContext())).toMatchObject(PAID);
    lost.finish(PAID);
  });

  test('what failed or was released in one may run in the other', async () => {
    const [theirs, mine] = [randomUUID(), randomUUID()];
    await Promise.allSettled([
      before(() => Promise.reject(new Error('no')), names)(post(theirs), lambdaContext()),
      after(() => Promise.reject(new RetryableError('nothing happened')), names)(post(mine), lambdaContext()),
    ]);
    expect(await after(async () => PAID, names)(post(theirs), lambdaContext())).toMatchObject(PAID);
    expect(await before(async () => PAID, names)(post(mine), lambdaContext())).toEqual(PAID);
  });

  test('F24: its records expire when they did before', async () => {
    const key = randomUUID();
    await before(async () => PAID, names)(post(key), lambdaContext());
    advanceWallClock(3_600 + 3);
    expect(await after(async () => ({ statusCode: 200, body: 'anew' }), names)(post(key), lambdaContext())).toMatchObject({ body: 'anew' });
  });
});

test('an execution of Powertools\' that ends late, over a claim of ours: its result is the recorded one, and ours gives way', async () => {
  const [key, slow, own] = [randomUUID(), suspended(), suspended()];
  const running = before(slow.run)(post(key), lambdaContext());
  await slow.started;
  advanceWallClock(33);
  const executing = after(own.run)(post(key), lambdaContext());
  await own.started;
  slow.finish({ statusCode: 201, body: 'late' });
  await running;
  own.finish({ statusCode: 200, body: 'ours' });
  expect(await executing).toMatchObject({ statusCode: 201, body: 'late' });
  expect(await after(never)(post(key), lambdaContext())).toMatchObject({ statusCode: 201, body: 'late' });
});

test('an execution of Powertools\' that ends late, over a response of ours: retries here get ours', async () => {
  const [key, slow] = [randomUUID(), suspended()];
  const running = before(slow.run)(post(key), lambdaContext());
  await slow.started;
  advanceWallClock(33);
  await after(async () => PAID)(post(key), lambdaContext());
  slow.finish({ statusCode: 200, body: 'late' });
  await running;
  expect(await after(never)(post(key), lambdaContext())).toMatchObject(PAID);
});

test('takeover never: what died in Powertools is not followed before it expires', async () => {
  const [key, died] = [randomUUID(), suspended()];
  void before(died.run)(post(key), lambdaContext());
  await died.started;
  advanceWallClock(60);
  const handler = idempotent(never, { store: store(), tenant: 'none', takeover: 'never', logger, metrics }) as Handler;
  expect(await handler(post(key), lambdaContext())).toMatchObject({ statusCode: 409 });
});

test('takeover never: what died here is in progress to Powertools as well, until the record expires', async () => {
  const [key, died] = [randomUUID(), suspended()];
  const handler = idempotent(died.run, { store: store(), tenant: 'none', takeover: 'never', ttlSeconds: 600, logger, metrics }) as Handler;
  const running = handler(post(key), lambdaContext());
  await died.started;
  advanceWallClock(600);
  await expect(before(never as never)(post(key), lambdaContext())).rejects.toThrow(IdempotencyAlreadyInProgressError);
  advanceWallClock(35);
  expect(await before(async () => PAID)(post(key), lambdaContext())).toEqual(PAID);
  died.finish(PAID);
  await running;
});

test('F35: a response that Powertools cannot be told is 410 to it, and whole to us', async () => {
  const key = randomUUID();
  const body = 'x'.repeat(300_000);
  await after(async () => ({ statusCode: 200, body }))(post(key), lambdaContext());
  expect(await before(never as never)(post(key), lambdaContext())).toMatchObject({ statusCode: 410 });
  expect(await after(never)(post(key), lambdaContext())).toMatchObject({ statusCode: 200, body });
});

test('F35: a response that neither can hold is executed once', async () => {
  const key = randomUUID();
  const work = recordingHandler(() => ({ statusCode: 200, body: randomBytes(400_000).toString('base64') }));
  await after(work)(post(key), lambdaContext());
  expect(await after(work)(post(key), lambdaContext())).toMatchObject({ statusCode: 410 });
  expect(await before(never as never)(post(key), lambdaContext())).toMatchObject({ statusCode: 410 });
  expect(work.calls).toHaveLength(1);
});

test('makeIdempotent over it, beside makeIdempotent over Powertools\' own layer', async () => {
  const over = (work: (...args: never[]) => Promise<unknown>, fenced: boolean): Handler =>
    makeIdempotent(work, {
      persistenceStore: fenced ? new PowertoolsPersistence(new PowertoolsTable({ tableName: 'powertools', client: dynamoDb.client })) : layer(DEFAULTS),
      config: config(),
    }) as Handler;
  for (const result of [{ placed: true }, [1, 'two'], 'text', 7, null, undefined]) {
    const [one, other] = [randomUUID(), randomUUID()];
    await over(async () => result, false)(message(one), lambdaContext());
    expect(await over(never as never, true)(message(one), lambdaContext())).toEqual(result);
    await over(async () => result, true)(message(other), lambdaContext());
    expect(await over(never as never, false)(message(other), lambdaContext())).toEqual(result);
  }
});

const nested = (levels: number): unknown => (levels === 0 ? 1 : { deeper: nested(levels - 1) });

test.each<[string, unknown]>([
  ['a number that is over 2^53', { cents: 2 ** 60 }],
  ['a number that DynamoDB has no room for', 1e-200],
  ['32 levels and one more', nested(33)],
  ['a thousand levels', JSON.parse('['.repeat(1_000) + ']'.repeat(1_000))],
  ['more than Powertools may be told', 'x'.repeat(300_000)],
])('F86: a result with %s is recorded, whole to us and nothing to Powertools, and no function runs again', async (_, result) => {
  const id = randomUUID();
  const fenced = (work: (...args: never[]) => Promise<unknown>): Handler =>
    makeIdempotent(work, {
      persistenceStore: new PowertoolsPersistence(new PowertoolsTable({ tableName: 'powertools', client: dynamoDb.client })),
      config: config(),
    }) as Handler;
  const work = recordingHandler(() => result);
  expect(await fenced(work as never)(message(id), lambdaContext())).toBe(result);
  expect(JSON.stringify(await fenced(never as never)(message(id), lambdaContext()))).toBe(JSON.stringify(result));
  const persisted = { persistenceStore: layer(DEFAULTS), config: config() };
  const former = makeIdempotent(never as (...args: never[]) => Promise<unknown>, persisted) as unknown as Handler;
  expect(await former(message(id), lambdaContext())).toBeUndefined();
  expect(work.calls).toHaveLength(1);
});

test('F86: 32 levels, as many as DynamoDB takes, are told to Powertools', async () => {
  const id = randomUUID();
  const result = nested(31);
  const persistenceStore = new PowertoolsPersistence(new PowertoolsTable({ tableName: 'powertools', client: dynamoDb.client }));
  await (makeIdempotent(async () => result, { persistenceStore, config: config() }) as Handler)(message(id), lambdaContext());
  const persisted = { persistenceStore: layer(DEFAULTS), config: config() };
  const former = makeIdempotent(never as (...args: never[]) => Promise<unknown>, persisted) as unknown as Handler;
  expect(await former(message(id), lambdaContext())).toEqual(result);
});

test('F9: a completion that fails for another reason than its copy is told, and not sent without it', async () => {
  const sent: string[] = [];
  const slowDown = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
  const transport = { update: ({ update }: { update: string }) => (sent.push(update), Promise.reject(slowDown)), get: async () => undefined };
  const table = new PowertoolsTable({ tableName: 'powertools', transport });
  const response = { statusCode: 200, headers: [], body: Buffer.from('1'), encoding: { base64: false, deflated: false, tooLarge: false } };
  await expect(table.complete({ id: 'id', token: 'token', expiresAt: epochSeconds(1), response })).rejects.toBe(slowDown);
  expect(sent).toHaveLength(1);
});

test.each([
  ['a state that Powertools does not have', { status: { S: 'HALF-DONE' }, expiration: { N: '9999999999' } }],
  ['no expiry', { status: { S: 'COMPLETED' }, data: { M: {} } }],
])('F66: an item with %s stops the handler', async (_, attributes) => {
  const key = randomUUID();
  const configured = layer(DEFAULTS);
  configured.configure({ config: config(KEY) });
  await dynamoDb.client.send(new PutItemCommand({ TableName: 'powertools', Item: { id: { S: powertoolsKey(configured, post(key))! }, ...attributes } }));
  expect(await after(never)(post(key), lambdaContext())).toMatchObject({ statusCode: 503 });
});

test.each<[string, PowertoolsTableOptions, RegExp]>([
  ['no table', { tableName: '' }, /tableName must be a non-empty string, got ""/],
  ['a keyOf that is none', { tableName: 't', keyOf: 'id' as never }, /keyOf must be a function of event, context and key, got "id"/],
])('throws when given %s', (_, options, text) => {
  expect(() => new PowertoolsTable(options)).toThrow(PowertoolsPersistenceError);
  expect(() => new PowertoolsTable(options)).toThrow(text);
});
