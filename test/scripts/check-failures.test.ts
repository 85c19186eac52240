import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { anchors, parseCatalogue, parseOwed } from '../../scripts/failures/catalogue';
import { problems, type Evidence } from '../../scripts/failures/problems';
import { idsIn, testNames } from '../../scripts/failures/test-names';

const CATALOGUE = `# Failures

| id | failure | what we promise | test |
|---|---|---|---|
| F1 | slow | refused | explorer |
| F2 | crash | takeover | kill |
| F3 | timing | by hash | review: [Security](security.md#timing) |
`;
const rows = parseCatalogue(CATALOGUE);

describe('the catalogue', () => {
  test('is read row by row, with the section of a review', () => {
    expect(rows).toEqual([
      { id: 'F1', failure: 'slow' },
      { id: 'F2', failure: 'crash' },
      { id: 'F3', failure: 'timing', review: { document: 'security.md', section: 'timing' } },
    ]);
  });

  test.each([
    ['without rows', '# Failures', 'no rows'],
    ['with an id twice', CATALOGUE.replace('| F2 |', '| F1 |'), 'F1 twice'],
    ['with a review that links nowhere', CATALOGUE.replace('[Security](security.md#timing)', 'yes'), 'links to no section'],
    ['with a row that lacks a column', CATALOGUE.replace('| takeover ', ''), 'Not a row'],
  ])('%s is an error', (_, markdown, message) => {
    expect(() => parseCatalogue(markdown)).toThrow(message);
  });

  test('sections are found by the anchors of their headings', () => {
    expect(anchors('# Security\n\n## What `derivedKey` is for?\n\ntext # not\n\n### Supply chain\n'))
      .toEqual(['security', 'what-derivedkey-is-for', 'supply-chain']);
  });
});

describe('what is owed', () => {
  test('is a line by id; empty lines and comments are not', () => {
    expect([...parseOwed('# why\n\nF33 bench: storm on one key\n')]).toEqual([['F33', 'bench: storm on one key']]);
  });

  test.each(['F33', 'F33 bench', 'F33 bench:', 'bench: F33'])('a line "%s" is an error, since it does not say what owes it', (line) => {
    expect(() => parseOwed(line)).toThrow('Not of the form');
  });

  test('owing the same row twice is an error', () => {
    expect(() => parseOwed('F1 a: b\nF1 c: d')).toThrow('F1 is owed twice');
  });
});

describe('the names of tests', () => {
  test('are those of tests, groups and tables, whatever the quotes', () => {
    const source = 'describe("a", () => { it(\'b\', () => {}); test.each([[1]])(`c ${x} d`, () => {}); test.concurrent(`e`, f); test.each`t`("g"); });';
    expect(testNames(source)).toEqual(['a', 'b', 'c   d', 'e', 'g']);
  });

  test('are not those of what does not run, of comments or of other calls', () => {
    const source = "test.skip('a', f); it.todo('b'); describe.skip.each(t)('c', f); // test('d')\nexpect('e'); const s = \"test('f')\"; test.each(['g']);";
    expect(testNames(source)).toEqual([]);
  });

  test.each([
    ['F4: alone', ['F4']],
    ['F41, F42 and F44: a list', ['F41', 'F42', 'F44']],
    ['F1-F3: a range', ['F1', 'F2', 'F3']],
    ['F9 to F11: a range in words', ['F9', 'F10', 'F11']],
    ['UTF8, 0xF1F2 and PDF1 are no ids', []],
  ])('"%s" holds %j', (name, ids) => {
    expect(idsIn(name)).toEqual(ids);
  });
});

describe('the check', () => {
  const evidence: Evidence = { rows, tested: new Set(['F1', 'F2']), owed: new Map(), hasSection: () => true };

  test('finds nothing where each row has a test, a section or a line', () => {
    expect(problems(evidence)).toEqual([]);
    expect(problems({ ...evidence, tested: new Set(['F1']), owed: new Map([['F2', 'kill: later']]) })).toEqual([]);
    expect(problems({ ...evidence, hasSection: () => false, owed: new Map([['F3', 'docs: later']]) })).toEqual([]);
  });

  test.each<[string, Partial<Evidence>, string]>([
    ['a row without a test', { tested: new Set(['F1']) }, 'F2 (crash) stands in no test\'s name'],
    ['a review without its section', { hasSection: () => false }, 'F3 (timing) links to security.md#timing, which does not exist'],
    ['a row that is owed and has a test', { owed: new Map([['F1', 'explorer: later']]) }, 'F1 is covered by now: take it out of test/owed-failures.txt'],
    ['a test of an unknown row', { tested: new Set(['F1', 'F2', 'F99']) }, 'F99 stands in a test\'s name and not in docs/failures.md'],
    ['an unknown row that is owed', { owed: new Map([['F99', 'x: y']]) }, 'F99 is owed and stands not in docs/failures.md'],
  ])('finds %s', (_, change, problem) => {
    expect(problems({ ...evidence, ...change })).toEqual([problem]);
  });
});

describe('the script', () => {
  const project = mkdtempSync(join(tmpdir(), 'failures-'));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), text);
  };
  const run = () => spawnSync(process.execPath, ['--import', 'tsx', 'scripts/check-failures.ts', project], { encoding: 'utf8' });

  beforeAll(() => {
    write('docs/failures.md', CATALOGUE);
    write('docs/security.md', '# Security\n\n## Timing\n');
    write('test/deep/one.test.ts', "test('F1: slow', () => {});");
    write('test/owed-failures.txt', '');
  });
  afterAll(() => rmSync(project, { recursive: true }));

  test('fails and names the row that nothing covers, then passes once a test does', () => {
    const failed = run();
    expect(failed.stderr).toContain('F2 (crash) stands in no test\'s name');
    expect(failed.status).toBe(1);

    write('test/two.test.ts', "it('F2: crash', () => {});");
    const passed = run();
    expect(passed.stdout).toBe('Failure catalogue: 3 rows, 0 owed, 0 problems.\n');
    expect(passed.status).toBe(0);
  });
});
