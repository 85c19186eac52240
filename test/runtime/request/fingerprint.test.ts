import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { WireFingerprint } from '../../../lib/contract';
import { describeFingerprint, fingerprint, isKeyed, keyed, sameRequest, type FingerprintRules } from '../../../runtime/request/fingerprint';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: Uint8Array;
}

const PAYMENT: Sent = { method: 'POST', path: '/payments', query: 'dry=0', body: Buffer.from('{"amount":100}') };

const SENT_AT = 'Fri, 15 Jan 2027 08:00:00 GMT';
const BODY_OFF: FingerprintRules = { includeRequestHash: false, fingerprint: 'bytes' };
const comparing = (what: WireFingerprint): FingerprintRules => ({ includeRequestHash: true, fingerprint: what });
const SCHEMES: readonly FingerprintRules[] = [
  BODY_OFF,
  comparing('bytes'),
  comparing('json'),
  comparing({ include: ['/amount'] }),
  comparing({ include: ['/amount', '/currency'] }),
  comparing({ exclude: ['/amount'] }),
];
const scheme = fc.constantFrom(...SCHEMES);

const body = (text: string): Sent => ({ ...PAYMENT, body: Buffer.from(text) });
const same = (a: Sent, b: Sent, rules: FingerprintRules, recordedUnder = rules) =>
  sameRequest(fingerprint(a, recordedUnder), fingerprint(b, rules));
const sameBody = (a: string, b: string, what: WireFingerprint) => same(body(a), body(b), comparing(what));

/** The same document written by someone else: members in another order, other white space. */
const rewritten = (value: unknown, random: () => boolean): string => {
  const space = random() ? ' \n\t' : '';
  if (Array.isArray(value)) return `[${space}${value.map((item) => rewritten(item, random)).join(`,${space}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}${space}:${rewritten(member, random)}`);
  return `{${(random() ? members.reverse() : members).join(`${space},`)}}`;
};

/** What a document says, order of members aside. */
const meaning = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(meaning);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  const names = Object.keys(value).sort();
  return { members: names.map((name) => [name, meaning((value as Record<string, unknown>)[name])]) };
};

const jsonText = fc.json({ maxDepth: 4 });

describe('method, path and query', () => {
  test.each(SCHEMES)('F40: are compared whatever the rules (%j)', (rules) => {
    expect(same(PAYMENT, { ...PAYMENT }, rules)).toBe(true);
    expect(same(PAYMENT, { ...PAYMENT, method: 'PUT' }, rules)).toBe(false);
    expect(same(PAYMENT, { ...PAYMENT, path: '/refunds' }, rules)).toBe(false);
    expect(same(PAYMENT, { ...PAYMENT, query: 'dry=1' }, rules)).toBe(false);
  });

  test('F40: where one ends and the next begins counts', () => {
    expect(same({ ...PAYMENT, path: '/a', query: 'b' }, { ...PAYMENT, path: '/ab', query: '' }, BODY_OFF)).toBe(false);
    fc.assert(
      fc.property(fc.tuple(fc.string(), fc.string(), fc.string()), fc.tuple(fc.string(), fc.string(), fc.string()), (a, b) => {
        const of = ([method, path, query]: [string, string, string]): Sent => ({ ...PAYMENT, method, path, query });
        expect(same(of(a), of(b), BODY_OFF)).toBe(a.join('\0') === b.join('\0'));
      }),
    );
  });

  test('F56: the order of the query counts, since handlers may read it', () => {
    expect(same({ ...PAYMENT, query: 'a=1&b=2' }, { ...PAYMENT, query: 'b=2&a=1' }, BODY_OFF)).toBe(false);
  });

  test('F56: headers do not count', () => {
    const traced = (id: string) => fingerprint({ ...PAYMENT, headers: new Map([['traceparent', [id]]]) } as Sent, comparing('bytes'));
    expect(sameRequest(traced('00-aa'), traced('00-bb'))).toBe(true);
  });
});

describe('the body', () => {
  test('F40: does not count while the request hash is off, and does once it is on', () => {
    expect(same(body('{"amount":100}'), body('{"amount":999}'), BODY_OFF)).toBe(true);
    for (const what of ['bytes', 'json', { include: ['/amount'] }] as const) {
      expect(sameBody('{"amount":100}', '{"amount":999}', what)).toBe(false);
    }
  });

  test('F54: is compared byte by byte by default, gzip-encoded ones included', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(same({ ...PAYMENT, body: a }, { ...PAYMENT, body: b }, comparing('bytes'))).toBe(Buffer.from(a).equals(b));
        const zipped = { ...PAYMENT, body: gzipSync(a) };
        expect(same(zipped, { ...PAYMENT, body: Uint8Array.from(zipped.body) }, comparing('json'))).toBe(true);
        expect(same(zipped, { ...PAYMENT, body: a }, comparing('bytes'))).toBe(false);
      }),
    );
  });

  test('F55: another multipart boundary is another request while the body counts, under every scheme', () => {
    const multipart = (boundary: string) => `--${boundary}\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--\r\n`;
    for (const rules of SCHEMES) {
      expect(same(body(multipart('x')), body(multipart('y')), rules)).toBe(!rules.includeRequestHash);
      expect(same(body(multipart('x')), body(multipart('x')), rules)).toBe(true);
    }
  });
});

describe('canonical JSON', () => {
  test('F53: another order of members or other white space is the same request', () => {
    fc.assert(
      fc.property(jsonText, fc.infiniteStream(fc.boolean()), (text, bits) => {
        const random = () => bits.next().value;
        expect(sameBody(text, rewritten(JSON.parse(text), random), 'json')).toBe(true);
      }),
    );
  });

  test('F53: documents that say something else are another request', () => {
    fc.assert(
      fc.property(jsonText, jsonText, (a, b) => {
        const equal = JSON.stringify(meaning(JSON.parse(a))) === JSON.stringify(meaning(JSON.parse(b)));
        expect(sameBody(a, b, 'json')).toBe(equal);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['1.0 and 1', '[1.0]', '[1]'],
    ['an exponent', '[1e2]', '[100]'],
    ['a fraction with zeros', '[0.50]', '[5e-1]'],
    ['both zeros', '[-0]', '[0]'],
    ['a large power of ten that a double holds', '[1e22]', '[10000000000000000000000]'],
    ['an escape that needs none', '["\\u0061"]', '["a"]'],
    ['a surrogate pair, escaped or not', '["\\ud83d\\ude00"]', '["😀"]'],
    ['__proto__ in another place', '{"a":1,"__proto__":{"b":2}}', '{"__proto__":{"b":2},"a":1}'],
  ])('F53: %s: the same request', (_name, a, b) => {
    expect(sameBody(a, b, 'json')).toBe(true);
    expect(sameBody(a, b, 'bytes')).toBe(false);
  });

  test.each([
    ['big integers that one double stands for', '[9007199254740993]', '[9007199254740992]'],
    ['long integers', '[12345678901234567890]', '[12345678901234567891]'],
    ['numbers beyond doubles', '[1e400]', '[2e400]'],
    ['numbers that vanish in a double', '[1e-400]', '[0]'],
    ['fractions too long for a double', '[0.10000000000000000001]', '[0.1]'],
    ['a member given twice', '{"a":1,"a":2}', '{"a":2}'],
    ['a member given twice, once in escapes', '{"a":1,"\\u0061":2}', '{"a":2}'],
    ['two lone surrogates', '["\\ud800"]', '["\\udfff"]'],
    ['a lone surrogate in a name', '{"\\ud800":1}', '{"\\udfff":1}'],
    ['__proto__ that differs', '{"__proto__":{"admin":true}}', '{"__proto__":{"admin":false}}'],
    ['__proto__ against none', '{"__proto__":{"admin":true}}', '{}'],
    ['null and absent', '{"a":null}', '{}'],
    ['a string and a number', '["1"]', '[1]'],
    ['a byte order mark', '\ufeff{}', '{}'],
    ['white space after what is not JSON', 'a=1', 'a=1 '],
    ['an empty body and null', '', 'null'],
  ])('F53: %s: another request', (_name, a, b) => {
    expect(sameBody(a, b, 'json')).toBe(false);
    expect(sameBody(a, a, 'json')).toBe(true);
    expect(sameBody(b, b, 'json')).toBe(true);
  });

  test('F53: an ambiguous document equals itself byte for byte and no other writing of it', () => {
    const ambiguous = ['{"a":1,"a":2}', '[12345678901234567890]', '["\\ud800"]', `${'['.repeat(5000)}${']'.repeat(5000)}`, '{"a":}'];
    for (const text of ambiguous) {
      expect(sameBody(text, text, 'json')).toBe(true);
      expect(sameBody(text, ` ${text}`, 'json')).toBe(false);
      expect(sameBody(text, ` ${text}`, { include: ['/b'] })).toBe(false);
    }
  });

  test('F53: bytes that are not UTF-8 are never mended into JSON', () => {
    const broken = (byte: number): Sent => ({ ...PAYMENT, body: Buffer.from([0x22, byte, 0x22]) });
    expect(same(broken(0xfe), broken(0xff), comparing('json'))).toBe(false);
  });

  test('F53: no document reaches a prototype', () => {
    for (const what of ['json', { exclude: ['/__proto__/x', '/constructor/prototype'] }] as const) {
      fingerprint(body('{"__proto__":{"x":1,"polluted":true},"constructor":{"prototype":{"polluted":true}}}'), comparing(what));
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
    }
  });
});

describe('a selection of JSON Pointers', () => {
  const ORDER = '{"id":7,"sent":"10:00","items":[{"sku":"a","at":1},{"sku":"b","at":2}],"a/b":{"m~n":1}}';

  test.each<[string, WireFingerprint, string, boolean]>([
    ['what is excluded may change', { exclude: ['/sent'] }, ORDER.replace('10:00', '11:00'), true],
    ['what is not excluded may not', { exclude: ['/sent'] }, ORDER.replace('"id":7', '"id":8'), false],
    ['what is included may not change', { include: ['/id'] }, ORDER.replace('"id":7', '"id":8'), false],
    ['what is not included may', { include: ['/id'] }, ORDER.replace('10:00', '11:00'), true],
    ['exclusion reaches into what is included', { include: ['/items'], exclude: ['/items/0/at'] }, ORDER.replace('"at":1', '"at":9'), true],
    ['and no further', { include: ['/items'], exclude: ['/items/0/at'] }, ORDER.replace('"at":2', '"at":9'), false],
    ['excluding the whole of what is included leaves nothing', { include: ['/items/0'], exclude: ['/items'] }, ORDER.replace('"a"', '"c"'), true],
    ['indices are those of the document', { exclude: ['/items/0', '/items/1/at'] }, ORDER.replace('"at":2', '"at":9'), true],
    ['an index beyond the end excludes nothing', { exclude: ['/items/2'] }, ORDER.replace('"sku":"b"', '"sku":"c"'), false],
    ['names with a slash and a tilde are escaped', { exclude: ['/a~1b/m~0n'] }, ORDER.replace('"m~n":1', '"m~n":2'), true],
    ['the empty pointer is the whole document', { include: [''] }, ORDER.replace('"id":7', '"id":8'), false],
    ['a value that appears is a change', { include: ['/note'] }, ORDER.replace('"id":7', '"id":7,"note":null'), false],
    ['the length of an array is no member of it', { include: ['/items/length'] }, ORDER.replace(',{"sku":"b","at":2}', ''), true],
    ['what objects inherit is no member of them', { include: ['/constructor/name', '/__proto__'] }, ORDER, true],
  ])('F53: %s', (_name, what, other, expected) => {
    expect(sameBody(ORDER, other, what)).toBe(expected);
    expect(sameBody(ORDER, ORDER, what)).toBe(true);
  });

  test('F53: an array whose element is excluded differs from the array without it', () => {
    expect(sameBody('{"a":[1,2]}', '{"a":[2]}', { exclude: ['/a/0'] })).toBe(false);
  });

  test('the order and repetition of the pointers do not matter', () => {
    const one = fingerprint(body(ORDER), comparing({ include: ['/id', '/sent'], exclude: ['/x', '/y'] }));
    const other = fingerprint(body(ORDER), comparing({ include: ['/sent', '/id', '/id'], exclude: ['/y', '/x'] }));
    expect(Buffer.from(one)).toEqual(Buffer.from(other));
  });
});

describe('between releases', () => {
  // Made once, by the release that first had them: no expected value here is ever made anew.
  test.each<[FingerprintRules, string | undefined, string, string]>([
    [BODY_OFF, undefined,
      '00 caf61a6d4e98b35a5dd1ec5aae675f67df68072da4877a75166caf09a70e3996',
      '80 f44487bd5aabfd8ae73116d50b8474d68967cf59bcb4c5d2c6463f3b9532c1a5'],
    [comparing('bytes'), undefined,
      '01 caf61a6d4e98b35a5dd1ec5aae675f67df68072da4877a75166caf09a70e3996 4d4bbe59c6aad22442cde199a6a8a5f034405fcd78fb5a81c24ef249de1c45f1',
      '81 f44487bd5aabfd8ae73116d50b8474d68967cf59bcb4c5d2c6463f3b9532c1a5 18bd9b940b5cd533cb1414c44a8cbeea011b46870f1b4545baf924286b02f593'],
    [comparing('json'), undefined,
      '02 caf61a6d4e98b35a5dd1ec5aae675f67df68072da4877a75166caf09a70e3996 47bb3fa8c5118969d31865b2454ff5f0babb1542c9d54b9c87a63f1342455f71',
      '82 f44487bd5aabfd8ae73116d50b8474d68967cf59bcb4c5d2c6463f3b9532c1a5 3a89ca25fc4a03ab41c20f81b186d16e3ffb840c84eda2e069606424208bf267'],
    [comparing({ include: ['/amount'] }), undefined,
      '03 caf61a6d4e98b35a5dd1ec5aae675f67df68072da4877a75166caf09a70e3996 938b8348bfc4d3503c51e0b27d6b2c7d b32819458ec81b6117da3b66bce59d7c1369c63b0f3e44560bf70c465b1aea02',
      '83 f44487bd5aabfd8ae73116d50b8474d68967cf59bcb4c5d2c6463f3b9532c1a5 938b8348bfc4d3503c51e0b27d6b2c7d c8b66d9c532c619a43a6c92e545d39d6c0c6ee200b3044d38a5fe9bde216c276'],
    [comparing({ exclude: ['/note'] }), undefined,
      '03 caf61a6d4e98b35a5dd1ec5aae675f67df68072da4877a75166caf09a70e3996 6e21c0d83a8610a0dfd5c31bc3630a4b 7a2134a26cad8510e8642c152487475b8b099b13f9544f3f3c38433cdc9b2e81',
      '83 f44487bd5aabfd8ae73116d50b8474d68967cf59bcb4c5d2c6463f3b9532c1a5 6e21c0d83a8610a0dfd5c31bc3630a4b 0aa6b54344d0a4ca2ece8b7e90cf14322eedd89a6391bc7a349ee812d04a2f4c'],
    [comparing({ exclude: ['/note'] }), SENT_AT,
      '43 caf61a6d4e98b35a5dd1ec5aae675f67df68072da4877a75166caf09a70e3996 3cdf6e7a39c9601f546649c963a087e6a80ed4bc36bd2256d4af773ee247ea45 6e21c0d83a8610a0dfd5c31bc3630a4b 7a2134a26cad8510e8642c152487475b8b099b13f9544f3f3c38433cdc9b2e81',
      'c3 f44487bd5aabfd8ae73116d50b8474d68967cf59bcb4c5d2c6463f3b9532c1a5 f57e5f221c9133c369a1c87fc6b73ac7bc2f654dae2a2ae30c025c3318e448cb 6e21c0d83a8610a0dfd5c31bc3630a4b 1aa8c23696f76485d7216c50b000482682c936f6e997781626aab25a1a693248'],
  ])('F67: a fingerprint stays what it is, plain and keyed, or every live record is another request (%j, %j)', (rules, sentAt, plain, secret) => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const made = fingerprint(PAYMENT, rules, sentAt);
    expect(hex(made)).toBe(plain.replaceAll(' ', ''));
    expect(hex(keyed(made, 'pepper'))).toBe(secret.replaceAll(' ', ''));
  });
});

describe('the time of the first sending', () => {
  test.each(SCHEMES)('F111: another time is another request, and what else is compared still is (%j)', (rules) => {
    const at = (time: string | undefined, request: Sent = PAYMENT) => fingerprint(request, rules, time);
    expect(sameRequest(at(SENT_AT), at(SENT_AT))).toBe(true);
    expect(sameRequest(at(SENT_AT), at('Fri, 15 Jan 2027 08:00:01 GMT'))).toBe(false);
    expect(sameRequest(at(SENT_AT), at(SENT_AT, { ...PAYMENT, path: '/refunds' }))).toBe(false);
    expect(sameRequest(at(SENT_AT), at(SENT_AT, body('{"amount":999}')))).toBe(sameRequest(at(undefined), at(undefined, body('{"amount":999}'))));
  });

  test.each<[string, FingerprintRules, FingerprintRules]>([
    ['another list of pointers', comparing({ include: ['/amount'] }), comparing({ include: ['/currency'] })],
    ['another scheme', comparing('bytes'), comparing('json')],
  ])('F79, F111: %s: method, path and query decide', (_, before, now) => {
    const [recorded, mine] = [fingerprint(body('{"amount":1}'), before, SENT_AT), fingerprint(body('{"amount":2}'), now, SENT_AT)];
    expect(sameRequest(recorded, mine)).toBe(true);
    expect(sameRequest(recorded, fingerprint({ ...PAYMENT, path: '/refunds' }, now, SENT_AT))).toBe(false);
  });
});

describe('records of another scheme', () => {
  test('F79: are compared by method, path and query alone, so no honest retry is refused', () => {
    fc.assert(
      fc.property(scheme, scheme, fc.uint8Array(), (recordedUnder, now, bytes) => {
        const request = { ...PAYMENT, body: bytes };
        expect(same(request, request, now, recordedUnder)).toBe(true);
        expect(same(request, { ...request, path: '/refunds' }, now, recordedUnder)).toBe(false);
      }),
    );
  });

  test('F79: another list of pointers is another scheme', () => {
    const [one, other] = [comparing({ include: ['/amount'] }), comparing({ include: ['/currency'] })];
    expect(same(body('{"amount":1}'), body('{"amount":2}'), one, other)).toBe(true);
    expect(same(body('{"amount":1}'), body('{"amount":2}'), one)).toBe(false);
    expect(same(body('{"a":1}'), body('{"a":2}'), comparing({ exclude: ['/b'] }), comparing({ include: ['/b'] }))).toBe(true);
  });

  test('F67: a scheme of a later version is compared by method, path and query', () => {
    const later = (request: Sent) => Buffer.concat([Uint8Array.of(9), fingerprint(request, BODY_OFF).subarray(1), Buffer.alloc(70)]);
    expect(sameRequest(later(PAYMENT), fingerprint(PAYMENT, comparing('bytes')))).toBe(true);
    expect(sameRequest(later({ ...PAYMENT, path: '/x' }), fingerprint(PAYMENT, comparing('bytes')))).toBe(false);
  });

  test('F67: one that adds nothing to method, path and query is one all the same, and one that is cut is none', () => {
    const later = Buffer.concat([Uint8Array.of(9), fingerprint(PAYMENT, BODY_OFF).subarray(1)]);
    expect(sameRequest(later, fingerprint(PAYMENT, comparing('bytes')))).toBe(true);
    expect(sameRequest(later.subarray(0, -1), later.subarray(0, -1))).toBe(false);
  });
});

describe('what is no fingerprint', () => {
  test('F66: equals nothing, not even itself', () => {
    fc.assert(
      fc.property(scheme, fc.nat({ max: 120 }), (rules, length) => {
        const whole = fingerprint(PAYMENT, rules);
        fc.pre(length !== whole.length);
        const cut = new Uint8Array(length);
        cut.set(whole.subarray(0, length));
        cut[0] = whole[0]!;
        expect(sameRequest(cut, whole)).toBe(false);
        expect(sameRequest(whole, cut)).toBe(false);
        expect(sameRequest(cut, cut)).toBe(false);
      }),
    );
  });

  test('F66: one changed byte after the scheme byte makes another fingerprint', () => {
    fc.assert(
      fc.property(scheme, fc.nat(), fc.integer({ min: 1, max: 255 }), (rules, at, change) => {
        const whole = fingerprint(PAYMENT, rules);
        const changed = Uint8Array.from(whole);
        const place = 1 + (at % 32);
        changed[place] = (changed[place]! + change) % 256;
        expect(sameRequest(whole, changed)).toBe(false);
      }),
    );
  });
});

describe('F82: how much of a body is canonicalised', () => {
  const MB = 1024 * 1024;
  /** One document in two orders of members, of exactly so many bytes. */
  const ofSize = (bytes: number): readonly [string, string] => {
    const note = 'n'.repeat(bytes - '{"amount":1,"note":""}'.length);
    return [`{"amount":1,"note":"${note}"}`, `{"note":"${note}","amount":1}`];
  };

  test.each<[string, WireFingerprint]>([['canonical JSON', 'json'], ['a selection', { include: ['/amount'] }]])(
    'F82: by %s, a body of 1 MB counts by what it says, and a longer one by its bytes',
    (_, what) => {
      const [one, reordered] = ofSize(MB);
      expect(sameBody(one, reordered, what)).toBe(true);
      const [longer, longerReordered] = ofSize(MB + 1);
      expect(sameBody(longer, longer, what)).toBe(true);
      expect(sameBody(longer, longerReordered, what)).toBe(false);
    },
  );
});

describe('F112: fingerprints under a key secret', () => {
  test.each(SCHEMES)('F112: tell the same requests apart as without one (%j)', (rules) => {
    const other = { ...PAYMENT, body: Buffer.from('{"amount":200}') };
    for (const [one, another] of [[PAYMENT, { ...PAYMENT }], [PAYMENT, other], [PAYMENT, { ...PAYMENT, path: '/refunds' }]] as const) {
      const [a, b] = [fingerprint(one, rules), fingerprint(another, rules)];
      expect(sameRequest(keyed(a, 'pepper'), keyed(b, 'pepper'))).toBe(sameRequest(a, b));
    }
  });

  test.each(SCHEMES)('F112: hold no hash that can be made without the secret, and others under another one (%j)', (rules) => {
    const plain = Buffer.from(fingerprint(PAYMENT, rules, SENT_AT));
    const secret = Buffer.from(keyed(plain, 'pepper'));
    expect(secret).toHaveLength(plain.length);
    expect([isKeyed(plain), isKeyed(secret)]).toEqual([false, true]);
    for (const at of [1, 33, plain.length - 32]) expect(secret.includes(plain.subarray(at, at + 32))).toBe(false);
    expect(sameRequest(secret, keyed(plain, 'salt'))).toBe(false);
    expect(sameRequest(secret, plain)).toBe(false);
  });

  test('F79, F112: of another scheme they are compared by method, path and query', () => {
    const [one, another] = [fingerprint(PAYMENT, comparing('bytes')), fingerprint(PAYMENT, comparing('json'))].map((plain) => keyed(plain, 'pepper'));
    expect(sameRequest(one!, another!)).toBe(true);
    expect(sameRequest(one!, keyed(fingerprint({ ...PAYMENT, path: '/refunds' }, comparing('json')), 'pepper'))).toBe(false);
  });

  test('F112: what is hashed for one place is never taken for what is hashed for another: a path for a body', () => {
    const hash = Buffer.alloc(32, 7);
    const secret = Buffer.from(keyed(Buffer.concat([Uint8Array.of(1), hash, hash]), 'pepper'));
    expect(secret.subarray(1, 33).equals(secret.subarray(33))).toBe(false);
  });

  test('F66: cut or longer they equal nothing', () => {
    const whole = keyed(fingerprint(PAYMENT, comparing('json'), 'now'), 'pepper');
    for (const broken of [whole.subarray(0, -1), Buffer.concat([whole, Buffer.of(0)])]) expect(sameRequest(broken, broken)).toBe(false);
  });

  test.each<[FingerprintRules, string | undefined, string]>([
    [BODY_OFF, undefined, 'method, path and query'],
    [comparing('json'), undefined, 'method, path, query and the JSON body'],
    [BODY_OFF, 'now', 'method, path, query and the time of the first sending'],
    [comparing({ include: ['/amount'] }), undefined, 'method, path, query and selected members of the JSON body'],
    [comparing('bytes'), 'now', 'method, path, query, the time of the first sending and the body\'s bytes'],
  ])('what is compared is told, keyed or not (%j, %j)', (rules, sentAt, text) => {
    const plain = fingerprint(PAYMENT, rules, sentAt);
    expect(describeFingerprint(plain)).toBe(text);
    expect(describeFingerprint(keyed(plain, 'pepper'))).toBe(text);
    expect(describeFingerprint(Uint8Array.of(9))).toBeUndefined();
  });
});
