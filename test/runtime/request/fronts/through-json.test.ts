import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { throughJson } from '../../../../runtime/request/fronts/parts';

const viaText = (value: unknown): unknown => {
  const json = JSON.stringify(value);
  return json === undefined ? null : JSON.parse(json);
};

const hidden = Object.defineProperty({ statusCode: 201 }, 'body', { value: 'not in JSON', enumerable: false });

test('F62: a result is what it would be after JSON, whether it takes that way or not', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\ud800', '\udc00', '\u2028', 'é') });
  const single = fc.oneof(text, fc.boolean(), fc.integer(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1.5, 2 ** 53, null, undefined));
  const name = fc.oneof(fc.constantFrom('statusCode', 'headers', 'body', 'cookies', 'isBase64Encoded', '__proto__', 'constructor'), text);
  const members = (of: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
    fc.array(fc.tuple(name, of), { maxLength: 5 }).map((entries) => Object.fromEntries(entries) as object);
  const result = members(fc.oneof(single, members(fc.oneof(single, members(single))), fc.array(single, { maxLength: 3 })));
  fc.assert(fc.property(fc.oneof(result, single, fc.anything({ withDate: true, withNullPrototype: true })), (value) => {
    // Jest takes a member called `constructor` for a class.
    expect(isDeepStrictEqual(throughJson(value), { value: viaText(value) })).toBe(true);
  }), {
    examples: [
      [{ statusCode: 201, headers: { 'content-type': 'application/json', 'x-count': 2, 'x-flag': false }, body: '{"id":1}' }],
      [{ statusCode: 201, body: '', headers: { a: { toJSON: () => 'b' } } }],
      [{ statusCode: 201, headers: new Headers({ a: 'b' }) }],
      [{ statusCode: 201, [Symbol('mark')]: 1 }],
      [{ statusCode: 201, headers: { a: undefined } }],
      [hidden],
      [Object.defineProperty({ statusCode: 201, none: 0 }, 'body', { value: 'not in JSON', enumerable: false })],
      [{ statusCode: 201, zero: -0 }],
      [JSON.parse('{"__proto__":"x","statusCode":201}')],
      [JSON.parse('{"statusCode":201,"headers":{"__proto__":"x"}}')],
      [{ statusCode: 201, toJSON: () => 'x' }],
      [Object.defineProperty({ statusCode: 201, body: 'raw' }, 'toJSON', { value: () => ({ statusCode: 200 }), enumerable: false })],
      [{ statusCode: 201, headers: Object.defineProperty({ a: 'b' }, 'toJSON', { value: () => ({ a: 'c' }), enumerable: false }) }],
      [Object.assign(Object.create({ inherited: 'not in JSON' }) as object, { statusCode: 201 })],
    ],
  });
});

test('F62: what is changed in a result once it was returned changes nothing of what is recorded', () => {
  const result = { statusCode: 201, headers: { a: 'b' } };
  const read = throughJson(result)!;
  result.statusCode = 500;
  result.headers.a = 'c';
  expect(read.value).toEqual({ statusCode: 201, headers: { a: 'b' } });
});
