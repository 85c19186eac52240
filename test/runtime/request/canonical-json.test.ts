import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalDocument, canonicalJson, parseUnambiguous } from '../../../runtime/request/canonical-json';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** Names of every kind: indices, those that JavaScript treats in its own way, and such as UTF-16 orders otherwise than code points. */
const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('10', '9', '1', '01', '-1', '1.5', '4294967295', '__proto__', 'constructor', 'toJSON', '\u{1F600}', '\uFB33', 'é', ''),
);
const document = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('array'), tie('object')),
  leaf: fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant(-0)),
  array: fc.array(tie('value'), { maxLength: 5 }),
  // Defined, so that `__proto__` is a member like any other.
  object: fc.uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key, maxLength: 6 }).map((members) => Object.fromEntries(members)),
})).value;

test('the canonical form is RFC 8785, as its reference writes it, for any document', () => {
  fc.assert(fc.property(document, (value) => {
    const text = JSON.stringify(value);
    const expected = canonicalize(JSON.parse(text));
    expect(canonicalDocument(bytes(text))).toBe(expected);
    expect(canonicalJson(parseUnambiguous(bytes(text))!.document)).toBe(expected);
  }), { numRuns: 3_000 });
});

test('neither white space nor the writing of a string makes a difference', () => {
  const escaped = (text: string): string => text.replaceAll(/[a-z]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  fc.assert(fc.property(document, (value) => {
    const written = JSON.stringify(value, null, 2).replaceAll(/"(?:[^"\\]|\\.)*"/g, (literal) => (literal.includes('\\') ? literal : escaped(literal)));
    expect(canonicalDocument(bytes(written))).toBe(canonicalDocument(bytes(JSON.stringify(value))));
  }));
});

test('F53: a name twice has no canonical form, wherever it is and however it is written', () => {
  fc.assert(fc.property(document, name, (value, twice) => {
    const inner = JSON.stringify(value);
    const again = [...twice].map((one) => (one.length === 1 ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : one)).join('');
    const text = `[1,{"a":{${JSON.stringify(twice)}:${inner},"${again}":${inner}}}]`;
    expect(canonicalDocument(bytes(text))).toBeUndefined();
    expect(parseUnambiguous(bytes(text))).toBeUndefined();
  }));
});

test('the shape of one object says nothing of the next', () => {
  const text = '[{"b":1,"a":2},{"a":1,"b":2},{"b":1,"a":2,"c":3},{"c":1,"b":2,"a":3},{"b":{"z":1,"y":2},"a":{"y":1,"z":2}},{"2":1,"10":2}]';
  expect(canonicalDocument(bytes(text))).toBe('[{"a":2,"b":1},{"a":1,"b":2},{"a":2,"b":1,"c":3},{"a":3,"b":2,"c":1},{"a":{"y":1,"z":2},"b":{"y":2,"z":1}},{"10":2,"2":1}]');
});

test.each([
  ['a number that a double does not hold', '[12345678901234567890]'],
  ['a fraction that a double does not hold', '[0.1000000000000000055511151231257827]'],
  ['a lone surrogate', '["\\ud800"]'],
  ['a byte order mark', '\uFEFF[]'],
  ['something after the document', '[] []'],
  ['201 levels', '['.repeat(201) + ']'.repeat(201)],
])('F53: %s has no canonical form', (_, text) => {
  expect(canonicalDocument(bytes(text))).toBeUndefined();
});

test.each([
  ['[1.0,1e0,10E-1,-0,0.0]', '[1,1,1,0,0]'],
  ['[999999999999999,-999999999999999,1e21]', '[999999999999999,-999999999999999,1e+21]'],
  ['{"a":"\\ud83d\\ude00"}', '{"a":"😀"}'],
  ['"\\u2028"', '"\u2028"'],
  [' 7 ', '7'],
  ['['.repeat(200) + ']'.repeat(200), '['.repeat(200) + ']'.repeat(200)],
])('%s is written %s', (text, expected) => {
  expect(canonicalDocument(bytes(text))).toBe(expected);
});
