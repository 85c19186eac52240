// In the place of seeded-properties.ts where every run is to draw the same.
jest.mock('fast-check', () => {
  const actual = jest.requireActual<typeof import('fast-check')>('fast-check');
  actual.configureGlobal({ seed: 1 });
  return actual;
});
