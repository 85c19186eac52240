import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { REPOSITORY } from './support/place';
import { ENV, LAYER } from '../../lib/contract';
import { httpApiEvent } from '../../runtime/testing/events';

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
