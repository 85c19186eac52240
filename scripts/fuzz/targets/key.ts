import fc from 'fast-check';
import { parseKey, type KeyResult } from '../../../runtime/request/key';
import { equals, holds } from '../holds';
import type { Json, Target } from '../target';

interface Input {
  readonly [name: string]: Json;
  /** Values of the header, and of its alias; null where it is not sent. */
  readonly header: readonly string[] | null;
  readonly alias: readonly string[] | null;
  readonly minKeyLength: number;
}

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[!-~]{1,12}$/) },
  { weight: 3, arbitrary: fc.constantFrom('"', '\\', '\\"', '\\\\', ',', ' ', '\t', '", "', ';a=1', '\\x', '""', '\x7f', '\0', '\r\n', 'é', '\u{1F600}', '\u2003') },
  { weight: 1, arbitrary: fc.integer({ min: 250, max: 260 }).map((length) => 'k'.repeat(length)) },
);
const value = fc.tuple(fc.array(piece, { maxLength: 5 }), fc.boolean()).map(([pieces, quoted]) => (quoted ? `"${pieces.join('')}"` : pieces.join('')));
const values = fc.option(fc.array(value, { maxLength: 2 }));

/** The key header, held to a reading of RFC 8941 by regular expressions. */
export const keyTarget = (parse: typeof parseKey = parseKey): Target<Input> => ({
  name: 'key',
  share: 22,
  inputs: fc.record({
    header: values,
    alias: values,
    minKeyLength: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 255 }) }),
  }),
  check({ header, alias, minKeyLength }) {
    const headers = new Map(Object.entries({ 'idempotency-key': header, 'x-key': alias }).flatMap(([name, sent]) => (sent === null ? [] : [[name, sent] as const])));
    const found = parse({ headers }, { headerName: 'Idempotency-Key', headerAliases: ['X-Key'], minKeyLength });
    const sent = [header, alias].find((one) => one !== null && one.length > 0);
    equals(meaningOf(found), sent ? reading(sent, minKeyLength) : 'absent', 'the key');
    if (found.kind === 'key') holds(found.sent === sent![0]!.replace(OWS, ''), 'the header as it was sent is kept');
  },
});

const meaningOf = (found: KeyResult): unknown => (found.kind === 'key' ? { key: found.value } : found.kind);

const OWS = /^[ \t]+|[ \t]+$/g;

/** RFC 8941, section 3.3.3, and for a bare key visible ASCII without comma and quote. */
function reading(sent: readonly string[], minKeyLength: number): unknown {
  if (sent.length > 1) return 'invalid';
  const text = sent[0]!.replace(OWS, '');
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(.)/g, '$1');
  const key = quoted ?? /^[\x21\x23-\x2b\x2d-\x7e]+$/.exec(text)?.[0];
  return key === undefined || key.length < Math.max(1, minKeyLength) || key.length > 255 ? 'invalid' : { key };
}
