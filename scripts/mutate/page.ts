import { OVERALL_GOAL, PARTS } from './parts';
import { reasonOf } from './reasons';
import { scoreOf, sum, total, type PartResult } from './score';
import type { Survivor } from './stryker';

/** The last result of each part, by its name. */
export type Ledger = Readonly<Record<string, PartResult>>;

/** docs/mutation.md */
export function page(ledger: Ledger): string {
  const all = total(Object.values(ledger));
  const missing = PARTS.filter(({ name }) => ledger[name] === undefined);
  const rows = PARTS.flatMap(({ name, goal }) => {
    const part = ledger[name];
    return part === undefined ? [] : Object.entries(part.files).map(([file, result]) => {
      const { killed, mutants } = sum([result]);
      return `| \`${file}\` | ${mutants} | ${killed} | ${scoreOf({ killed, mutants }).toFixed(1)} % | ${goal} % | ${part.date}, ${part.commit} |`;
    });
  });
  const survivors = PARTS.flatMap(({ name }) => Object.entries(ledger[name]?.files ?? {}))
    .filter(([, result]) => result.survivors.length > 0)
    .map(([file, result]) => `### \`${file}\`\n\n| line | of | becomes | |\n|---|---|---|---|\n${result.survivors.map((one) => rowOf(file, one)).join('\n')}`);
  return `# Mutation tests

\`npm run mutate\` changes the runtime in one place at a time, and runs the tests that come by there: a change that none of them notices is a test that is missing, or code that is not needed. [Stryker](https://stryker-mutator.io) makes the changes. \`npm run mutate -- --only=${PARTS[0]!.name},${PARTS[1]!.name}\` takes some parts; a result stands until its part is run again. The explorations and whatever takes a process of its own are left out, so that what only they notice counts as unnoticed here.

${all.killed} of ${all.mutants} mutants noticed: ${scoreOf(all).toFixed(1)} % (goal ${OVERALL_GOAL} % over all parts).

| file | mutants | noticed | | goal | run |
|---|---|---|---|---|---|
${rows.join('\n')}
${missing.length === 0 ? '' : `\nNot run yet: ${missing.map(({ name, mutate }) => `${name} (${mutate.map((file) => `\`${file}\``).join(', ')})`).join('; ')}.\n`}
## What no test noticed

${survivors.length === 0 ? 'Nothing.' : survivors.join('\n\n')}
`;
}

function rowOf(file: string, survivor: Survivor): string {
  const { line, original, replacement } = survivor;
  return `| ${line} | ${code(original)} | ${code(replacement)} | ${reasonOf(file, survivor) ?? 'not looked into'} |`;
}

/** Short enough for a table, and without what would end a cell. */
function code(text: string): string {
  const short = text.length > 90 ? `${text.slice(0, 87)}...` : text;
  return `\`${short.replaceAll('|', '\\|').replaceAll('`', '´') || ' '}\``;
}
