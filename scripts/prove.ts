import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { exploration } from './prove/exploration';
import { expressions } from './prove/expressions';
import { ledger } from './prove/ledger';
import type { Part, Proof } from './prove/part';

const ROOT = join(__dirname, '..');
const PARTS: readonly Part[] = [expressions, exploration, ledger];

type Shown = readonly { readonly part: Part; readonly proofs: readonly Proof[]; readonly seconds: number }[];

/** Shows each part in turn; all of them, as long as they take, go into docs/proof.md. Whether every goal is met. */
async function main(argv: readonly string[]): Promise<boolean> {
  const short = argv.includes('--short');
  const only = argv.find((word) => word.startsWith('--only='))?.slice('--only='.length).toLowerCase();
  const seed = argv.find((word) => word.startsWith('--seed='))?.slice('--seed='.length) ?? 'proof';
  const parts = PARTS.filter(({ name }) => only === undefined || name.toLowerCase() === only);
  if (parts.length === 0) throw new Error(`--only=${only} is none of ${PARTS.map(({ name }) => name.toLowerCase()).join(', ')}`);
  const shown: { part: Part; proofs: readonly Proof[]; seconds: number }[] = [];
  for (const part of parts) {
    const started = performance.now();
    const proofs = await part.prove({ short, seed, progress: (doing) => console.log(`  ${part.name}, ${secondsSince(started)} s: ${doing}`) });
    shown.push({ part, proofs, seconds: secondsSince(started) });
    for (const { goal, found, met } of proofs) console.log(`${met ? 'shown' : 'NOT SHOWN'}  ${goal}: ${found}`);
  }
  if (!short && only === undefined) writeFileSync(join(ROOT, 'docs', 'proof.md'), page(shown, seed));
  const all = shown.flatMap(({ proofs }) => proofs);
  const met = all.filter((proof) => proof.met).length;
  console.log(`Proof: ${met} of ${all.length} goals shown, ${shown.map(({ part, seconds }) => `${part.name} ${seconds} s`).join(', ')}.`);
  return met === all.length;
}

const secondsSince = (started: number): number => Math.round((performance.now() - started) / 1000);

function page(shown: Shown, seed: string): string {
  const git = (...words: readonly string[]): string => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim();
  const sections = shown.map(({ part, proofs, seconds }) => [
    `## ${part.name}`, '', `${seconds} s.`, '', '| goal | found | |', '|---|---|---|',
    ...proofs.map(({ goal, found, met }) => `| ${goal} | ${found} | ${met ? 'shown' : 'not shown'} |`),
  ].join('\n'));
  return `# Proof

What \`npm run prove\` found, the last time that all of it was run. A short form of each part is in the tests.

${new Date().toISOString().slice(0, 10)}, commit ${git('rev-parse', '--short', 'HEAD')}, seed \`${seed}\`, Node.js ${process.version}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB.

${sections.join('\n\n')}
`;
}

main(process.argv.slice(2)).then((met) => {
  process.exitCode = met ? 0 : 1;
}, (error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
