import type { Part, Proof } from './part';
import { historiesUnderKills } from '../../test/e2e/support/histories';
import type { Victim } from '../../test/e2e/support/killable-local';
import { ledgerUnderKills } from '../../test/e2e/support/ledger';
import { seededRandom } from '../../test/support/seeded-random';

const LEAST_KILLS = 100;
const LEAST_REQUESTS = 5_000;

/** What clients see, and what comes of their money, while what serves them is killed. */
export const kills: Part = {
  name: 'Kills',
  prove: async ({ short, seed, progress }) => {
    progress('histories');
    const seen = await histories(short, seed);
    progress('ledger');
    return [...seen, ...await ledger(short, seed)];
  },
};

async function histories(short: boolean, seed: string): Promise<readonly Proof[]> {
  const small = { keys: 64, kills: 10, atOnce: 8 };
  const { kills: killed, ...found } = await historiesUnderKills({
    ...(short ? small : { keys: 1_200, kills: 105, atOnce: 16 }), stack: 'Conditional', random: seededRandom(seed),
  });
  const control = await historiesUnderKills({ ...small, stack: 'Unconditional', random: seededRandom(seed) });
  const broken = control.violations.filter((problem) => problem.endsWith('not linearizable')).length;
  const isMuch = short || (killed.sandbox + killed.front + killed.database >= LEAST_KILLS && found.requests >= LEAST_REQUESTS);
  return [
    {
      goal: 'the history of each key is linearizable: one response, written once, and nothing executed after it',
      found: `${told(killed)}; ${count(found.requests)} requests, ${count(found.unknown)} of them of unknown outcome; `
        + `${count(found.executedAgain)} keys executed again; ${found.violations.length === 0 ? 'no violation' : found.violations.join(', ')}`,
      met: found.violations.length === 0 && isMuch,
    },
    {
      goal: 'the same harness finds a store that completes whatever the record says',
      found: `${broken} of ${small.keys} histories are not linearizable`,
      met: broken > 0,
    },
  ];
}

async function ledger(short: boolean, seed: string): Promise<readonly Proof[]> {
  const small = { transfers: 160, kills: 10, clients: 8 };
  const run = short ? small : { transfers: 2_000, kills: 105, clients: 16 };
  const { kills: killed, ...found } = await ledgerUnderKills({ ...run, stack: 'Committed', random: seededRandom(seed) });
  const control = await ledgerUnderKills({ ...small, stack: 'Completed', random: seededRandom(seed) });
  const wrong = found.duplicated + found.missing + Math.abs(found.created) + found.misplaced;
  return [
    {
      goal: 'each transfer of a ledger exactly once',
      found: `${told(killed)}; ${count(found.acknowledged)} transfers acknowledged in ${count(found.requests)} requests; `
        + `${found.duplicated} duplicated, ${found.missing} missing, ${found.created + found.misplaced} cents astray`,
      met: wrong === 0 && found.acknowledged === run.transfers,
    },
    {
      goal: 'the same harness finds duplicates where the response is recorded after the effects',
      found: `${control.duplicated} of ${control.acknowledged} transfers duplicated`,
      met: control.duplicated > 0,
    },
  ];
}

const told = ({ sandbox, front, database }: Readonly<Record<Victim, number>>): string => `${sandbox} sandboxes, ${front} fronts, ${database} databases killed`;

const count = (number: number): string => number.toLocaleString('en-US');
