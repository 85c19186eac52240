import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { IdempotentFetchError, keyFrom } from '../../client';

test('the key of the same parts is the same, on every machine and in every version', async () => {
  expect(await keyFrom(['order', 7, 'submit'])).toBe('30f28a50236d1562ffaf88f57a3377c2fe225bc7b2543489f2a2755dca9ffc43');
});

test('it is the SHA-256 of each part behind its length', async () => {
  expect(await keyFrom(['checkout', 'Grüße'])).toBe(createHash('sha256').update('8:checkout5:Grüße').digest('hex'));
});

test('it is a key that every server takes', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger()), { minLength: 1 }), async (parts) => {
    expect(await keyFrom(parts)).toMatch(/^[0-9a-f]{64}$/);
  }));
});

test('two lists of parts have one key only if they are the same: nothing in a part looks like the end of one', async () => {
  const part = fc.string({ unit: fc.constantFrom('1', '2', ':', 'a', '') });
  await fc.assert(fc.asyncProperty(fc.array(part, { minLength: 1 }), fc.array(part, { minLength: 1 }), async (one, other) => {
    expect(await keyFrom(one) === await keyFrom(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
  }), { examples: [[['a', 'b'], ['ab']], [[''], ['', '']], [['1:a'], ['a']], [['a1:b'], ['a', 'b']]] });
});

test('a number is its text, so that an id read from a form and one read from JSON are one', async () => {
  expect(await keyFrom(['order', 7])).toBe(await keyFrom(['order', '7']));
});

test.each([
  ['an empty list', []],
  ['a text', 'order-7'],
  ['nothing', undefined],
  ['a missing id', ['order', undefined]],
  ['a null id', ['order', null]],
  ['a fraction, which is not exact', ['price', 0.1]],
  ['a number that other numbers are read as', ['order', 2 ** 53]],
  ['NaN', [NaN]],
  ['an object', [{ id: 7 }]],
])('%s is refused', async (_, parts) => {
  const refused = keyFrom(parts as string[]);
  await expect(refused).rejects.toBeInstanceOf(IdempotentFetchError);
  await expect(refused).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFIGURATION',
    message: `parts cannot be "${String(parts)}": use strings or safe integers`,
  });
});
