import fc from 'fast-check';
import type { Item, Value } from './evaluate';

const NAMES = ['a', 'b', 'c'] as const;

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom('', 'P', 'C', 'zzz').filter((text) => text !== '').map((S) => ({ S })),
  fc.constantFrom(0, 1, 9, 10, 1_800_000_000_000).map((number) => ({ N: String(number) })),
  fc.constantFrom([1], [1, 2], [255]).map((bytes) => ({ B: Uint8Array.from(bytes) })),
);

const item: fc.Arbitrary<Item | undefined> = fc.option(
  fc.record({ a: value, b: value, c: value }, { requiredKeys: [] }) as fc.Arbitrary<Item>, { nil: undefined },
);

const comparator = fc.constantFrom('=', '<>', '<', '<=', '>', '>=');
const name = fc.constantFrom(...NAMES).map((each) => `#${each}`);
const placeholder = fc.constantFrom(':x', ':y');

const { condition } = fc.letrec<{ condition: string; simple: string }>((tie) => ({
  simple: fc.oneof(
    fc.tuple(name, comparator, placeholder).map((words) => words.join(' ')),
    fc.tuple(name, comparator, name).filter(([left, , right]) => left !== right).map((words) => words.join(' ')),
    fc.tuple(fc.constantFrom('attribute_exists', 'attribute_not_exists'), name).map(([call, of]) => `${call}(${of})`),
  ),
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('simple'),
    fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition')).map((words) => words.join(' ')),
    tie('condition').map((inner) => `(${inner})`).filter((inner) => !inner.startsWith('((')),
    tie('condition').map((inner) => `NOT (${inner.replace(/^\((.*)\)$/, '$1')})`),
  ),
}));

const assignment = (target: string): fc.Arbitrary<string> => fc.oneof(
  placeholder.map((from) => `#${target} = ${from}`),
  fc.tuple(name, placeholder).map(([of, otherwise]) => `#${target} = if_not_exists(${of}, ${otherwise})`),
  fc.tuple(name, fc.constant(':n'), fc.constant(':n')).map(([of, otherwise, more]) => `#${target} = if_not_exists(${of}, ${otherwise}) + ${more}`),
);

const update = fc.record({
  set: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }),
}).chain(({ set }) => fc.tuple(
  fc.tuple(...set.map(assignment)),
  fc.constantFrom(...NAMES.filter((each) => !set.includes(each)), undefined),
)).map(([assignments, removed]) => `SET ${assignments.join(', ')}${removed === undefined ? '' : ` REMOVE #${removed}`}`);

/** An item, a condition on it and an update of it, at random. */
export const randomWrite = fc.record({ item, condition, update, x: value, y: value });

export interface RandomWrite {
  readonly condition: string;
  readonly update: string;
  readonly x: Value;
  readonly y: Value;
}

/** Both expressions' placeholders, and no other: DynamoDB refuses what is defined and not used. */
export function placeholdersOf({ condition: when, update: how, x, y }: RandomWrite) {
  const text = `${when} ${how}`;
  const all: Record<string, Value> = { ':x': x, ':y': y, ':n': { N: '3' } };
  const values = Object.fromEntries(Object.entries(all).filter(([word]) => new RegExp(`${word}\\b`).test(text)));
  return {
    names: Object.fromEntries(NAMES.filter((each) => new RegExp(`#${each}\\b`).test(text)).map((each) => [`#${each}`, each])),
    values,
  };
}
