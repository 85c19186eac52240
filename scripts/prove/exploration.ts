import type { Extent, Part, Proof } from './part';
import { millis } from '../../runtime/time';
import { explore } from '../../test/runtime/protocol/explorer/explore';
import type { Scenario } from '../../test/runtime/protocol/explorer/scenario';
import { VARIANTS } from '../../test/runtime/protocol/expression-variants';

const SHORT: Scenario = { requests: 2, faults: 1, jumps: 1, jumpsTo: ['lease'], payloads: [1, 1], expressions: true };
const TWO: Scenario = { requests: 2, faults: 2, jumps: 3, payloads: [1, 1], expressions: true };
const THREE: Scenario = { requests: 3, faults: 1, jumps: 2, payloads: [1, 1, 1], expressions: true };

/** By clocks that are as wrong as they may be. */
const TIMED: Partial<Scenario> = {
  jumps: 3,
  jumpsTo: ['lease', 'limit', 'second'],
  remember: millis(6_000),
  skew: millis(-1_000),
  margin: millis(1_000),
  keyTime: { clientAhead: millis(2_000), skew: millis(2_000) },
};

interface Bound {
  readonly invariants: string;
  readonly scenario: Scenario;
}

const I1_TO_I8 = 'I1 to I8';
const WITH_I9 = 'I1 to I9';
const WITH_I10 = 'I1 to I8 and I10';

/** The expressions that the DynamoDB store sends, explored through every order of calls, faults and jumps of time. */
const BOUNDS: Readonly<Record<string, Bound>> = {
  '2 retries, 2 faults, 3 jumps': { invariants: I1_TO_I8, scenario: TWO },
  '2 different requests, 2 faults, 3 jumps': { invariants: I1_TO_I8, scenario: { ...TWO, payloads: [1, 2] } },
  '2 requests that commit, 2 faults, 3 jumps': { invariants: WITH_I10, scenario: { ...TWO, commits: [0, 1] } },
  '2 requests with key times, 2 faults, 3 jumps': { invariants: WITH_I9, scenario: { ...TWO, ...TIMED } },
  '3 retries, 1 fault, 2 jumps': { invariants: I1_TO_I8, scenario: THREE },
  '3 requests of which one is another, 1 fault, 2 jumps': { invariants: I1_TO_I8, scenario: { ...THREE, payloads: [1, 1, 2] } },
  '3 requests of which one asks to be retried, 1 fault, 2 jumps': { invariants: I1_TO_I8, scenario: { ...THREE, retryable: [0] } },
  '3 requests that commit, 1 fault, 2 jumps': { invariants: WITH_I10, scenario: { ...THREE, commits: [0, 1, 2] } },
  '3 requests with key times, 1 fault, 3 jumps': { invariants: WITH_I9, scenario: { ...THREE, ...TIMED } },
};

/** One more fault: most of the states, and of the time. */
const DEEP: typeof BOUNDS = {
  '2 retries, 3 faults, 3 jumps': { invariants: I1_TO_I8, scenario: { ...TWO, faults: 3 } },
  '3 retries, 2 faults, 2 jumps': { invariants: I1_TO_I8, scenario: { ...THREE, faults: 2 } },
};

const SHORT_BOUNDS: typeof BOUNDS = { '2 retries, 1 fault, 1 jump': { invariants: I1_TO_I8, scenario: SHORT } };

export const exploration: Part = {
  name: 'Exploration',
  prove: async ({ short, progress }) => {
    const proofs = short ? await explored(SHORT_BOUNDS, 0, progress) : await explored(BOUNDS, 1_000_000, progress);
    return [...proofs, await variants(), await reduction()];
  },
};

export const deepExploration: Part = {
  name: 'Deep exploration',
  prove: async ({ short, progress }) => explored(short ? SHORT_BOUNDS : DEEP, 0, progress),
};

async function explored(bounds: typeof BOUNDS, least: number, progress: Extent['progress']): Promise<readonly Proof[]> {
  const proofs: Proof[] = [];
  let states = 0;
  for (const [name, { invariants, scenario }] of Object.entries(bounds)) {
    progress(name);
    const findings = await explore(scenario, { progress: (seen) => progress(`${name}: ${count(seen)} states`) });
    states += findings.states;
    proofs.push({
      goal: `${invariants} in every state: ${name}`,
      found: findings.violation === undefined
        ? `${count(findings.states)} states, ${count(findings.schedules)} of them ends, no violation`
        : `${findings.violation.invariant}, by ${findings.violation.schedule.join(', ')}`,
      met: findings.violation === undefined,
    });
  }
  return least === 0 ? proofs : [...proofs, { goal: `at least ${count(least)} states`, found: count(states), met: states >= least }];
}

async function variants(): Promise<Proof> {
  const missed: string[] = [];
  for (const [name, { invariant, scenario, rewrite }] of Object.entries(VARIANTS)) {
    const { violation } = await explore({ ...SHORT, ...scenario, expressions: rewrite });
    if (violation === undefined || !invariant.test(violation.invariant)) missed.push(name);
  }
  const all = Object.keys(VARIANTS).length;
  return {
    goal: 'every variant of the expressions without one of its safeguards is found',
    found: missed.length === 0 ? `${all} of ${all}` : `missed: ${missed.join('; ')}`,
    met: missed.length === 0 && all >= 12,
  };
}

/** What the figures above rest on: states that are taken for one lead to the same. */
async function reduction(): Promise<Proof> {
  const [whole, reduced] = [await explore(SHORT, { reduced: false }), await explore(SHORT)];
  const same = whole.verdicts.size === reduced.verdicts.size && [...whole.verdicts].every((verdict) => reduced.verdicts.has(verdict));
  return {
    goal: 'the exploration comes to the same without its reduction',
    found: `${count(whole.states)} states instead of ${count(reduced.states)}, ${same ? `the same ${whole.verdicts.size}` : 'other'} verdicts; `
      + 'each broken variant is held to the same in the tests',
    met: same && reduced.states < whole.states,
  };
}

const count = (number: number): string => number.toLocaleString('en-US');
