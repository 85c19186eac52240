import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { page, type Ledger } from './mutate/page';
import { OVERALL_GOAL, PARTS, type MutatedPart } from './mutate/parts';
import { reasonOf } from './mutate/reasons';
import { scoreOf, total, type PartResult } from './mutate/score';
import { mutate } from './mutate/stryker';

const ROOT = join(__dirname, '..');
const LEDGER = join(ROOT, 'docs', 'mutation', 'results.json');

/** Mutates the parts, or those of `--only=a,b`; each result replaces that part's former one. Whether every goal is met. */
function main(argv: readonly string[]): boolean {
  const only = argv.find((word) => word.startsWith('--only='))?.slice('--only='.length).split(',');
  const unknown = only?.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) throw new Error(`--only names "${unknown}", which is none of ${PARTS.map(({ name }) => name).join(', ')}`);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  let ledger: Ledger = existsSync(LEDGER) ? JSON.parse(readFileSync(LEDGER, 'utf8')) as Ledger : {};
  for (const part of PARTS.filter(({ name }) => only === undefined || only.includes(name))) {
    ledger = { ...ledger, [part.name]: { date: new Date().toISOString().slice(0, 10), commit, files: mutate(part, ROOT) } };
    // After each part: they take hours together, and what is done is done.
    writeFileSync(LEDGER, `${JSON.stringify(ledger, null, 1)}\n`);
    writeFileSync(join(ROOT, 'docs', 'mutation.md'), page(ledger));
  }
  const missed = PARTS.filter((part) => !isReached(part, ledger[part.name]));
  const overall = total(Object.values(ledger));
  console.log(
    `Mutation: ${overall.killed} of ${overall.mutants} mutants noticed, ${scoreOf(overall).toFixed(1)} % of ${OVERALL_GOAL} %; `
    + (missed.length === 0 ? 'every part reaches its goal.' : `below their goal, or not run: ${missed.map(({ name }) => name).join(', ')}.`),
  );
  return missed.length === 0 && scoreOf(overall) >= OVERALL_GOAL;
}

function isReached({ goal, noSurvivor }: MutatedPart, result: PartResult | undefined): boolean {
  if (result === undefined) return false;
  const unexplained = Object.entries(result.files).some(([file, { survivors }]) => survivors.some((one) => reasonOf(file, one) === undefined));
  return scoreOf(total([result])) >= goal && (noSurvivor === undefined || !unexplained);
}

process.exitCode = main(process.argv.slice(2)) ? 0 : 1;
