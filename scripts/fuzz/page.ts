import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PAGE = join(ROOT, 'docs', 'proof.md');
const [BEGIN, END] = ['<!-- fuzz -->', '<!-- /fuzz -->'];

/** Writes the figures of a run into docs/proof.md, in the place of the last one's. */
export function tell(figures: string): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  const machine = `Node.js ${process.version}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const section = `${BEGIN}\n${figures}. ${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${machine}.\n${END}`;
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Proof\n';
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  writeFileSync(PAGE, from >= 0 && to > from
    ? page.slice(0, from) + section + page.slice(to + END.length)
    : `${page.trimEnd()}\n\n## Fuzzing\n\n\`npm run fuzz\` sends random and hostile input to each of ${'`scripts/fuzz/targets`'}; past findings are kept in \`test/corpus\`, and tests replay them.\n\n${section}\n`);
}
