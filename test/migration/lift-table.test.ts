import { randomBytes, randomUUID } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LiftError, liftFramework, type LiftSettings } from './support/lift-framework';
import type { IdempotencyOptions } from '../../runtime/configuration/options';
import { idempotencyOf, RetryableError } from '../../runtime/execution/in-handler';
import { idempotent } from '../../runtime/idempotent';
import { LiftTable, LiftTableError, type LiftTableOptions } from '../../runtime/stores/migration/lift-table';
import { httpApiEvent } from '../../runtime/testing/events';
import { recordingHandler } from '../../runtime/testing/recording-handler';
import { advanceWallClock, lambdaContext, stopWallClock, suspended } from '../runtime/powertools/support';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { observed } from '../support/quiet';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('by-its-code', 'pk');
  await dynamoDb.createTable('by-its-guide', 'id');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const CODE = { tableName: 'by-its-code' };
const GUIDE = { tableName: 'by-its-guide', partitionKey: 'id', ttlAttribute: 'expires_at' };

type Names = typeof CODE | typeof GUIDE;
type Handler = (event: unknown, context: object) => Promise<Record<string, any>>;

const framework = (names: Names, settings: Partial<LiftSettings> = {}) => liftFramework({ ...names, client: dynamoDb.client, ...settings });
const seen = observed();
const ours = (
  names: Names, handler: (event: unknown, context: object) => unknown, options: Partial<LiftTableOptions> = {}, settings: IdempotencyOptions = {},
): Handler =>
  idempotent(handler, {
    ...settings,
    store: new LiftTable({ ...names, client: dynamoDb.client, ...options }),
    logger: seen.logger,
    metrics: seen.metrics,
    tenant: 'auto',
  }) as Handler;
const post = (key: string, more: object = {}) =>
  httpApiEvent({ headers: { 'Idempotency-Key': key }, body: { amount: 1 }, authorizer: { jwt: { account_id: 'acme', iss: 'i', sub: 's' } }, ...more });
const paid = async () => ({ status: 201, body: { paid: true } });
const never = recordingHandler(() => ({ statusCode: 500 }));
afterEach(() => expect((never.calls as unknown[]).splice(0)).toHaveLength(0));

describe.each([['pk and ttl, as in its code', CODE], ['id and expires_at, as in its guide', GUIDE]])('a table of %s', (_, names) => {
  test('its response is replayed, and ours is replayed by it', async () => {
    const [theirs, mine] = [randomUUID(), randomUUID()];
    await framework(names)({ account: 'acme', key: theirs }, paid);
    expect(await ours(names, never)(post(theirs), lambdaContext())).toMatchObject({
      statusCode: 201, body: '{"paid":true}', headers: { 'Content-Type': 'application/json', 'X-Idempotent-Replay': 'true' },
    });
    await ours(names, async () => ({ statusCode: 202, body: '{"accepted":1}' }))(post(mine), lambdaContext());
    expect(await framework(names)({ account: 'acme', key: mine }, () => never({}, {}) as never)).toEqual({ status: 202, body: { accepted: 1 }, replayed: true });
  });

  test('its errors are replayed with their status', async () => {
    const key = randomUUID();
    await framework(names)({ account: 'acme', key }, () => Promise.reject(new LiftError('card declined', 402)));
    expect(await ours(names, never)(post(key), lambdaContext())).toMatchObject({
      statusCode: 402, body: '{"code":"IDEMPOTENT_ERROR_REPLAY","message":"card declined"}',
    });
  });

  test('a live execution of one is a conflict to the other', async () => {
    const [theirs, mine] = [randomUUID(), randomUUID()];
    const [slow, own] = [suspended<{ status: number; body: unknown }>(), suspended<unknown>()];
    const running = framework(names)({ account: 'acme', key: theirs }, slow.run);
    await slow.started;
    expect(await ours(names, never)(post(theirs), lambdaContext())).toMatchObject({ statusCode: 409 });
    slow.finish({ status: 201, body: 1 });
    await running;

    const executing = ours(names, own.run)(post(mine), lambdaContext());
    await own.started;
    expect(await framework(names)({ account: 'acme', key: mine }, () => never({}, {}) as never)).toMatchObject({ status: 409 });
    own.finish({ statusCode: 200 });
    await executing;
  });

  test('F3: an execution of it that died is taken over after its time, and the handler is told', async () => {
    const key = randomUUID();
    const died = suspended<{ status: number; body: unknown }>();
    void framework(names)({ account: 'acme', key }, died.run);
    await died.started;
    const told: unknown[] = [];
    const retry = ours(names, async (_event, context) => {
      told.push(idempotencyOf(context)!.isTakeover);
      return { statusCode: 201 };
    });
    expect(await ours(names, never)(post(key), lambdaContext())).toMatchObject({ statusCode: 409 });
    advanceWallClock(33);
    expect(await retry(post(key), lambdaContext())).toMatchObject({ statusCode: 201 });
    expect(told).toEqual([true]);
  });

  test('what we released may run there, and here', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const giveUp = ours(names, () => Promise.reject(new RetryableError('nothing happened')));
    await Promise.allSettled([giveUp(post(one), lambdaContext()), giveUp(post(other), lambdaContext())]);
    expect(await framework(names)({ account: 'acme', key: one }, paid)).toMatchObject({ status: 201, replayed: false });
    expect(await ours(names, async () => ({ statusCode: 200 }))(post(other), lambdaContext())).toMatchObject({ statusCode: 200 });
    expect(await ours(names, never)(post(one), lambdaContext())).toMatchObject({ statusCode: 201 });
  });

  test('F85: what we released it locks before it runs, beside us and after a rollback', async () => {
    const [key, slow] = [randomUUID(), suspended<{ status: number; body: unknown }>()];
    await Promise.allSettled([ours(names, () => Promise.reject(new RetryableError('nothing happened')))(post(key), lambdaContext())]);
    const running = framework(names)({ account: 'acme', key }, slow.run);
    await slow.started;
    expect(await ours(names, never)(post(key), lambdaContext())).toMatchObject({ statusCode: 409 });
    expect(await framework(names)({ account: 'acme', key }, () => never({}, {}) as never)).toMatchObject({ status: 409 });
    slow.finish({ status: 201, body: 'once' });
    await running;
    expect(await ours(names, never)(post(key), lambdaContext())).toMatchObject({ statusCode: 201, body: '"once"' });
  });

  test('F85: DynamoDB may sweep what we released: its TTL has passed, and not longer ago than DynamoDB looks', async () => {
    const key = randomUUID();
    await Promise.allSettled([ours(names, () => Promise.reject(new RetryableError('nothing happened')))(post(key), lambdaContext())]);
    const { partitionKey = 'pk', ttlAttribute = 'ttl' } = names as LiftTableOptions;
    const { Item } = await dynamoDb.client.send(new GetItemCommand({ TableName: names.tableName, Key: { [partitionKey]: { S: `acme:${key}` } } }));
    const age = Date.now() / 1000 - Number(Item![ttlAttribute]!.N);
    expect(age).toBeGreaterThan(2);
    expect(age).toBeLessThan(60);
  });

  test('takeover never: what died here is in progress to it as well, until the record expires', async () => {
    const [key, died] = [randomUUID(), suspended<unknown>()];
    const options = { ttlSeconds: 600, takeover: 'never' } as const;
    const running = ours(names, died.run, {}, options)(post(key), lambdaContext());
    await died.started;
    advanceWallClock(600);
    expect(await framework(names)({ account: 'acme', key }, () => never({}, {}) as never)).toMatchObject({ status: 409 });
    advanceWallClock(35);
    expect(await framework(names)({ account: 'acme', key }, paid)).toMatchObject({ status: 201 });
    died.finish({ statusCode: 500 });
    await running;
  });

  test('F24: its records expire by their TTL attribute, swept or not', async () => {
    const key = randomUUID();
    await framework(names, { ttlSeconds: 60 })({ account: 'acme', key }, paid);
    advanceWallClock(63);
    expect(await ours(names, async () => ({ statusCode: 200, body: 'anew' }))(post(key), lambdaContext())).toMatchObject({ body: 'anew' });
  });
});

test('accounts are kept apart as it keeps them, and without an account the key stands alone', async () => {
  const key = randomUUID();
  await framework(CODE)({ account: 'acme', key }, paid);
  const run = ours(CODE, async () => ({ statusCode: 200, body: 'executed' }));
  expect(await run(post(key, { authorizer: { jwt: { account_id: 'other', iss: 'i', sub: 's' } } }), lambdaContext())).toMatchObject({ body: 'executed' });
  const alone = randomUUID();
  await framework(CODE)({ key: alone }, paid);
  expect(await ours(CODE, never)(post(alone, { authorizer: undefined }), lambdaContext())).toMatchObject({ statusCode: 201 });
});

test('onDuplicate is told when its record was made', async () => {
  const key = randomUUID();
  await framework(CODE)({ account: 'acme', key }, paid);
  const made = Date.now();
  advanceWallClock(60);
  const told: Date[] = [];
  const handler = idempotent(never, {
    store: new LiftTable({ ...CODE, client: dynamoDb.client }),
    onDuplicate: (_, { createdAt }) => void told.push(createdAt),
    logger: seen.logger,
    metrics: seen.metrics,
  }) as Handler;
  await handler(post(key), lambdaContext());
  expect(told).toEqual([new Date(made)]);
});

test('several header names at once: the key counts, not its header', async () => {
  const key = randomUUID();
  await framework(CODE)({ account: 'acme', key }, paid);
  const handler = idempotent(never, {
    store: new LiftTable({ ...CODE, client: dynamoDb.client }),
    headerAliases: ['X-Request-ID'],
    logger: seen.logger,
    metrics: seen.metrics,
  }) as Handler;
  expect(await handler(post(key, { headers: { 'X-Request-ID': key } }), lambdaContext())).toMatchObject({ statusCode: 201 });
});

test('F71: neither the raw key nor the account reaches a log, though the item is kept under them', async () => {
  const key = `key-${randomUUID()}`;
  await framework(CODE)({ account: 'acme', key }, paid);
  seen.lines.length = 0;
  await ours(CODE, never)(post(key), lambdaContext());
  expect(seen.lines).toHaveLength(1);
  expect(JSON.stringify(seen.lines)).not.toMatch(new RegExp(`${key}|acme`));
});

test('F40: another request with the key of one of ours is a mismatch', async () => {
  const key = randomUUID();
  await ours(CODE, async () => ({ statusCode: 200 }))(post(key), lambdaContext());
  expect(await ours(CODE, never)(post(key, { path: '/refunds' }), lambdaContext())).toMatchObject({ statusCode: 422 });
});

test('a response that is no JSON is told to it as text, and one that is too large as 410', async () => {
  const [text, large] = [randomUUID(), randomUUID()];
  await ours(CODE, async () => ({ statusCode: 200, body: 'thanks' }))(post(text), lambdaContext());
  expect(await framework(CODE)({ account: 'acme', key: text }, paid)).toEqual({ status: 200, body: 'thanks', replayed: true });
  const body = JSON.stringify('x'.repeat(300_000));
  await ours(CODE, async () => ({ statusCode: 200, body }))(post(large), lambdaContext());
  expect(await framework(CODE)({ account: 'acme', key: large }, paid)).toMatchObject({ status: 410, replayed: true });
  expect(await ours(CODE, never)(post(large), lambdaContext())).toMatchObject({ statusCode: 200, body });
});

test('F35: a response of which both copies would be too much is recorded, and told to it as 410', async () => {
  const body = `"${'\\u0001'.repeat(30_000)}${'x'.repeat(10_000)}"`;
  for (const response of [body, '\u0001'.repeat(40_000)]) {
    const key = randomUUID();
    await ours(CODE, async () => ({ statusCode: 200, body: response }))(post(key), lambdaContext());
    expect(await ours(CODE, never)(post(key), lambdaContext())).toMatchObject({ statusCode: 200, body: response });
    expect(await framework(CODE)({ account: 'acme', key }, paid)).toMatchObject({ replayed: true, status: 410 });
  }
  const nearly = randomUUID();
  const most = JSON.stringify(randomBytes(148_000).toString('base64'));
  await ours(CODE, async () => ({ statusCode: 200, headers: { 'x-long': 'y'.repeat(1_500) }, body: most }))(post(nearly), lambdaContext());
  expect(await ours(CODE, never)(post(nearly), lambdaContext())).toMatchObject({ statusCode: 200, body: most });
  expect(await framework(CODE)({ account: 'acme', key: nearly }, paid)).toMatchObject({ replayed: true, status: 200 });
});

test('an execution of it that ends late, over one of ours: its response is the recorded one, and ours gives way', async () => {
  const key = randomUUID();
  const [slow, own] = [suspended<{ status: number; body: unknown }>(), suspended<unknown>()];
  const running = framework(CODE)({ account: 'acme', key }, slow.run);
  await slow.started;
  advanceWallClock(33);
  const executing = ours(CODE, own.run)(post(key), lambdaContext());
  await own.started;
  slow.finish({ status: 201, body: 'late' });
  await running;
  own.finish({ statusCode: 200, body: '"ours"' });
  expect(await executing).toMatchObject({ statusCode: 201, body: '"late"' });
  expect(await ours(CODE, never)(post(key), lambdaContext())).toMatchObject({ statusCode: 201, body: '"late"' });
});

test.each([
  ['a status that the framework does not have', { status: { S: 'half-done' }, ttl: { N: '9999999999' } }],
  ['no TTL', { status: { S: 'completed' }, response: { S: '1' }, status_code: { N: '200' } }],
  ['a TTL that is no number', { status: { S: 'completed' }, ttl: { S: 'soon' } }],
  ['a token of ours that does not say whose record it is', { status: { S: 'processing' }, ttl: { N: '1' }, tok: { S: 'token' } }],
  ['a token of ours whose record is none', { status: { S: 'processing' }, ttl: { N: '1' }, tok: { S: 'token' }, oid: { N: '7' } }],
  ['a record of ours that was tampered with', { status: { S: 'completed' }, ttl: { N: '9999999999' }, tok: { S: 'token' }, oid: { S: 'another' }, st: { S: 'C' } }],
])('F66: an item with %s stops the handler', async (_, attributes) => {
  const key = randomUUID();
  await dynamoDb.client.send(new PutItemCommand({ TableName: 'by-its-code', Item: { pk: { S: `acme:${key}` }, ...attributes } }));
  expect(await ours(CODE, never)(post(key), lambdaContext())).toMatchObject({ statusCode: 503 });
});

test('a key of one\'s own making is used as it is, and one that cannot be made stops the handler', async () => {
  const key = randomUUID();
  const keyOf = (event: { body: string }) => `custom#${(JSON.parse(event.body) as { order: string }).order}`;
  await ours(CODE, async () => ({ statusCode: 200 }), { keyOf })(post(key, { body: { order: key } }), lambdaContext());
  const { Item } = await dynamoDb.client.send(new GetItemCommand({ TableName: 'by-its-code', Key: { pk: { S: `custom#${key}` } } }));
  expect(Item).toMatchObject({ status: { S: 'completed' } });
  expect(await ours(CODE, never, { keyOf })(post(key, { body: 'no JSON' }), lambdaContext())).toMatchObject({ statusCode: 503 });
});

test.each<[string, LiftTableOptions, RegExp]>([
  ['no table', { tableName: '' }, /tableName must be a non-empty string, got ""/],
  ['a key attribute that is none', { tableName: 't', partitionKey: 7 as never }, /partitionKey must be a non-empty string, got 7/],
  ['a keyOf that is none', { tableName: 't', keyOf: 'pk' as never }, /keyOf must be a function of event, context and key, got "pk"/],
])('throws when given %s', (_, options, message) => {
  expect(() => new LiftTable(options)).toThrow(LiftTableError);
  expect(() => new LiftTable(options)).toThrow(message);
});
