import { historiesUnderKills } from './support/histories';
import { seededRandom } from '../support/seeded-random';

jest.setTimeout(240_000);

test('F175: what the clients of each key have seen is one response, written once, whatever was killed meanwhile', async () => {
  const { kills, executedAgain, unknown, violations } = await historiesUnderKills({
    stack: 'Conditional', keys: 64, kills: 10, atOnce: 8, random: seededRandom('histories'),
  });
  expect(violations).toEqual([]);
  expect(kills).toEqual({ sandbox: 6, front: 2, database: 2 });
  // It has to have been hard: takeovers, and requests without an answer.
  expect(executedAgain).toBeGreaterThan(0);
  expect(unknown).toBeGreaterThan(0);
});

test('F175: the same with completions that take any record for their own is found out', async () => {
  const { violations } = await historiesUnderKills({ stack: 'Unconditional', keys: 32, kills: 2, atOnce: 8, random: seededRandom('histories') });
  expect(violations.filter((problem) => problem.endsWith('not linearizable'))).not.toEqual([]);
});
