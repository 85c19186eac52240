import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './part';
import { passes } from './test-run';

/** Each fault at each request to DynamoDB, at the socket; docs/faults.md is what the cells came to. */
export const faults: Part = {
  name: 'Faults',
  prove: async () => {
    const met = await passes('test/runtime/protocol/fault-table.test.ts');
    const page = readFileSync(join(__dirname, '..', '..', 'docs', 'faults.md'), 'utf8');
    const rows = page.slice(page.indexOf('|---|')).trim().split('\n').slice(1);
    return [{
      goal: 'each fault at each request to DynamoDB, at the first try and at every try, comes to what [the table](faults.md) says',
      found: `${2 * rows.length} cells, ${met ? 'no difference' : 'a difference'}`,
      met,
    }];
  },
};
