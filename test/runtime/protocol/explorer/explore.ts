import { Canonical } from './canonical';
import { Programs } from './programs';
import { Records } from './records';
import type { Scenario } from './scenario';
import { SeenSet } from './seen-set';
import { Shapes } from './shapes';
import { World, roleOf } from './world';

export interface Findings {
  readonly states: number;
  /** States in which nothing more can happen. */
  readonly schedules: number;
  /** The first violation, with the schedule that leads to it. */
  readonly violation?: { readonly invariant: string; readonly schedule: readonly string[] };
  /** Every invariant that is violated somewhere, where all of them were asked for. */
  readonly violated: ReadonlySet<string>;
  /** How often each situation of interest occurred. */
  readonly witnessed: ReadonlyMap<string, number>;
  /** What the requests came to, in all the ways in which that ended. */
  readonly verdicts: ReadonlySet<string>;
}

export interface Extent {
  /** Takes states for one that lead to the same: see canonical.ts. @default true */
  readonly reduced?: boolean;
  /** Goes on after a violation, by other ways. @default false */
  readonly all?: boolean;
  readonly progress?: (states: number) => void;
}

/** The schedule that leads to a state, from its end. */
interface Way {
  readonly choice: string;
  readonly before: Way | undefined;
}

interface Ahead {
  readonly world: World;
  /** What to do there; `undefined` where it begins. */
  readonly way: Way | undefined;
}

const PROGRESS_EVERY = 100_000;

/**
 * Runs the shipped protocol in every order in which its store calls, its faults
 * and the passing of time can happen, and checks the invariants of the protocol
 * in each state. Depth first; states already seen are not entered again.
 */
export async function explore(scenario: Scenario, { reduced = true, all = false, progress }: Extent = {}): Promise<Findings> {
  const shapes = new Shapes();
  const programs = new Programs(scenario, shapes);
  const canonical = new Canonical(scenario, reduced);
  const witnessed = new Map<string, number>();
  const seen = new SeenSet();
  const violated = new Set<string>();
  const verdicts = new Set<string>();
  let schedules = 0;
  let violation: Findings['violation'];

  const beginning = new World({
    scenario,
    records: new Records(scenario, shapes),
    witness: (situation) => witnessed.set(situation, (witnessed.get(situation) ?? 0) + 1),
  });
  // The first request starts at once; the others when the schedule says so.
  beginning.arrive(await programs.learn(beginning.begin(roleOf(0, scenario))));

  const isViolated = (world: World, way: Way | undefined): boolean => {
    if (world.violation === undefined) return false;
    violated.add(world.violation);
    violation ??= { invariant: world.violation, schedule: scheduleOf(way) };
    return true;
  };

  const stack: Ahead[] = [{ world: beginning, way: undefined }];
  for (let ahead = stack.pop(); ahead !== undefined && (all || violation === undefined); ahead = stack.pop()) {
    const { way } = ahead;
    let { world } = ahead;
    if (way !== undefined) {
      world = world.copy();
      const step = world.take(way.choice);
      if (step !== undefined) world.arrive(programs.known(step) ?? await programs.learn(step));
    }
    if (isViolated(world, way)) continue;
    if (!seen.add(canonical.textOf(world))) continue;
    if (seen.size % PROGRESS_EVERY === 0) progress?.(seen.size);
    const choices = world.choices();
    for (let index = choices.length - 1; index >= 0; index--) stack.push({ world, way: { choice: choices[index]!, before: way } });
    if (choices.length > 0) continue;
    schedules++;
    verdicts.add(verdictOf(world, scenario));
    const rested = world.copy();
    await retry(rested, programs);
    isViolated(rested, way);
  }
  return { states: seen.size, schedules, violation, violated, witnessed, verdicts };
}

async function retry(world: World, programs: Programs): Promise<void> {
  const learn = async (step: ReturnType<World['take']>): Promise<void> => {
    if (step !== undefined) world.arrive(programs.known(step) ?? await programs.learn(step));
  };
  const step = world.comesToRest();
  const { request } = step.role;
  await learn(step);
  while (world.violation === undefined && world.isRunning(request)) await learn(world.take(`${request} deliver`));
  if (world.violation === undefined) world.judgeRest(world.moments[request]!.outcome!);
}

/** By what the requests are: those that are the same may change places. */
function verdictOf(world: World, { payloads, retryable = [], commits = [] }: Scenario): string {
  return world.moments
    .map(({ outcome }, request) => [payloads[request], retryable.includes(request), commits.includes(request), world.crashed.has(request) ? 'crashed' : outcome].join(' '))
    .sort().join(', ');
}

function scheduleOf(way: Way | undefined): readonly string[] {
  const schedule: string[] = [];
  for (let each = way; each !== undefined; each = each.before) schedule.unshift(each.choice);
  return schedule;
}
