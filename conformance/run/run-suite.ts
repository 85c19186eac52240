import type { Level, TestDefinition } from '../definition';
import type { ProfileName } from '../profile-name';
import { DEFINITIONS } from '../tests';
import { kindOf, type Outcome } from './outcome';
import { runTest, type TestRun } from './run-test';
import type { Subject } from './subject';

/** A test as a profile asks for it. */
export interface Chosen {
  readonly definition: TestDefinition;
  readonly level: Level;
  /** Begins with the level. */
  readonly title: string;
}

/** The tests of a profile, each behind those that it depends on. */
export function chosenFor(profile: ProfileName, definitions: readonly TestDefinition[] = DEFINITIONS): readonly Chosen[] {
  const byId = new Map(definitions.map((definition) => [definition.id, definition]));
  const ordered = new Map<string, TestDefinition>();
  const add = (definition: TestDefinition): void => {
    for (const id of definition.dependsOn ?? []) add(byId.get(id)!);
    ordered.set(definition.id, definition);
  };
  definitions.forEach(add);
  return [...ordered.values()].flatMap((definition) => {
    const level = levelOf(definition, profile);
    return level === 'none' ? [] : [{ definition, level, title: titled(definition.title, level) }];
  });
}

export function levelOf({ title, levels }: TestDefinition, profile: ProfileName): Level | 'none' {
  return levels?.[profile] ?? (title.split(' ', 1)[0] as Level);
}

/** A CHECK asks whether, the others say that something must, should or may be. */
function titled(title: string, level: Level): string {
  const [own, ...rest] = title.split(' ');
  if (own === level) return title;
  if (own !== 'CHECK') return level === 'CHECK' ? `CHECK whether it is so: ${title}` : [level, ...rest].join(' ');
  return `${level}: ${rest.join(' ').replace(/^whether /, '')}`;
}

/** Those of a list of ids, topics (`key`) and prefixes with a star (`key.two-*`), and what they depend on. */
export function only(chosen: readonly Chosen[], wanted: readonly string[]): readonly Chosen[] {
  const matches = (id: string): boolean => wanted.some((each) =>
    (each.endsWith('*') ? id.startsWith(each.slice(0, -1)) : id === each || id.startsWith(`${each}.`)));
  const ids = new Set<string>();
  const add = (id: string): void => {
    const found = chosen.find(({ definition }) => definition.id === id);
    if (found === undefined || ids.has(id)) return;
    ids.add(id);
    found.definition.dependsOn?.forEach(add);
  };
  chosen.map(({ definition }) => definition.id).filter(matches).forEach(add);
  return chosen.filter(({ definition }) => ids.has(definition.id));
}

export interface SuiteRun extends TestRun {
  readonly chosen: Chosen;
}

/**
 * Runs tests one after another; those that wait for a retention or a lease to
 * end run beside them, all at once, since they only wait. Resolves with the
 * results in the order of `chosen`.
 */
export async function runSuite(
  chosen: readonly Chosen[],
  subject: Subject,
  done: (run: SuiteRun) => void = () => undefined,
): Promise<readonly SuiteRun[]> {
  const runs = new Map<string, Promise<SuiteRun>>();
  const run = async (each: Chosen): Promise<SuiteRun> => {
    const dependency = await firstThatDidNotPass(each.definition, (id) => runs.get(id));
    const { outcome, exchanges } = dependency === undefined
      ? await runTest(each.definition, subject)
      : { outcome: dependency, exchanges: [] };
    const finished = { chosen: each, outcome, exchanges };
    done(finished);
    return finished;
  };
  let last: Promise<unknown> = Promise.resolve();
  for (const each of chosen) {
    if (waits(each.definition)) {
      runs.set(each.definition.id, run(each));
    } else {
      const previous = last;
      const mine = previous.then(() => run(each));
      runs.set(each.definition.id, mine);
      last = mine;
    }
  }
  return Promise.all(chosen.map(({ definition }) => runs.get(definition.id)!));
}

const waits = ({ steps }: TestDefinition): boolean =>
  steps.some((step) => step.do === 'throughout' || (step.do === 'poll' && step.within !== 'answer'));

/** What a test is not judged for, because of another one that it builds on. */
export async function firstThatDidNotPass(
  { dependsOn = [] }: TestDefinition, runOf: (id: string) => Promise<TestRun> | undefined,
): Promise<Exclude<Outcome, true> | undefined> {
  for (const id of dependsOn) {
    const run = await runOf(id);
    // A profile that leaves the other test out does not ask for it.
    if (run === undefined || run.outcome === true) continue;
    const [kind, message] = run.outcome;
    return kind === 'not applicable' ? [kind, message] : ['dependency', `${id}: ${kindOf(run.outcome)}`];
  }
  return undefined;
}
