import type { Extent, Part, Proof } from './part';
import { explore, type Scenario } from '../../test/runtime/protocol/explorer';
import { VARIANTS } from '../../test/runtime/protocol/expression-variants';

const SHORT: Scenario = { requests: 2, faults: 1, jumps: 1, jumpsTo: ['lease'], payloads: [1, 1], expressions: true };

/** The expressions that the DynamoDB store sends, explored through every order of calls, faults and jumps of time. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  '2 requests, 2 faults, 3 jumps': { requests: 2, faults: 2, jumps: 3, payloads: [1, 1], expressions: true },
  '2 different requests, 1 fault, 2 jumps': { requests: 2, faults: 1, jumps: 2, payloads: [1, 2], expressions: true },
  '2 requests that commit, 1 fault, 2 jumps': { requests: 2, faults: 1, jumps: 2, payloads: [1, 1], commits: [0, 1], expressions: true },
  '3 requests, 1 fault, 2 jumps': { requests: 3, faults: 1, jumps: 2, payloads: [1, 1, 1], expressions: true },
};

export const exploration: Part = {
  name: 'Exploration',
  prove: async ({ short }: Extent) => {
    const proofs: Proof[] = [];
    let states = 0;
    for (const [name, scenario] of Object.entries(short ? { '2 requests, 1 fault, 1 jump': SHORT } : SCENARIOS)) {
      const findings = await explore(scenario);
      states += findings.states;
      proofs.push({
        goal: `I1 to I8 and I10 in every state: ${name}`,
        found: findings.violation === undefined
          ? `${count(findings.states)} states, ${count(findings.schedules)} schedules, no violation`
          : `${findings.violation.invariant}, by ${findings.violation.schedule.join(', ')}`,
        met: findings.violation === undefined,
      });
    }
    if (!short) proofs.push({ goal: 'at least 1,000,000 states', found: count(states), met: states >= 1_000_000 });
    return [...proofs, await variants()];
  },
};

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

const count = (number: number): string => number.toLocaleString('en-US');
