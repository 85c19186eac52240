import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deepExploration, exploration } from './prove/exploration';
import { expressions } from './prove/expressions';
import { faults } from './prove/faults';
import { kills } from './prove/kills';
import { ledger } from './prove/ledger';
import { HEAD, withSection } from './prove/page';
import type { Part } from './prove/part';
import { soak } from './prove/soak';

const ROOT = join(__dirname, '..');
const PAGE = join(ROOT, 'docs', 'proof.md');
const PARTS: Readonly<Record<string, Part>> = { interpreter: expressions, exploration, deep: deepExploration, faults, kills, ledger, soak };
/** By itself half an hour: only where it is asked for. */
const ASKED_FOR = ['soak'];

/**
 * Shows the parts that are named (`--kills --faults`), or all but the soak. Each
 * that is shown as a whole, not `--short`, renews its section of docs/proof.md
 * at once: together they take long. Whether every goal is met.
 */
async function main(args: readonly string[]): Promise<boolean> {
  const flags = Object.fromEntries(Object.keys(PARTS).map((name) => [name, { type: 'boolean' as const }]));
  const { values } = parseArgs({
    args: [...args],
    options: { short: { type: 'boolean', default: false }, seed: { type: 'string', default: 'proof' }, minutes: { type: 'string', default: '30' }, ...flags },
  });
  const { short, seed, minutes } = values as { readonly short: boolean; readonly seed: string; readonly minutes: string };
  if (!(Number(minutes) > 0)) throw new Error(`--minutes is "${minutes}"; give a number of minutes greater than 0`);
  const named = Object.keys(PARTS).filter((name) => (values as Readonly<Record<string, unknown>>)[name] === true);
  const figures: string[] = [];
  let [met, goals] = [0, 0];
  for (const name of named.length > 0 ? named : Object.keys(PARTS).filter((each) => !ASKED_FOR.includes(each))) {
    const part = PARTS[name]!;
    const started = performance.now();
    const proofs = await part.prove({ short, seed, minutes: Number(minutes), progress: (doing) => console.log(`  ${part.name}, ${secondsSince(started)} s: ${doing}`) });
    const seconds = secondsSince(started);
    for (const { goal, found, met: isMet } of proofs) console.log(`${isMet ? 'shown' : 'NOT SHOWN'}  ${goal}: ${found}`);
    if (!short) writeFileSync(PAGE, withSection(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : HEAD, part, proofs, seconds, circumstances(seed)));
    met += proofs.filter((proof) => proof.met).length;
    goals += proofs.length;
    figures.push(`${part.name} ${seconds} s`);
  }
  console.log(`Proof: ${met} of ${goals} goals shown, ${figures.join(', ')}.`);
  return met === goals;
}

const secondsSince = (started: number): number => Math.round((performance.now() - started) / 1000);

const circumstances = (seed: string) => ({
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
  seed,
  machine: `Node.js ${process.version}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB`,
});

main(process.argv.slice(2)).then((met) => {
  process.exitCode = met ? 0 : 1;
}, (error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
