import type { Part } from './part';
import { ledgerUnderKills } from '../../test/e2e/support/ledger';
import { seededRandom } from '../../test/support/seeded-random';

/** Transfers of the ledger example while what serves them is killed, and the same without `commit`. */
export const ledger: Part = {
  name: 'Ledger',
  prove: async ({ short, seed }) => {
    const run = short ? { transfers: 160, kills: 10, clients: 8 } : { transfers: 2_000, kills: 105, clients: 16 };
    const { kills: killed, ...found } = await ledgerUnderKills({ ...run, stack: 'Committed', random: seededRandom(seed) });
    const control = await ledgerUnderKills({ transfers: 160, kills: 10, clients: 8, stack: 'Completed', random: seededRandom(seed) });
    const wrong = found.duplicated + found.missing + Math.abs(found.created) + found.misplaced;
    return [
      {
        goal: `each transfer exactly once, under ${run.kills} kills`,
        found: `${killed.sandbox} sandboxes, ${killed.front} fronts, ${killed.database} databases killed; ${found.acknowledged} transfers acknowledged in `
          + `${found.requests} requests; ${found.duplicated} duplicated, ${found.missing} missing, ${found.created + found.misplaced} cents astray`,
        met: wrong === 0 && found.acknowledged === run.transfers,
      },
      {
        goal: 'the same harness finds duplicates where the response is recorded after the effects',
        found: `${control.duplicated} of ${control.acknowledged} transfers duplicated`,
        met: control.duplicated > 0,
      },
    ];
  },
};
