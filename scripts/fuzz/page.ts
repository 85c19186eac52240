import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PAGE = join(ROOT, 'docs', 'proof.md');
const [BEGIN, END] = ['<!-- fuzz:begin -->', '<!-- fuzz:end -->'];

/** The part of docs/proof.md that tells of fuzzing, markers and all; undefined where there is none. */
export function fuzzSection(page: string): string | undefined {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  return from >= 0 && to > from ? page.slice(from, to + END.length) : undefined;
}

/** The page with the figures of a run in the place of the last one's. */
export function withFigures(page: string, figures: string): string {
  const section = `${BEGIN}
## Fuzzing

\`npm run fuzz\` sends random and hostile input to each of \`scripts/fuzz/targets\`; past findings are kept in \`test/corpus\`, and tests replay them.

${figures}
${END}`;
  const former = fuzzSection(page);
  return former === undefined ? `${page.trimEnd()}\n\n${section}\n` : page.replace(former, () => section);
}

export function tell(figures: string): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  const machine = `Node.js ${process.version}, ${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Proof\n';
  writeFileSync(PAGE, withFigures(page, `${figures}. ${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${machine}.`));
}
