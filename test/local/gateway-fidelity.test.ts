import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBES } from '../../integ/on-aws/probes';
import { testNames } from '../../scripts/failures/test-names';

const ROOT = join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const page = read('docs/gateway-fidelity.md');
const rows = page.split('\n').filter((line) => /^\| [^-|]/.test(line)).map((line) => line.slice(2, -2).split(' | '));
const documented = rows.filter(([id]) => /^[HRUA]\d+$/.test(id!)) as [string, string, string, string][];
const open = rows.filter((row) => row.length === 3 && row[0] !== 'probe').map(([probe]) => probe);

test('every front has rows, and no id stands twice', () => {
  const ids = documented.map(([id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...new Set(ids.map((id) => id[0]))]).toEqual(['H', 'R', 'U', 'A']);
});

test.each(documented)('%s (%s) names a page of AWS and a test that there is', (_id, _behaviour, source, held) => {
  const link = /\]\[(.+)\]$/.exec(source)?.[1];
  expect(page).toContain(`[${link}]: https://docs.aws.amazon.com/`);
  const [, file, name] = /^(\S+\.test\.ts): (.+)$/.exec(held)!;
  expect(testNames(read(file!))).toContain(name);
});

test('each probe has a line, each line a probe, and every front the same probes', () => {
  const byFront = new Map<string, string[]>();
  for (const { id, front } of PROBES) byFront.set(front, [...byFront.get(front) ?? [], id.slice(2)]);
  for (const names of byFront.values()) expect(names).toEqual(open);
});

test('the script for an account is one that the shell reads, and refuses a flag it does not know', () => {
  const script = join(ROOT, 'integ/on-aws.sh');
  execFileSync('bash', ['-n', script]);
  expect(() => execFileSync('bash', [script, '--dryrun'], { stdio: 'pipe' })).toThrow('--dryrun is no flag of this script');
});
