import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './support/place';
import { ENV, LAYER } from '../../lib/contract';
import { httpApiEvent } from '../../runtime/testing/events';
import { CREDENTIALS, startDynamoDb } from '../support/dynamodb';

const FIXTURES = path.join(__dirname, 'fixtures', 'loading');

const ENTRY = path.join(REPOSITORY, 'build', 'layer', LAYER.DIRECTORY, 'handler.mjs');

const environment = (handler: string): Record<string, string> => ({
  _HANDLER: LAYER.HANDLER,
  [ENV.HANDLER]: handler,
  [ENV.TABLE_NAME]: 'records',
  LAMBDA_TASK_ROOT: FIXTURES,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

const load = (handler: string, ...flags: string[]): string => execFileSync(
  process.execPath,
  ['--no-warnings', ...flags, path.join(FIXTURES, 'invoke.mjs'), ENTRY, JSON.stringify(httpApiEvent({}))],
  { encoding: 'utf8', env: environment(handler), stdio: 'pipe' },
);

test('F161: a preloaded tracer sees the function’s own module, which finds its own name', () => {
  const stdout = load('payments.handler', '--require', path.join(FIXTURES, 'tracer.cjs'));
  expect(JSON.parse(stdout)).toEqual({ statusCode: 201, headers: { 'x-span': 'payments.handler' }, body: 'payments.handler' });
});

test('F162: a store that cannot work as it is configured is told at init', () => {
  expect(() => load('mistaken.handler')).toThrow(/the least version that works is 3\.363\.0/);
});

test('F210: a tracer that copies the headers of every HTTP request leaves those to the store as they are', async () => {
  const dynamodb = await startDynamoDb();
  try {
    const env = {
      ...environment('payments.handler'),
      [ENV.TABLE_NAME]: await dynamodb.createTable('traced'),
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    };
    const event = httpApiEvent({ path: '/payments', headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
    const args = ['--no-warnings', '--require', path.join(FIXTURES, 'http-tracer.cjs'), path.join(FIXTURES, 'invoke.mjs'), ENTRY, JSON.stringify(event)];
    const run = async () => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
      return { answer: JSON.parse(stdout.trim().split('\n').at(-1)!) as object, stderr };
    };
    expect(await run()).toMatchObject({ answer: { statusCode: 201, body: 'payments.handler' }, stderr: '2 requests traced\n' });
    expect(await run()).toMatchObject({ answer: { statusCode: 201, headers: { 'X-Idempotent-Replay': 'true' } }, stderr: '1 requests traced\n' });
  } finally {
    await dynamodb.stop();
  }
});
