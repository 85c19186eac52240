import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { blocksOf } from '../../scripts/docs/blocks';

const ROOT = path.resolve(__dirname, '../..');
const FIXTURES = path.join(ROOT, 'conformance', 'fixtures');
const blocks = blocksOf('docs/conformance.md', readFileSync(path.join(ROOT, 'docs', 'conformance.md'), 'utf8')).map(({ text }) => text);

test.each(readdirSync(FIXTURES))('what a reader pastes is what the peers run: %s', (file) => {
  expect(blocks).toContain(readFileSync(path.join(FIXTURES, file), 'utf8').trimEnd());
});
