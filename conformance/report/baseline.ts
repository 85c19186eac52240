import { readFileSync } from 'node:fs';
import { ConformanceError } from '../conformance-error';
import { messageOf, type Outcome } from '../run/outcome';
import type { SuiteRun } from '../run/run-suite';

/** Known failures, by id, each with its reason. */
export type Baseline = Readonly<Record<string, string>>;

/** @throws ConformanceError where the file is not one JSON object of reasons */
export function readBaseline(file: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConformanceError('FILE', `${file} cannot be read as JSON: ${(error as Error).message}`, { cause: error });
  }
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  if (entries === undefined || entries.some(([, reason]) => typeof reason !== 'string' || reason.trim() === '')) {
    throw new ConformanceError('FILE', `${file} is no baseline: write an object of test ids, each with the reason why it fails: {"replay.marked": "planned for May"}`);
  }
  return value as Baseline;
}

/** What a run comes to. */
export interface Verdict {
  /** MUSTs that do not hold, or could not be put to the test, and are not known to. */
  readonly broken: readonly SuiteRun[];
  /** Failures that the baseline knows. */
  readonly known: readonly (SuiteRun & { readonly reason: string })[];
  /** Entries of the baseline that are none any more, each with what has become of it. */
  readonly stale: readonly { readonly id: string; readonly why: string }[];
}

const isFailure = (outcome: Outcome): boolean => outcome !== true && (outcome[0] === 'fails' || outcome[0] === 'set-up');

/** @param complete whether every test of the profile was run: what was left out is not stale */
export function verdictOf(runs: readonly SuiteRun[], baseline: Baseline, complete: boolean): Verdict {
  const failures = runs.filter(({ outcome }) => isFailure(outcome));
  const known = failures.flatMap((run) => {
    const reason = Object.hasOwn(baseline, run.chosen.definition.id) ? baseline[run.chosen.definition.id] : undefined;
    return reason === undefined ? [] : [{ ...run, reason }];
  });
  const stale = Object.keys(baseline).filter((id) => !known.some(({ chosen }) => chosen.definition.id === id)).flatMap((id) => {
    const run = runs.find(({ chosen }) => chosen.definition.id === id);
    if (run === undefined) return complete ? [{ id, why: 'there is no such test in this profile' }] : [];
    return [{ id, why: run.outcome === true ? 'passes' : `${run.outcome[0]}: ${messageOf(run.outcome)}` }];
  });
  const broken = failures.filter(({ chosen }) => chosen.level === 'MUST' && !known.some((each) => each.chosen === chosen));
  return { broken, known, stale };
}

export const passes = ({ broken, stale }: Verdict): boolean => broken.length === 0 && stale.length === 0;
