// What property tests draw follows from Jest's seed, which each run prints:
// `npm test -- --seed 123` draws the same again.
jest.mock('fast-check', () => {
  const actual = jest.requireActual<typeof import('fast-check')>('fast-check');
  actual.configureGlobal({ seed: jest.getSeed() });
  return actual;
});
