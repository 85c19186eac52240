import { ledgerUnderKills } from './support/ledger';
import { seededRandom } from '../support/seeded-random';

jest.setTimeout(240_000);

const RUN = { transfers: 160, kills: 10, clients: 8 };

test('F200: a ledger whose sandboxes, front and database are killed moves each transfer exactly once', async () => {
  const findings = await ledgerUnderKills({ ...RUN, stack: 'Committed', random: seededRandom('ledger') });
  expect(findings).toMatchObject({
    acknowledged: RUN.transfers, duplicated: 0, missing: 0, created: 0, misplaced: 0, kills: { sandbox: 6, front: 2, database: 2 },
  });
});

test('F4: the same without commit moves some of them twice', async () => {
  const findings = await ledgerUnderKills({ ...RUN, stack: 'Completed', random: seededRandom('ledger') });
  expect(findings).toMatchObject({ acknowledged: RUN.transfers, missing: 0, created: 0 });
  expect(findings.duplicated).toBeGreaterThan(0);
  expect(findings.misplaced).toBeGreaterThan(0);
});
