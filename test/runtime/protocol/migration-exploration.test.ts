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

describe('F83: two tenants whose key is one item of the old store, hosts in neighbouring phases, every order of their calls', () => {
  const OTHERS = { tenants: [0, 1, 0] };
  test.each<[string, MigrationScenario, string[]]>([
    ['old', { phases: ['old', 'old'], ...OTHERS, ...ONE_FAULT }, ['mismatch', 'recorded']],
    ['old, then both', { phases: ['old', 'both'], ...OTHERS, ...ONE_FAULT }, ['mismatch']],
    ['both, then both', { phases: ['both', 'both'], ...OTHERS, ...ONE_FAULT }, ['mismatch', 'unfinished in new, repaired']],
    ['both, then both, with releases', { phases: ['both', 'both'], ...OTHERS, ...ONE_FAULT, retryable: [0] }, ['mismatch', 'released']],
    ['both, then new', { phases: ['both', 'new'], ...OTHERS, ...ONE_FAULT }, ['recorded']],
    ['two of both and one of old', { phases: ['both', 'both', 'old'], ...OTHERS, faults: 0, jumps: 1 }, ['mismatch', 'replay']],
    ['two of both and one of new', { phases: ['both', 'both', 'new'], ...OTHERS, faults: 0, jumps: 1 }, ['mismatch', 'different in new']],
    ['a retry, and one of another tenant that crashes', { phases: ['new', 'both', 'both'], ...OTHERS, faults: 1, jumps: 0 }, ['crash', 'different in new']],
  ])('%s: no answer of another’s, and everybody’s own where there is one', async (_, scenario, situations) => {
    const { violation, witnessed } = await exploreMigration(scenario);
    expect(violation).toBeUndefined();
    expect([...witnessed]).toEqual(expect.arrayContaining(situations));
  });
});

describe('F40: two payloads under one key, hosts in neighbouring phases, every order of their calls', () => {
  test.each<[string, MigrationScenario]>([
    ['old, then both', { phases: ['old', 'both'], payloads: [1, 2], ...ONE_FAULT }],
    ['both, then both', { phases: ['both', 'both'], payloads: [1, 2], ...ONE_FAULT }],
    ['new, then both', { phases: ['new', 'both'], payloads: [1, 2], ...ONE_FAULT }],
    ['both, then new', { phases: ['both', 'new'], payloads: [1, 2], ...ONE_FAULT }],
  ])('%s: no answer of the other’s, and one’s own is not lost', async (_, scenario) => {
    const { violation, witnessed } = await exploreMigration(scenario);
    expect(violation).toBeUndefined();
    expect([...witnessed]).toEqual(expect.arrayContaining(['mismatch', 'recorded']));
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

  test.each<[MigrationScenario['phases']]>([[['old', 'old']], [['old', 'both']], [['both', 'both']]])(
    'items of a former table that do not say whose they are, in phases %s: another tenant’s answer',
    async (phases) => {
      const { violation } = await exploreMigration({ phases, tenants: [0, 1], named: false, faults: 0, jumps: 0 });
      expect(violation?.invariant).toBe('I4: an answer that was made for another operation');
    },
  );
});
