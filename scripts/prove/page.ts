import type { Part, Proof } from './part';

/** Where a part was shown, and when. */
export interface Circumstances {
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly commit: string;
  readonly seed: string;
  readonly machine: string;
}

export const HEAD = `# Proof

What \`npm run prove\` and \`npm run fuzz\` found. A section stands until its part is run again, and says when that was; a part without a section has not been run as a whole yet. A short form of each part is in the tests; \`npm run mutate\` has [a page of its own](mutation.md).
`;

/** docs/proof.md with the section of one part renewed, or added at its end; what others have written stays as it is. */
export function withSection(page: string, { name }: Pick<Part, 'name'>, proofs: readonly Proof[], seconds: number, where: Circumstances): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const section = [
    begin, `## ${name}`, '',
    `${where.date}, commit ${where.commit}, seed \`${where.seed}\`, ${where.machine}; ${seconds.toLocaleString('en-US')} s.`, '',
    '| goal | found | |', '|---|---|---|',
    ...proofs.map(({ goal, found, met }) => `| ${goal} | ${found} | ${met ? 'shown' : 'not shown'} |`),
    end,
  ].join('\n');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0) return `${page.trimEnd()}\n\n${section}\n`;
  if (to < from) throw new Error(`docs/proof.md has a ${begin} without its ${end}: mend it by hand`);
  return page.slice(0, from) + section + page.slice(to + end.length);
}
