import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { anchors, parseCatalogue, parseOwed, type FailureRow } from './failures/catalogue';
import { problems } from './failures/problems';
import { idsIn, testNames } from './failures/test-names';

/**
 * Holds docs/failures.md, the tests and test/owed-failures.txt against each other; fails on what
 * is claimed and not so. `check-failures.ts [folder of the project]`
 */
function main(root: string): void {
  const read = (...file: string[]) => readFileSync(join(root, ...file), 'utf8');
  const rows = parseCatalogue(read('docs', 'failures.md'));
  const sources = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const tested = new Set(sources.flatMap((file) => testNames(read('test', file))).flatMap(idsIn));
  const owed = parseOwed(read('test', 'owed-failures.txt'));
  const hasSection = ({ document, section }: NonNullable<FailureRow['review']>) =>
    existsSync(join(root, 'docs', document)) && anchors(read('docs', document)).includes(section);

  const found = problems({ rows, tested, owed, hasSection });
  found.forEach((line) => console.error(line));
  console.log(`Failure catalogue: ${rows.length} rows, ${owed.size} owed, ${found.length} problems.`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

main(process.argv[2] ?? join(__dirname, '..'));
