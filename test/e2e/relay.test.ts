/** The relay's bundle, in a process of its own, before a Lambda that runs one function. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './support/place';
import { ENV, RELAY } from '../../lib/contract';
import { httpApiEvent } from '../../runtime/testing/events';
import { startService, type TestService } from '../support/aws-service';
import { CREDENTIALS, startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

const ENTRY = path.join(REPOSITORY, 'build', RELAY.DIRECTORY, 'relay.mjs');
const INVOKE = path.join(__dirname, 'fixtures', 'loading', 'invoke.mjs');

let dynamoDb: TestDynamoDb;
let lambda: TestService;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  lambda = await startService();
  await dynamoDb.createTable('relay-records');
});
afterAll(() => Promise.all([dynamoDb?.stop(), lambda?.stop()]));

const environment = (): Record<string, string> => ({
  [ENV.TARGET]: 'arn:aws:lambda:us-east-1:123456789012:function:pay:live',
  [ENV.TARGET_TIMEOUT]: '3',
  [ENV.TABLE_NAME]: 'relay-records',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
  AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
});

async function relayed(event: unknown, env: Record<string, string> = environment()): Promise<object> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', INVOKE, ENTRY, JSON.stringify(event)], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as object;
}

test('F163: the target runs once, and the relay of another sandbox replays its answer', async () => {
  lambda.reply = (number) => ({ status: 200, body: JSON.stringify({ statusCode: 201, headers: {}, body: `payment ${number}` }) });
  const event = httpApiEvent({ path: '/payments', headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
  expect(await relayed(event)).toMatchObject({ statusCode: 201, body: 'payment 1' });
  expect(await relayed(event)).toMatchObject({ statusCode: 201, body: 'payment 1', headers: { 'X-Idempotent-Replay': 'true' } });
  expect(lambda.received).toHaveLength(1);
});

test.each([
  [ENV.TARGET, undefined, /needs IDEMPOTENCY_TARGET: the construct sets it/],
  [ENV.TARGET_TIMEOUT, undefined, /needs IDEMPOTENCY_TARGET_TIMEOUT/],
  [ENV.TARGET_TIMEOUT, 'soon', /IDEMPOTENCY_TARGET_TIMEOUT must be a number of seconds, got "soon"/],
])('a relay whose %s is %p does not start', async (name, value, message) => {
  const { [name]: _, ...rest } = environment();
  await expect(relayed({}, value === undefined ? rest : { ...rest, [name]: value })).rejects.toThrow(message);
});
