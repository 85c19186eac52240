import type { Level } from '../definition';
import type { ProfileName } from '../profile-name';
import type { Exchange } from '../run/exchange';
import { kindOf, type Outcome, type OutcomeKind } from '../run/outcome';
import type { SuiteRun } from '../run/run-suite';
import type { Subject } from '../run/subject';

/** What a run says of its target, as it is written to a file. */
export interface Results {
  readonly format: 1;
  /** Package and version of the suite. */
  readonly kit: string;
  readonly profile: ProfileName;
  /** Day of the run, UTC. */
  readonly date: string;
  readonly target: About;
  /** How executions were counted: by an endpoint, by answers that differ, or not at all. */
  readonly observed: 'endpoint' | 'answers' | 'not';
  /** The form in which keys were sent where a test does not say. */
  readonly keys: 'quoted' | 'bare';
  readonly results: Readonly<Record<string, Outcome>>;
  readonly exchanges: Readonly<Record<string, readonly Exchange[]>>;
}

export interface About {
  readonly name: string;
  /** What it is and how it was set up. */
  readonly about?: string;
  /** Of what was tested, by package. */
  readonly versions?: Readonly<Record<string, string>>;
}

export function resultsOf(
  runs: readonly SuiteRun[],
  subject: Subject,
  { kit, now, target }: { readonly kit: string; readonly now: Date; readonly target: About },
): Results {
  return {
    format: 1,
    kit,
    profile: subject.profile.name,
    date: now.toISOString().slice(0, 10),
    target,
    observed: subject.counted ? 'endpoint' : subject.fresh ? 'answers' : 'not',
    keys: subject.keyForm,
    results: Object.fromEntries(runs.map(({ chosen, outcome }) => [chosen.definition.id, outcome])),
    exchanges: Object.fromEntries(runs.map(({ chosen, exchanges }) => [chosen.definition.id, exchanges])),
  };
}

/** As JSON with a line for each test, so that two runs can be compared by lines. */
export function toJson(results: Results): string {
  const lines = (entries: object): string => Object.entries(entries).map(([id, value]) => `  ${JSON.stringify(id)}: ${JSON.stringify(value)}`).join(',\n');
  const { results: outcomes, exchanges, ...head } = results;
  const members = Object.entries(head).map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${[...members, ` "results": {\n${lines(outcomes)}\n }`, ` "exchanges": {\n${lines(exchanges)}\n }`].join(',\n')}\n}\n`;
}

export type Tally = Readonly<Record<Level, Readonly<Record<OutcomeKind, number>>>>;

const none = (): Record<OutcomeKind, number> => ({ 'passes': 0, 'fails': 0, 'set-up': 0, 'not applicable': 0, 'dependency': 0 });

export function tally(runs: readonly SuiteRun[]): Tally {
  const counts = { MUST: none(), SHOULD: none(), MAY: none(), CHECK: none() };
  for (const { chosen, outcome } of runs) counts[chosen.level][kindOf(outcome)] += 1;
  return counts;
}
