import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { REPOSITORY } from './support/place';
import { ENV, LAYER } from '../../lib/contract';
import { httpApiEvent } from '../../runtime/testing/events';

const FIXTURES = path.join(__dirname, 'fixtures', 'loading');

test('F161: a preloaded tracer sees the function’s own module, which finds its own name', () => {
  const entry = path.join(REPOSITORY, 'build', 'layer', LAYER.DIRECTORY, 'handler.mjs');
  const stdout = execFileSync(
    process.execPath,
    ['--no-warnings', '--require', path.join(FIXTURES, 'tracer.cjs'), path.join(FIXTURES, 'invoke.mjs'), entry, JSON.stringify(httpApiEvent({}))],
    {
      encoding: 'utf8',
      env: {
        _HANDLER: LAYER.HANDLER,
        [ENV.HANDLER]: 'payments.handler',
        [ENV.TABLE_NAME]: 'records',
        LAMBDA_TASK_ROOT: FIXTURES,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    },
  );
  expect(JSON.parse(stdout)).toEqual({ statusCode: 201, headers: { 'x-span': 'payments.handler' }, body: 'payments.handler' });
});
