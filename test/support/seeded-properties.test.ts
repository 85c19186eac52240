import fc from 'fast-check';

test('property tests draw from the seed that the run prints', () => {
  expect(fc.readConfigureGlobal()).toMatchObject({ seed: jest.getSeed() });
});

test('a property that fails says its seed and what it failed with', () => {
  expect(() => fc.assert(fc.property(fc.integer(), (n) => n < 1_000))).toThrow(new RegExp(`seed: ${jest.getSeed()}, path: .*\\nCounterexample: \\[1000\\]`));
});
