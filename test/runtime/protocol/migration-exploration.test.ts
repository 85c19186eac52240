import { exploreMigration, type MigrationScenario } from './two-store-explorer';

jest.setTimeout(600_000);

const ONE_FAULT = { faults: 1, jumps: 1 };

describe('F69, F70: hosts in neighbouring phases, every order of their calls', () => {
  test.each<[string, MigrationScenario, string[]]>([
    ['old, then both', { phases: ['old', 'both'], ...ONE_FAULT }, ['second execution', 'missing in new, repaired', 'unfinished in new, repaired']],
    ['both, then old', { phases: ['both', 'old'], ...ONE_FAULT }, ['second execution', 'superseded', 'superseded-running']],
    ['both, then both', { phases: ['both', 'both'], ...ONE_FAULT }, ['replay', 'conflict', 'unpersisted', 'unfinished in new, repaired']],
    ['both, then new', { phases: ['both', 'new'], ...ONE_FAULT }, ['second execution', 'different in new', 'superseded']],
    ['new, then both', { phases: ['new', 'both'], ...ONE_FAULT }, ['second execution', 'missing in old, repaired', 'missing in old']],
    ['both and new, with releases', { phases: ['both', 'new'], ...ONE_FAULT, retryable: [0] }, ['released', 'release refused']],
    ['old and both, with releases', { phases: ['old', 'both'], ...ONE_FAULT, retryable: [1] }, ['released', 'release refused']],
    ['two of both and one of new', { phases: ['both', 'new', 'both'], faults: 0, jumps: 1 }, ['superseded', 'different in new']],
    ['two of both and one of old', { phases: ['both', 'old', 'both'], faults: 0, jumps: 1 }, ['superseded', 'different in new']],
  ])('%s: one answer, no second execution without the end of a lease, and that one is told', async (_, scenario, situations) => {
    const { violation, witnessed } = await exploreMigration(scenario);
    expect(violation).toBeUndefined();
    expect([...witnessed]).toEqual(expect.arrayContaining(situations));
  });
});

describe('F69: the exploration finds', () => {
  test.each<[string, MigrationScenario]>([
    ['a deciding store that is swapped in one step', { phases: ['old', 'new'], faults: 0, jumps: 0 }],
    ['the same on the way back', { phases: ['new', 'old'], faults: 0, jumps: 0 }],
    ['a middle phase that is left before one retention has passed', { phases: ['old', 'both', 'new'], afterwards: [2], faults: 0, jumps: 0 }],
  ])('%s: two executions', async (_, scenario) => {
    const { violation } = await exploreMigration(scenario);
    expect(violation?.invariant).toBe('I8: two executions without the end of a lease');
  });
});
