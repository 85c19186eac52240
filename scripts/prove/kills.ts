import type { Part } from './part';
import { historiesUnderKills } from '../../test/e2e/support/histories';
import { seededRandom } from '../../test/support/seeded-random';

const LEAST_KILLS = 100;
const LEAST_REQUESTS = 5_000;

/** What the clients of each key see while what serves them is killed, and the same with a store that is broken. */
export const kills: Part = {
  name: 'Kills',
  prove: async ({ short, seed }) => {
    const small = { keys: 64, kills: 10, atOnce: 8 };
    const run = short ? small : { keys: 900, kills: 105, atOnce: 16 };
    const { kills: killed, ...found } = await historiesUnderKills({ ...run, stack: 'Conditional', random: seededRandom(seed) });
    const control = await historiesUnderKills({ ...small, stack: 'Unconditional', random: seededRandom(seed) });
    const broken = control.violations.filter((problem) => problem.endsWith('not linearizable')).length;
    const all = killed.sandbox + killed.front + killed.database;
    return [
      {
        goal: 'the history of each key is linearizable: one response, written once, and nothing executed after it',
        found: `${found.violations.length === 0 ? 'no violation' : found.violations.join(', ')} in ${run.keys} histories; `
          + `${count(found.requests)} requests, ${count(found.unknown)} of them of unknown outcome; ${count(found.executedAgain)} keys executed again`,
        met: found.violations.length === 0,
      },
      {
        goal: `at least ${LEAST_KILLS} \`kill -9\` under at least ${count(LEAST_REQUESTS)} requests`,
        found: `${killed.sandbox} sandboxes, ${killed.front} fronts, ${killed.database} databases; ${count(found.requests)} requests`,
        met: short || (all >= LEAST_KILLS && found.requests >= LEAST_REQUESTS),
      },
      {
        goal: 'the same harness finds a store that completes whatever the record says',
        found: `${broken} of ${small.keys} histories are not linearizable`,
        met: broken > 0,
      },
    ];
  },
};

const count = (number: number): string => number.toLocaleString('en-US');
