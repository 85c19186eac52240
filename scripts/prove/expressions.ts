import type { Part } from './part';
import { passes } from './test-run';

/** What the exploration rests on: its interpreter of expressions says what DynamoDB says. */
export const expressions: Part = {
  name: 'Interpreter',
  prove: async ({ short }) => {
    const runs = short ? 400 : 100_000;
    const met = await passes('test/runtime/protocol/expressions.test.ts', { EXPRESSION_RUNS: String(runs) });
    return [{
      goal: 'the interpreter of the exploration says what the embedded DynamoDB says',
      found: `${runs.toLocaleString('en-US')} random conditions and updates, ${met ? 'no difference' : 'a difference'}`,
      met,
    }];
  },
};
