import fc from 'fast-check';
import type { HttpRequest } from '../../../runtime/request/fronts/front';
import { MAX_KEY_LENGTH, parseKey, type KeyFault, type KeyRules } from '../../../runtime/request/key';

const RULES: KeyRules = { headerName: 'Idempotency-Key', headerAliases: [], minKeyLength: 1 };

const request = (headers: Record<string, readonly string[]>): HttpRequest => ({
  front: 'http-api',
  method: 'POST',
  path: '/payments',
  query: '',
  route: '/payments',
  headers: new Map(Object.entries(headers)),
  body: new Uint8Array(),
  identity: { authenticated: false },
});

const parse = (header: string, rules: KeyRules = RULES) => parseKey(request({ 'idempotency-key': [header] }), rules);
const key = (value: string, sent = value) => ({ kind: 'key', value, sent });
const quote = (value: string) => `"${value.replace(/[\\"]/g, '\\$&')}"`;

/** A key that is legal bare: visible ASCII without comma and quote. */
const VISIBLE = Array.from({ length: 0x7f - 0x21 }, (_, at) => String.fromCharCode(0x21 + at));
const text = (alphabet: readonly string[]) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: MAX_KEY_LENGTH }).map((characters) => characters.join(''));
const bareKey = text(VISIBLE.filter((character) => character !== ',' && character !== '"'));
/** A key that is legal in quotes: any character of an RFC 8941 string. */
const anyKey = text([...VISIBLE, ' ']);
const whiteSpace = fc.array(fc.constantFrom(' ', '\t'), { maxLength: 4 }).map((characters) => characters.join(''));

describe('where the key is', () => {
  test('a request without the header has no key', () => {
    expect(parseKey(request({ 'content-type': ['application/json'] }), RULES)).toEqual({ kind: 'absent' });
  });

  test('F41: the configured name matches in any case', () => {
    fc.assert(
      fc.property(bareKey, fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }), (value, upper) => {
        const headerName = [...'idempotency-key'].map((c, at) => (upper[at] ? c.toUpperCase() : c)).join('');
        expect(parse(value, { ...RULES, headerName })).toEqual(key(value));
        expect(parse(value, { ...RULES, headerName: 'X-Other', headerAliases: [headerName] })).toEqual(key(value));
      }),
    );
  });

  test('the first name that is sent wins, in the order headerName, then the aliases', () => {
    const rules = { ...RULES, headerAliases: ['X-Idempotency-Key', 'X-Request-Token'] };
    const headers = { 'x-request-token': ['third'], 'x-idempotency-key': ['second'], 'idempotency-key': ['first'] };
    expect(parseKey(request(headers), rules)).toEqual(key('first'));
    expect(parseKey(request({ ...headers, 'idempotency-key': [] }), rules)).toEqual(key('second'));
    expect(parseKey(request({ 'x-request-token': ['third'] }), rules)).toEqual(key('third'));
  });

  test('a wrong header is not mended by a good alias', () => {
    const rules = { ...RULES, headerAliases: ['X-Key'] };
    expect(parseKey(request({ 'idempotency-key': [''], 'x-key': ['good'] }), rules)).toEqual({ kind: 'invalid', reason: 'empty' });
    expect(parseKey(request({ 'idempotency-key': ['good'], 'x-key': [''] }), rules)).toEqual(key('good'));
  });

  test('F44: several key headers are invalid, even when equal', () => {
    fc.assert(
      fc.property(fc.array(bareKey, { minLength: 2, maxLength: 4 }), fc.boolean(), (values, equal) => {
        const sent = equal ? values.map(() => values[0]!) : values;
        expect(parseKey(request({ 'idempotency-key': sent }), RULES)).toEqual({ kind: 'invalid', reason: 'several' });
        expect(parse(sent.join(', '))).toEqual({ kind: 'invalid', reason: 'comma' });
      }),
    );
  });

  test('F44: two that the gateway joined are invalid, quoted or not, with what white space there is', () => {
    const sent = fc.array(fc.tuple(fc.oneof(bareKey, anyKey.map(quote)), whiteSpace), { minLength: 2, maxLength: 4 });
    const joined = sent.map((values) => values.map(([value, space]) => space + value + space).join(','));
    fc.assert(fc.property(joined, (header) => expect(parse(header)).toEqual({ kind: 'invalid', reason: 'comma' })));
  });
});

describe('what the key is', () => {
  test('F42: quoted and bare name one key', () => {
    fc.assert(
      fc.property(bareKey, (value) => {
        expect(parse(value)).toEqual(key(value));
        expect(parse(quote(value))).toEqual(key(value, quote(value)));
      }),
    );
  });

  test('F42: unquoting undoes quoting for every legal key', () => {
    fc.assert(fc.property(anyKey, (value) => expect(parse(quote(value))).toEqual(key(value, quote(value)))));
  });

  test.each(['checkout 789', 'order-1, order-2', ' ', ', ', '"a", "b"', ' padded '])('F42: in quotes a key has any character of an RFC 8941 string: %j', (value) => {
    expect(parse(quote(value))).toEqual(key(value, quote(value)));
  });

  test('F42: an escape of anything but a quote or a backslash is invalid', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VISIBLE.filter((c) => !['"', '\\', ','].includes(c))), (escaped) => {
        expect(parse(`"a\\${escaped}b"`)).toEqual({ kind: 'invalid', reason: 'escape' });
      }),
    );
  });

  test('F43: white space around the key is not part of it', () => {
    fc.assert(
      fc.property(whiteSpace, anyKey, whiteSpace, (before, value, after) => {
        expect(parse(before + quote(value) + after)).toEqual(key(value, quote(value)));
      }),
    );
  });

  test('F43: no header whatever yields anything but 1 to 255 ASCII characters, space and comma only from inside quotes', () => {
    const nasty = fc.constantFrom('"', '\\', ',', ' ', '\t', '\r', '\n', '\0', 'é', '\u00a0', '\ud800', 'a', ';');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: nasty }), fc.string({ unit: 'binary' })), (header) => {
        const result = parse(header);
        expect(result.kind).not.toBe('absent');
        if (result.kind === 'key') expect(result.value).toMatch(header.includes('"') ? /^[\x20-\x7e]{1,255}$/ : /^[\x21-\x2b\x2d-\x7e]{1,255}$/);
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, string, KeyFault]>([
    ['empty', '', 'empty'],
    ['white space alone', ' \t ', 'empty'],
    ['an empty quoted string', '""', 'empty'],
    ['a comma', 'a,b', 'comma'],
    ['two strings, joined', '"a", "b"', 'comma'],
    ['a string and a bare key, joined', '"a",b', 'comma'],
    ['a bare key and a string, joined', 'a,"b"', 'comma'],
    ['a lone quote', '"', 'quote'],
    ['an unbalanced quote at the start', '"abc', 'quote'],
    ['an unbalanced quote at the end', 'abc"', 'quote'],
    ['quotes inside a bare key', 'a"b"c', 'quote'],
    ['a closing quote that is escaped', '"abc\\"', 'quote'],
    ['a backslash at the very end', '"abc\\', 'quote'],
    ['RFC 8941 parameters after the string', '"abc";version=1', 'quote'],
    ['text after the string', '"abc"def', 'quote'],
    ['two strings', '"abc" "def"', 'quote'],
    ['a bad escape', '"a\\nb"', 'escape'],
    ['a space inside', 'a b', 'character'],
    ['a tab inside quotes', '"a\tb"', 'character'],
    ['a letter beyond ASCII inside quotes', '"clé"', 'character'],
    ['a line break, which is no optional white space', 'abc\n', 'character'],
    ['a control character', 'a\x7fb', 'character'],
    ['a letter beyond ASCII', 'clé', 'character'],
    ['a lone surrogate', '\ud800', 'character'],
    ['256 characters', 'k'.repeat(256), 'too-long'],
    ['256 characters in quotes', quote('k'.repeat(256)), 'too-long'],
  ])('F43: %s is invalid', (_name, header, reason) => {
    expect(parse(header)).toEqual({ kind: 'invalid', reason });
  });

  test('F43: 255 characters are legal, however many the quoting adds', () => {
    const longest = '"'.repeat(MAX_KEY_LENGTH);
    expect(parse(quote(longest))).toEqual(key(longest, quote(longest)));
  });

  test('F51: minKeyLength counts the characters after unquoting', () => {
    const rules = { ...RULES, minKeyLength: 16 };
    expect(parse('a'.repeat(15), rules)).toEqual({ kind: 'invalid', reason: 'too-short' });
    expect(parse(quote('"'.repeat(15)), rules)).toEqual({ kind: 'invalid', reason: 'too-short' });
    expect(parse(quote('"'.repeat(16)), rules)).toEqual(key('"'.repeat(16), quote('"'.repeat(16))));
  });
});
