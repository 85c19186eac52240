import { randomBytes, randomUUID } from 'node:crypto';
import { makeIdempotent, IdempotencyAlreadyInProgressError, IdempotencyPersistenceLayerError } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { idempotent } from '../../runtime';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import { httpApiEvent } from '../../runtime/testing/events';
import { recordingHandler } from '../../runtime/testing/recording-handler';
import { advanceWallClock, config, lambdaContext, stopWallClock } from '../runtime/powertools/support';
import { CREDENTIALS, startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

// What docs/comparison.md says of Powertools, run against the library itself.

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  await dynamoDb.createTable('powertools');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

type Handler = (event: unknown, context: object) => Promise<unknown>;
type Wrap = (handler: Handler, client?: DynamoDBClient) => Handler;

const QUIET = { info: () => {}, warn: () => {}, error: () => {} };
const ours: Wrap = (handler, client = dynamoDb.client) =>
  idempotent(handler, { store: new DynamoDbStore({ tableName: 'keys', client }), tenant: 'none', logger: QUIET, metrics: { measure: () => {} } });
const theirs: Wrap = (handler, client = dynamoDb.client) =>
  makeIdempotent(handler as (...args: never[]) => Promise<unknown>, {
    persistenceStore: new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: client }),
    config: config({ eventKeyJmesPath: 'headers."idempotency-key"' }),
  }) as Handler;

const post = (key: string, more: object = {}) => httpApiEvent({ headers: { 'Idempotency-Key': key }, body: { amount: 100 }, ...more });
const outcome = (promise: Promise<unknown>) => promise.then((value) => ({ value }), (error: unknown) => ({ error }));
const clientOf = (endpoint: string) => new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 2 });
const LEASE_AND_MARGIN = 33;

/** Sends the first write of each client twice and loses the first reply, as the SDK's own retry does. */
function losingTheFirstReply(): DynamoDBClient {
  const client = clientOf(dynamoDb.endpoint);
  let first = true;
  client.middlewareStack.add(
    (next) => async (request) => {
      const reply = await next(request);
      if (!first) return reply;
      first = false;
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', $retryable: {} });
    },
    { step: 'finalizeRequest', priority: 'low', name: 'loseTheFirstReply' },
  );
  return client;
}

test('F5: the claim\'s reply is lost and the SDK sends it again: ours runs, theirs refuses itself', async () => {
  const work = recordingHandler(() => ({ statusCode: 201 }));
  const refused = await outcome(theirs(work, losingTheFirstReply())(post(randomUUID()), lambdaContext()));
  expect(refused).toEqual({ error: expect.any(IdempotencyAlreadyInProgressError) });
  expect(work.calls).toHaveLength(0);
  expect(await ours(work, losingTheFirstReply())(post(randomUUID()), lambdaContext())).toMatchObject({ statusCode: 201 });
  expect(work.calls).toHaveLength(1);
});

test('F35: a response over the item limit: ours executes once, theirs fails and executes again', async () => {
  const large = randomBytes(450_000).toString('base64');
  const failed = { error: expect.any(IdempotencyPersistenceLayerError) };
  const answered = (statusCode: number) => ({ value: expect.objectContaining({ statusCode }) });
  for (const [wrap, first, retry, executions] of [[theirs, failed, failed, 2], [ours, answered(201), answered(410), 1]] as const) {
    const key = randomUUID();
    const work = recordingHandler(() => ({ statusCode: 201, body: large }));
    expect(await outcome(wrap(work)(post(key), lambdaContext()))).toEqual(first);
    advanceWallClock(LEASE_AND_MARGIN);
    expect(await outcome(wrap(work)(post(key), lambdaContext()))).toEqual(retry);
    expect(work.calls).toHaveLength(executions);
  }
});

test('F60: a throw after the effect: ours is recorded and replayed, theirs forgotten and executed again', async () => {
  for (const [wrap, executions] of [[theirs, 2], [ours, 1]] as const) {
    const key = randomUUID();
    const work = recordingHandler((): never => {
      throw new Error('after the charge');
    });
    await outcome(wrap(work)(post(key), lambdaContext()));
    await outcome(wrap(work)(post(key), lambdaContext()));
    expect(work.calls).toHaveLength(executions);
  }
});

test('F40: the key again on another endpoint: ours is refused, theirs answers with the first one\'s response', async () => {
  for (const [wrap, answer] of [[theirs, { statusCode: 201, body: 'paid' }], [ours, { statusCode: 422 }]] as const) {
    const key = randomUUID();
    const work = recordingHandler(() => ({ statusCode: 201, body: 'paid' }));
    await wrap(work)(post(key, { path: '/orders/1/pay', route: '/orders/{id}/pay' }), lambdaContext());
    const other = await wrap(work)(post(key, { path: '/orders/2/pay', route: '/orders/{id}/pay' }), lambdaContext());
    expect(other).toMatchObject(answer);
    expect(work.calls).toHaveLength(1);
  }
});

test('F30: the store is out of reach: neither runs', async () => {
  const unreachable = clientOf('http://127.0.0.1:9');
  const work = recordingHandler(() => ({ statusCode: 201 }));
  const failed = await outcome(theirs(work, unreachable)(post(randomUUID()), lambdaContext()));
  expect(failed).toEqual({ error: expect.any(IdempotencyPersistenceLayerError) });
  expect(await ours(work, unreachable)(post(randomUUID()), lambdaContext())).toMatchObject({ statusCode: 503 });
  expect(work.calls).toHaveLength(0);
});
