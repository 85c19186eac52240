import type { Level, TestDefinition } from './definition';
import type { ProfileName } from './profile-name';
import type { Rule } from './rules';
import type { Exchange } from './run/exchange';
import { messageOf, type Outcome } from './run/outcome';
import { chosenFor, firstThatDidNotPass, type Chosen } from './run/run-suite';
import { runTest, type TestRun } from './run/run-test';
import type { Subject } from './run/subject';
import { subjectOf } from './run/subject-of';
import type { Target } from './target';

/** A rule that is broken, or that could not be put to the test: thrown by `test.run` for what MUST or SHOULD hold. */
export class ConformanceFailure extends Error {
  public readonly code = 'CONFORMANCE_FAILED';

  public constructor(
    public readonly test: Pick<ConformanceTest, 'id' | 'title' | 'rule'>,
    public readonly outcome: Outcome,
    /** What was sent and what came back. */
    public readonly exchanges: readonly Exchange[],
  ) {
    super(`${test.id}: ${messageOf(outcome)}`);
    this.name = 'ConformanceFailure';
  }
}

/** A test that can be put to a target. */
export interface ConformanceTest {
  readonly id: string;
  /** Begins with its level. */
  readonly title: string;
  readonly level: Level;
  readonly rule: Rule;
  /**
   * Puts the test to a target; tests that it depends on run before it, once for
   * each target. Resolves with the outcome.
   *
   * @throws ConformanceFailure where a MUST or a SHOULD does not hold, or could not be set up
   * @throws ConformanceError where the target cannot be tested at all
   */
  run(target: Target): Promise<Outcome>;
}

/** The tests of a profile, for any test framework: `for (const test of suiteOf('stripe')) it(test.title, () => test.run(target))`. */
export function suiteOf(profile: ProfileName): readonly ConformanceTest[] {
  const sessions = new WeakMap<Target, Session>();
  const chosen = chosenFor(profile);
  return chosen.map(({ definition, level, title }) => ({
    id: definition.id,
    title,
    level,
    rule: definition.rule,
    async run(target: Target): Promise<Outcome> {
      const session = sessions.get(target) ?? new Session(chosen, subjectOf({ ...target, profile }));
      sessions.set(target, session);
      const { outcome, exchanges } = await session.run(definition);
      const binds = level === 'MUST' || level === 'SHOULD';
      if (binds && outcome !== true && (outcome[0] === 'fails' || outcome[0] === 'set-up')) throw new ConformanceFailure(this, outcome, exchanges);
      return outcome;
    },
  }));
}

/** The tests of the IETF draft. */
export const suite: readonly ConformanceTest[] = suiteOf('ietf-07');

/** What is known of one target. */
class Session {
  private readonly runs = new Map<string, Promise<TestRun>>();

  public constructor(private readonly chosen: readonly Chosen[], private readonly subject: Promise<Subject>) {}

  public run(definition: TestDefinition): Promise<TestRun> {
    const run = this.runs.get(definition.id) ?? this.begin(definition);
    this.runs.set(definition.id, run);
    return run;
  }

  private async begin(definition: TestDefinition): Promise<TestRun> {
    const dependency = await firstThatDidNotPass(definition, (id) => {
      const found = this.chosen.find((each) => each.definition.id === id);
      return found === undefined ? undefined : this.run(found.definition);
    });
    return dependency === undefined ? runTest(definition, await this.subject) : { outcome: dependency, exchanges: [] };
  }
}
