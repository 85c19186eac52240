import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Part } from './part';

/** What the exploration rests on: its interpreter of expressions says what DynamoDB says. */
export const expressions: Part = {
  name: 'Interpreter',
  prove: async ({ short }) => {
    const runs = short ? 400 : 100_000;
    const root = join(__dirname, '..', '..');
    const { status } = spawnSync(process.execPath, ['--no-warnings', join(root, 'node_modules/jest/bin/jest.js'), 'test/runtime/protocol/expressions.test.ts', '--silent'], {
      cwd: root, env: { ...process.env, EXPRESSION_RUNS: String(runs) }, stdio: 'ignore',
    });
    return [{
      goal: 'the interpreter of the exploration says what the embedded DynamoDB says',
      found: `${runs.toLocaleString('en-US')} random conditions and updates, ${status === 0 ? 'no difference' : 'a difference'}`,
      met: status === 0,
    }];
  },
};
