import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalDocument } from '../../../runtime/request/canonical-json';
import { equals, holds } from '../holds';
import { json } from '../hostile-json';
import type { Json, Target } from '../target';

type Input =
  /** JSON as JSON.stringify writes it. */
  | { readonly document: Json; readonly indent: number }
  /** A text, and what it becomes: JSON that is broken, ambiguous, or none. */
  | { readonly text: string; readonly edits: readonly { readonly at: number; readonly drop: number; readonly put: string }[] }
  | { readonly base64: string }
  | { readonly open: string; readonly times: number; readonly inner: string; readonly close: string };

const edit = fc.record({
  at: fc.nat({ max: 200 }),
  drop: fc.nat({ max: 3 }),
  put: fc.constantFrom('', '"', '\\', '\\u', '\\ud800', '\\ude00', '{', '}', '[', ']', ':', ',', '-', '.', 'e', '0', '1', '00', '1e400', '123456789012345678901', '0.1', '-0', ' ', '\n', '\ufeff', '"a":1,', '"\\u0061":1,', 'null', '/**/', '\0'),
});
const nested = fc.record({
  open: fc.constantFrom('[', '{"a":', '[[', '[1,', '{"__proto__":', '{"10":{"b":', '"', '\\', '{"a":1,"b":', '[1e'),
  times: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 250 }) }, { weight: 1, arbitrary: fc.constantFrom(5_000, 100_000) }),
  inner: fc.constantFrom('1', '', '{}', '"x"', '1e9999'),
  close: fc.constantFrom(']', '}', '', ']]', '}}'),
});

/** RFC 8785, held to its reference; whatever comes is read, or has no canonical form. */
export const canonicalJsonTarget = (canonical: typeof canonicalDocument = canonicalDocument): Target<Input> => ({
  name: 'canonical-json',
  share: 18,
  inputs: fc.oneof(
    { weight: 4, arbitrary: fc.record({ document: json, indent: fc.nat({ max: 2 }) }) },
    { weight: 6, arbitrary: fc.record({ text: json.map((value) => JSON.stringify(value)), edits: fc.array(edit, { minLength: 1, maxLength: 3 }) }) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ base64: Buffer.from(bytes).toString('base64') })) },
    { weight: 1, arbitrary: nested },
  ),
  check(input) {
    const bytes = bytesOf(input);
    const found = canonical(bytes);
    if ('document' in input) holds(found !== undefined, 'a document that all parsers read alike has a canonical form');
    if (found === undefined) return;
    const text = bytes.toString('utf8');
    equals(found, canonicalize(JSON.parse(text)), 'the canonical form');
    equals(canonical(Buffer.from(found)), found, 'the canonical form of a canonical form');
    holds(!hasNameTwice(text), 'a document with a name twice has no canonical form');
    holds(Buffer.from(text).equals(bytes) && !text.startsWith('\ufeff'), 'what is not UTF-8 has no canonical form');
  },
});

function bytesOf(input: Input): Buffer {
  if ('base64' in input) return Buffer.from(input.base64, 'base64');
  if ('document' in input) return Buffer.from(JSON.stringify(input.document, null, input.indent));
  if ('open' in input) return Buffer.from(input.open.repeat(input.times) + input.inner + input.close.repeat(input.times));
  return Buffer.from(input.edits.reduce((text, { at, drop, put }) => {
    const place = text.length === 0 ? 0 : at % text.length;
    return text.slice(0, place) + put + text.slice(place + drop);
  }, input.text));
}

/** Of a text that is JSON. */
function hasNameTwice(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, literal, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*(:?)|[{}]/g)) {
    if (token === '{') {open.push(new Set());} else if (token === '}') {open.pop();} else if (colon === ':') {
      const name = JSON.parse(literal!) as string;
      if (open.at(-1)!.has(name)) return true;
      open.at(-1)!.add(name);
    }
  }
  return false;
}
