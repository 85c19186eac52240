import type { Level } from '../definition';
import { describeRule } from '../rules';
import type { Verdict } from './baseline';
import { tally } from './results';
import { messageOf, type OutcomeKind } from '../run/outcome';
import type { SuiteRun } from '../run/run-suite';

const WORDS: Readonly<Record<OutcomeKind, string>> = {
  'passes': 'pass', 'fails': 'FAIL', 'set-up': 'SET-UP', 'not applicable': 'n/a', 'dependency': 'skip',
};

/** One line a test; a failure has its rule below it. */
export function lineOf({ chosen: { definition, level, title }, outcome }: SuiteRun): string {
  const word = outcome !== true && outcome[0] === 'fails' && level !== 'MUST' ? { SHOULD: 'warn', MAY: 'no', CHECK: 'no' }[level] : WORDS[outcome === true ? 'passes' : outcome[0]];
  const line = `${word.padEnd(6)} ${definition.id.padEnd(28)} ${title}`;
  if (outcome === true) return line;
  const why = `${' '.repeat(7)}${messageOf(outcome)}`;
  return outcome[0] === 'fails' ? `${line}\n${why}\n${' '.repeat(7)}${describeRule(definition.rule)}` : `${line}\n${why}`;
}

/** What the run comes to, in a few lines. */
export function summaryOf(runs: readonly SuiteRun[], { broken, known, stale }: Verdict): readonly string[] {
  const counts = tally(runs);
  const row = (level: Level): string => {
    const { passes, fails, dependency, 'set-up': setUp, 'not applicable': notApplicable } = counts[level];
    return `${level.padEnd(7)}${String(passes).padStart(4)} pass${String(fails).padStart(5)} ${level === 'CHECK' || level === 'MAY' ? 'no  ' : 'fail'}${String(setUp).padStart(4)} not set up${String(dependency).padStart(4)} not judged${String(notApplicable).padStart(5)} not applicable`;
  };
  return [
    '',
    ...(['MUST', 'SHOULD', 'MAY', 'CHECK'] as const).map(row),
    ...known.map(({ chosen, reason }) => `known: ${chosen.definition.id}: ${reason}`),
    ...stale.map(({ id, why }) => `stale: ${id} is in the baseline, and ${why}; take it out`),
    broken.length === 0 ? 'No MUST is broken.' : `${broken.length} MUST ${broken.length === 1 ? 'is' : 'are'} broken: ${broken.map(({ chosen }) => chosen.definition.id).join(', ')}`,
  ];
}
