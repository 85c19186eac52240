import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { page, type Ledger } from '../../scripts/mutate/page';
import { PARTS } from '../../scripts/mutate/parts';
import { reasonOf } from '../../scripts/mutate/reasons';

const DOCS = join(__dirname, '..', '..', 'docs');
const ledger = JSON.parse(readFileSync(join(DOCS, 'mutation', 'results.json'), 'utf8')) as Ledger;

test('docs/mutation.md says what the results and the reasons say', () => {
  expect(readFileSync(join(DOCS, 'mutation.md'), 'utf8')).toBe(page(ledger));
});

test('in the conditions that stores decide by, nothing went unnoticed but what is the same', () => {
  const unexplained = PARTS.filter(({ noSurvivor }) => noSurvivor).flatMap(({ name }) => Object.entries(ledger[name]!.files))
    .flatMap(([file, { survivors }]) => survivors.filter((one) => !reasonOf(file, one)?.startsWith('equal: ')));
  expect(unexplained).toEqual([]);
});
