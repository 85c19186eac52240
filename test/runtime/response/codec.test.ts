import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { RecordUnreadable } from '../../../runtime/errors';
import { isReadable, type StoredResponse } from '../../../runtime/protocol/record';
import type { HttpResponse } from '../../../runtime/request/fronts/front';
import { MAX_BODY_BYTES, pack, unpack, type Packed } from '../../../runtime/response/codec';
import type { Seal } from '../../../runtime/response/seal';
import { encodeResponse } from '../../../runtime/stores/dynamodb/dynamodb-item';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import type { StoreLimits } from '../../../runtime/stores/store';
import { epochMillis, plus, seconds, toEpochSeconds } from '../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';

/** An item of DynamoDB, with any body that it holds. */
const DYNAMODB: StoreLimits = { itemBytes: 409_600, writeUnitBytes: 1024 };
/** `DynamoDbStore`'s own: more of a body than that lies beside the record. */
const INLINE_16_KB: StoreLimits = { ...DYNAMODB, inlineBytes: 16_384 };
const UNLIMITED: StoreLimits = { itemBytes: 0, writeUnitBytes: 0 };
const KB = 1024;
const MB = 1024 * KB;

const text = (body: string, headers: HttpResponse['headers'] = [['Content-Type', 'text/plain']]): HttpResponse => ({
  statusCode: 201,
  headers,
  cookies: [],
  body,
  isBase64Encoded: false,
});
const binary = (body: Uint8Array): HttpResponse => ({ ...text(Buffer.from(body).toString('base64')), isBase64Encoded: true });

const stored = (packed: Packed): StoredResponse => {
  if (packed.kind !== 'fits') throw new Error('it does not fit');
  return packed.stored;
};
const bodyOf = (response: HttpResponse) => Buffer.from(response.body, response.isBase64Encoded ? 'base64' : 'utf8');

/** The size of the whole item as DynamoDB counts it: names and values, a number by its digits. */
const itemSize = (response: StoredResponse): number => {
  const item = {
    id: { S: 'i'.repeat(43) },
    expires_at: { N: '1795000000' },
    v: { N: '1' },
    st: { S: 'C' },
    tok: { S: '8e03978e-40d5-43e8-bc93-6894a57f9324' },
    gen: { N: '1' },
    ca: { N: '1795000000000' },
    fp: { B: new Uint8Array(81) },
    ...encodeResponse(response),
  };
  return Object.entries(item).reduce((sum, [name, value]) => {
    const { S, N, B } = value as { S?: string; N?: string; B?: Uint8Array };
    return sum + name.length + (B?.length ?? (N === undefined ? Buffer.byteLength(S!) : Math.ceil(N.length / 2) + 1));
  }, 0);
};
const writeUnits = (response: StoredResponse) => Math.ceil(itemSize(response) / KB);

describe('what was packed comes back', () => {
  const headers = fc.array(fc.tuple(fc.constantFrom('Content-Type', 'X-A', 'content-encoding'), fc.stringMatching(/^[ -~é]{0,40}$/)), { maxLength: 5 });
  const limits = fc.constantFrom(DYNAMODB, UNLIMITED, { itemBytes: 0, writeUnitBytes: KB });

  test('F63: binary bodies, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 40 }), headers, limits, (piece, times, sent, storeLimits) => {
        const response = { ...binary(Buffer.concat(Array.from({ length: times }, () => piece))), headers: sent };
        expect(unpack(stored(pack(response, storeLimits)))).toEqual(response);
      }),
    );
  });

  test('F63: text of any language, byte for byte, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.integer({ min: 0, max: 2000 }), limits, (piece, mark, times, storeLimits) => {
        const response = text((mark ? '\ufeff' : '') + piece.repeat(times));
        expect(unpack(stored(pack(response, storeLimits)))).toEqual(response);
      }),
    );
  });

  test.each([
    ['line breaks in it', 'aGVs\r\nbG8=\r\n'], ['another alphabet', '-__-'], ['no padding', 'aGk'], ['bits left over', 'aGl='],
    ['no base64 in it at all', '{"ok":true}'], ['characters beyond ASCII', 'grüße'],
  ])('F184: a body that is called base64 and has %s comes back as it was written', (_, body) => {
    const response = { ...text(body), isBase64Encoded: true };
    expect(unpack(stored(pack(response, DYNAMODB)))).toEqual(response);
  });

  test('F184: whatever text is called base64 comes back as it was written, small and large, deflated or not', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.base64String()), fc.integer({ min: 0, max: 2000 }), limits, (piece, times, storeLimits) => {
        const response = { ...text(piece.repeat(times)), isBase64Encoded: true };
        expect(unpack(stored(pack(response, storeLimits)))).toEqual(response);
      }),
    );
  });

  test('cookies are not kept', () => {
    expect(unpack(stored(pack({ ...text('a'), cookies: ['session=1'] }, DYNAMODB))).cookies).toEqual([]);
  });
});

describe('how it is packed', () => {
  test('the body is stored raw, base64 undone', () => {
    expect(stored(pack(binary(Buffer.from([1, 2, 3])), DYNAMODB))).toMatchObject({
      body: Buffer.from([1, 2, 3]),
      encoding: { base64: true, deflated: false, tooLarge: false },
    });
  });

  test('it is deflated where that saves a write unit, and only there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 20_000 }), (noise, blanks) => {
        const response = binary(Buffer.concat([randomBytes(noise), Buffer.alloc(blanks)]));
        const packed = stored(pack(response, DYNAMODB));
        const plain = { ...packed, body: bodyOf(response), encoding: { ...packed.encoding, deflated: false } };
        const deflated = { ...plain, body: deflateRawSync(bodyOf(response)) };
        expect(writeUnits(packed)).toBeLessThanOrEqual(writeUnits(plain));
        if (packed.encoding.deflated) expect(itemSize(packed)).toBeLessThan(itemSize(plain));
        // What the rest of the item takes is estimated a few bytes high, and never low.
        else expect(writeUnits(plain)).toBeLessThanOrEqual(Math.ceil((itemSize(deflated) + 64) / KB));
      }),
    );
  });

  test.each([
    [100, false],
    [700, false],
    [1100, true],
    [200_000, true],
  ])('a body of %i blanks, deflated: %s', (length, deflated) => {
    expect(stored(pack(text(' '.repeat(length)), DYNAMODB)).encoding.deflated).toBe(deflated);
    expect(stored(pack(text(' '.repeat(length)), UNLIMITED)).encoding.deflated).toBe(false);
  });
});

describe('F35: bodies from 0 to 6 MB', () => {
  let server: TestDynamoDb;
  let store: DynamoDbStore;
  beforeAll(async () => {
    server = await startDynamoDb();
    store = new DynamoDbStore({ tableName: await server.createTable('records'), client: server.client });
  });
  afterAll(() => server.stop());

  const SIZES = [0, 1, 500, KB, 10 * KB, 300 * KB, 398 * KB, 400 * KB, 401 * KB, MB, 4 * MB, 6 * MB];

  const record = async (id: string, response: StoredResponse): Promise<StoredResponse | undefined> => {
    const now = epochMillis(Date.now());
    const leaseEnd = plus(now, seconds(60));
    const lease = { now, leaseEnd, expiresAt: toEpochSeconds(leaseEnd), margin: seconds(2), takeover: true };
    await store.claim({ id, token: 'token', fingerprint: new Uint8Array(81), ...lease });
    await store.complete({ id, token: 'token', expiresAt: lease.expiresAt, response });
    const read = await store.read(id);
    return read !== undefined && isReadable(read) ? read.response : undefined;
  };

  test.each(SIZES)('F35: %i bytes that compress well are kept in the item', async (size) => {
    const response = text('{"state":"done"}'.repeat(Math.ceil(size / 16)).slice(0, size));
    const packed = stored(pack(response, DYNAMODB));
    expect(itemSize(packed)).toBeLessThan(DYNAMODB.itemBytes);
    expect(unpack((await record(`blank-${size}`, packed))!)).toEqual(response);
  });

  test.each(SIZES)('F35: %i bytes that do not compress are kept in the item, or set aside with a tombstone', async (size) => {
    const response = binary(randomBytes(size));
    const packed = pack(response, DYNAMODB);
    expect(packed.kind).toBe(size < 399 * KB ? 'fits' : 'beside');
    if (packed.kind === 'fits') {
      expect(unpack((await record(`noise-${size}`, packed.stored))!)).toEqual(response);
      return;
    }
    if (packed.kind === 'too-large') throw new Error('a bucket would hold it');
    expect(await record(`tombstone-${size}`, packed.otherwise)).toEqual({
      statusCode: 201,
      headers: [],
      encoding: { base64: true, deflated: false, tooLarge: true },
    });
    const kept = await record(`pointer-${size}`, { ...packed.pointer, overflow: 'idempotency/object' });
    expect(kept).toMatchObject({ overflow: 'idempotency/object', encoding: { tooLarge: false } });
    expect(unpack({ ...kept!, body: packed.bytes })).toEqual(response);
  });

  test('F35: the largest body that fits by the codec fits by the database, whatever the headers', async () => {
    for (const headers of [[], [['X-Long', 'é"'.repeat(5000)]]] as const) {
      let fits = 0;
      let tooLarge = 500 * KB;
      const noise = randomBytes(tooLarge);
      const packedOf = (size: number) => pack({ ...binary(noise.subarray(0, size)), headers }, DYNAMODB);
      while (tooLarge - fits > 1) {
        const middle = Math.floor((fits + tooLarge) / 2);
        if (packedOf(middle).kind === 'fits') fits = middle;
        else tooLarge = middle;
      }
      const largest = stored(packedOf(fits));
      expect(itemSize(largest)).toBeGreaterThan(DYNAMODB.itemBytes - KB);
      expect(unpack((await record(`largest-${headers.length}`, largest))!).body).toBe(noise.toString('base64', 0, fits));
    }
  });

  test('F35: headers that fill an item by themselves leave the tombstone, with a bucket and without', () => {
    const packed = pack(text('a', [['X-Huge', 'x'.repeat(500_000)]]), DYNAMODB);
    expect(packed).toMatchObject({ kind: 'too-large', otherwise: { headers: [], encoding: { tooLarge: true } } });
  });

  test('F35: what unpack would refuse is never packed', () => {
    expect(pack(text(' '.repeat(MAX_BODY_BYTES)), UNLIMITED).kind).toBe('fits');
    const packed = pack(text(' '.repeat(MAX_BODY_BYTES + 1)), UNLIMITED);
    expect(packed).toMatchObject({ kind: 'too-large', otherwise: { encoding: { tooLarge: true } } });
  });

  test.each([0, 1, 16 * KB, 16 * KB + 1, 17 * KB, 100 * KB, 398 * KB, 401 * KB, 6 * MB])(
    'F81: %i bytes that do not compress are in the record up to 16 KB, then in an item of their own, then nowhere but in a bucket',
    (size) => {
      const response = binary(randomBytes(size));
      const packed = pack(response, INLINE_16_KB);
      expect(packed.kind).toBe(size <= 16 * KB ? 'fits' : 'beside');
      if (packed.kind !== 'beside') return;
      expect(packed.fitsItem).toBe(size < 399 * KB);
      expect(packed.otherwise.encoding.tooLarge).toBe(size >= 399 * KB);
      expect(unpack({ ...packed.pointer, body: packed.bytes })).toEqual(response);
      if (!packed.otherwise.encoding.tooLarge) expect(unpack(packed.otherwise)).toEqual(response);
    },
  );

  test('F81: what is 16 KB after packing is in the record, whatever it was before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * KB }), fc.integer({ min: 0, max: 400 * KB }), (random, blanks) => {
        const response = binary(Buffer.concat([randomBytes(random), Buffer.alloc(blanks)]));
        const packed = pack(response, INLINE_16_KB);
        const bytes = bodyOf(response);
        const least = Math.min(bytes.length, deflateRawSync(bytes).length);
        expect(packed.kind).toBe(least <= 16 * KB ? 'fits' : 'beside');
        if (packed.kind === 'fits') expect(packed.stored.body!.length).toBeLessThanOrEqual(16 * KB);
        if (packed.kind === 'beside') expect(packed.bytes.length).toBe(least);
      }),
    );
  });
});

describe('records that somebody tampered with', () => {
  const GOOD = stored(pack(text('hello'), DYNAMODB));
  const deflated = (body: Uint8Array): StoredResponse => ({ ...GOOD, body, encoding: { ...GOOD.encoding, deflated: true } });

  test('F66: a body that inflates without end is refused within bounds', () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * MB));
    expect(bomb.length).toBeLessThan(100 * KB);
    expect(() => unpack(deflated(bomb))).toThrow(RecordUnreadable);
    expect(unpack(deflated(deflateRawSync(Buffer.alloc(MAX_BODY_BYTES)))).body).toHaveLength(MAX_BODY_BYTES);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a status that is none', { statusCode: 1000 }],
    ['a status that is text', { statusCode: '200' }],
    ['a status with a fraction', { statusCode: 200.5 }],
    ['no headers', { headers: undefined }],
    ['headers as an object', { headers: { 'X-A': '1' } }],
    ['a header that is no pair', { headers: [['X-A']] }],
    ['a header whose value is no text', { headers: [['X-A', 1]] }],
    ['a header that begins another', { headers: [['X-A', '1\r\nSet-Cookie: a=1']] }],
    ['a header name that begins another', { headers: [['X-A: 1\r\nX-B', '1']] }],
    ['no body', { body: undefined }],
    ['a body that is text', { body: 'hello' }],
    ['a body that is not in UTF-8', { body: Uint8Array.of(0xff) }],
    ['a body beyond what Lambda can send', { body: new Uint8Array(MAX_BODY_BYTES + 1) }],
    ['a body that was not deflated', { encoding: { base64: false, deflated: true, tooLarge: false } }],
    ['a tombstone', { encoding: { base64: false, deflated: false, tooLarge: true } }],
  ])('F66: %s', (_name, change) => {
    expect(() => unpack({ ...GOOD, ...change } as StoredResponse)).toThrow(RecordUnreadable);
  });

  test('F66: an encrypted one whose status cannot even be written', () => {
    const encoding = { ...GOOD.encoding, sealed: true as const };
    const seal: Seal = { seal: (_part, _about, bytes) => bytes, open: (_part, _about, bytes) => bytes };
    expect(() => unpack({ ...GOOD, encoding, sealedHeaders: 'W10=', statusCode: { toString: null } } as unknown as StoredResponse, seal)).toThrow(RecordUnreadable);
  });

  test('F66: any bytes and flags give a response or RecordUnreadable, and no other error', () => {
    const flags = fc.record({ base64: fc.boolean(), deflated: fc.boolean(), tooLarge: fc.boolean() });
    const fuzz = fc.record({
      statusCode: fc.oneof(fc.constant(200), fc.anything()),
      headers: fc.oneof(fc.constant([]), fc.anything()),
      body: fc.oneof(fc.uint8Array(), fc.uint8Array().map((bytes) => Uint8Array.from(deflateRawSync(bytes))), fc.anything()),
      encoding: flags,
    });
    fc.assert(
      fc.property(fuzz, (record) => {
        let response: HttpResponse | undefined;
        try {
          response = unpack(record as StoredResponse);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordUnreadable);
        }
        if (response !== undefined) expect(typeof response.body).toBe('string');
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('F66: a deflated body with one byte changed or cut off never comes back as something longer than allowed', () => {
    const body = deflateRawSync(Buffer.from('hello '.repeat(500)));
    fc.assert(
      fc.property(fc.nat({ max: body.length - 1 }), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, cut) => {
        const broken = Uint8Array.from(cut ? body.subarray(0, at) : body);
        if (!cut) broken[at] = (broken[at]! + change) % 256;
        try {
          expect(bodyOf(unpack(deflated(broken))).length).toBeLessThanOrEqual(MAX_BODY_BYTES);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordUnreadable);
        }
      }),
    );
  });
});
