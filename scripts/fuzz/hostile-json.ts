import fc from 'fast-check';
import type { Json } from './target';

/** Names that JavaScript, JSON or this package treat in a way of their own. */
const NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'valueOf', 'hasOwnProperty', 'then', 'length', '0', '10', '-1', '', ' ',
  'statusCode', 'headers', 'body', 'code', 'name', 'source', 'of', 'include', 'exclude', 'idempotency', 'Idempotency-Key',
];

const LEAVES: readonly Json[] = [
  null, true, false, 0, -0, 1, -1, 1.5, 1e21, 1e308, 5e-324, 2 ** 53, 2 ** 53 + 2, -(2 ** 31), 4294967295,
  '', ' ', 'a', '0', '-1', 'NaN', '1e400', 'null', '\0', '\r\n', '\u2028', '\u202e', '\ufeff', 'é', '\u{1F600}', '__proto__', 'constructor',
  'a,b', '"', '\\', '%', '%zz', '../..', '/', '//', '{}', '[]', 'a'.repeat(300),
];

/** As UTF-8 can say it: half a surrogate pair becomes U+FFFD. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();

export const name = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', maxLength: 8 }).map(wellFormed));

export const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(...LEAVES),
  fc.string({ unit: 'binary', maxLength: 20 }).map(wellFormed),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any JSON value; `__proto__` is a member like any other. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json; array: Json; object: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('array'), tie('object')),
  array: fc.array(tie('value'), { maxLength: 4 }),
  object: objectOf(tie('value')),
})).value;

/** An object with these members, names of every kind among them. */
export function objectOf(value: fc.Arbitrary<Json>, names: fc.Arbitrary<string> = name): fc.Arbitrary<{ readonly [name: string]: Json }> {
  return fc.array(fc.tuple(names, value), { maxLength: 4 }).map((members) => Object.fromEntries(members));
}

/** A value that is what it should be, or now and then anything. */
export const orAnything = <T extends Json>(right: fc.Arbitrary<T>, weight = 6): fc.Arbitrary<Json> =>
  fc.oneof({ weight, arbitrary: right as fc.Arbitrary<Json> }, { weight: 1, arbitrary: json });
