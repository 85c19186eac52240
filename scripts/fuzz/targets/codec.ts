import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { RecordUnreadable, ResponseSealed } from '../../../runtime/errors';
import type { StoredResponse } from '../../../runtime/protocol/record';
import type { HttpResponse } from '../../../runtime/request/fronts/front';
import { MAX_BODY_BYTES, pack, unpack } from '../../../runtime/response/codec';
import { sealFor, type Seal, type SealFor } from '../../../runtime/response/seal';
import type { StoreLimits } from '../../../runtime/stores/store';
import { equals, holds, prototypesAreClean } from '../holds';
import { json } from '../hostile-json';
import type { Json, Target } from '../target';

interface Input {
  readonly [name: string]: Json;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Of this piece, so many times, the body consists. */
  readonly piece: string;
  readonly times: number;
  readonly base64: boolean;
  readonly sealed: boolean;
  readonly limits: number;
  readonly changes: readonly Change[];
}

type Change =
  /** A bit of the body, or of the sealed headers. */
  | { readonly flip: 'body' | 'sealedHeaders'; readonly at: number; readonly bit: number }
  | { readonly cut: 'body' | 'sealedHeaders'; readonly to: number }
  | { readonly member: 'statusCode' | 'headers' | 'sealedHeaders' | 'body'; readonly value: Json }
  | { readonly flag: 'base64' | 'deflated' | 'tooLarge' }
  /** Other bytes in the body's place. */
  | { readonly bytes: string }
  | { readonly bomb: number };

const LIMITS: readonly StoreLimits[] = [
  { itemBytes: 409_600, writeUnitBytes: 1024 },
  { itemBytes: 409_600, writeUnitBytes: 1024, inlineBytes: 16_384 },
  { itemBytes: 0, writeUnitBytes: 0 },
  { itemBytes: 2_048, writeUnitBytes: 1024 },
];

const part = fc.constantFrom('body' as const, 'sealedHeaders' as const);
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ flip: part, at: fc.nat(), bit: fc.nat({ max: 7 }) }) },
  { weight: 2, arbitrary: fc.record({ cut: part, to: fc.nat({ max: 40 }) }) },
  { weight: 3, arbitrary: fc.record({ member: fc.constantFrom('statusCode' as const, 'headers' as const, 'sealedHeaders' as const, 'body' as const), value: json }) },
  { weight: 3, arbitrary: fc.record({ flag: fc.constantFrom('base64' as const, 'deflated' as const, 'tooLarge' as const) }) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ bytes: Buffer.from(bytes).toString('base64') })) },
);
/** Few: each of them takes what thousands of others take. */
const bomb: fc.Arbitrary<Change> = fc.record({ bomb: fc.constantFrom(MAX_BODY_BYTES - 1, MAX_BODY_BYTES, MAX_BODY_BYTES + 1, 64 * 1024 * 1024) });

const MINE: SealFor = { key: 'key-1', tenant: { kind: 'account_id', parts: ['a'] }, secret: 'pepper', id: 'record-1' };
/** Whoever differs from `MINE` in one thing. */
const OTHERS: readonly SealFor[] = [
  { ...MINE, key: 'key-2' }, { ...MINE, tenant: { kind: 'account_id', parts: ['b'] } }, { ...MINE, tenant: { kind: 'jwt', parts: ['a'] } }, { ...MINE, secret: 'salt' }, { ...MINE, id: 'record-2' },
];

/** What was packed comes back; what has been changed is an error of its own kind, or stays within its bounds, and opens for nobody else. */
export const codecTarget = (decode: typeof unpack = unpack): Target<Input> => ({
  name: 'codec',
  share: 14,
  inputs: fc.record({
    status: fc.integer({ min: 200, max: 599 }),
    headers: fc.array(fc.tuple(fc.constantFrom('content-type', 'X-A', 'X-B', '__proto__'), fc.stringMatching(/^[ -~é]{0,20}$/)), { maxLength: 3 }),
    piece: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    times: fc.oneof({ weight: 20, arbitrary: fc.integer({ min: 0, max: 40 }) }, { weight: 1, arbitrary: fc.constantFrom(600, 20_000) }),
    base64: fc.boolean(),
    sealed: fc.boolean(),
    limits: fc.nat({ max: LIMITS.length - 1 }),
    changes: fc.oneof({ weight: 300, arbitrary: fc.array(anyChange, { maxLength: 2 }) }, { weight: 1, arbitrary: bomb.map((one) => [one]) }),
  }),
  check({ changes, sealed, ...input }) {
    const original = responseOf(input);
    const seal = sealed ? sealFor(MINE) : undefined;
    const stored = storedOf(original, LIMITS[input.limits]!, seal);
    if (stored === undefined) return;
    equals(decode(stored, seal), original, 'what was packed');
    const tampered = changes.reduce(changed, stored);
    const found = outcome(decode, tampered, seal);
    if (found !== undefined) isWithinBounds(found);
    if (seal !== undefined) {
      // Whoever cannot seal can take a sealed response away, and put no other in its place.
      if (found !== undefined) equals(found, original, 'a response that opens');
      for (const other of OTHERS) holds(outcome(decode, stored, sealFor(other)) === undefined, 'a sealed response opens for somebody else');
      holds(outcome(decode, stored, undefined) === undefined, 'a sealed response opens without its key');
    }
    prototypesAreClean();
  },
});

function responseOf({ status, headers, piece, times, base64 }: Pick<Input, 'status' | 'headers' | 'piece' | 'times' | 'base64'>): HttpResponse {
  const bytes = Buffer.concat(Array.from({ length: times }, () => Buffer.from(piece, 'base64')));
  return { statusCode: status, headers, cookies: [], body: base64 ? bytes.toString('base64') : Buffer.from(bytes.toString('utf8')).toString('utf8'), isBase64Encoded: base64 };
}

/** With the body in it, wherever it would lie; undefined for a response that is not kept. */
function storedOf(response: HttpResponse, limits: StoreLimits, seal: Seal | undefined): StoredResponse | undefined {
  const packed = pack(response, limits, seal);
  if (packed.kind === 'too-large') return undefined;
  return packed.kind === 'fits' ? packed.stored : { ...packed.pointer, body: packed.bytes };
}

function changed(stored: StoredResponse, change: Change): StoredResponse {
  if ('member' in change) return { ...stored, [change.member]: change.value };
  if ('flag' in change) return { ...stored, encoding: { ...stored.encoding, [change.flag]: !stored.encoding[change.flag] } };
  if ('bytes' in change) return { ...stored, body: Buffer.from(change.bytes, 'base64') };
  if ('bomb' in change) return { ...stored, body: bombOf(change.bomb), encoding: { ...stored.encoding, deflated: true } };
  const name = 'flip' in change ? change.flip : change.cut;
  const bytes = name === 'body' ? stored.body : typeof stored.sealedHeaders === 'string' ? Buffer.from(stored.sealedHeaders, 'base64') : undefined;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0) return stored;
  const copy = 'flip' in change ? Buffer.from(bytes) : Buffer.from(bytes).subarray(0, change.to);
  if ('flip' in change) copy[change.at % copy.length]! ^= 1 << change.bit;
  return { ...stored, [name]: name === 'body' ? copy : copy.toString('base64') };
}

const bombs = new Map<number, Uint8Array>();
function bombOf(bytes: number): Uint8Array {
  if (!bombs.has(bytes)) bombs.set(bytes, deflateRawSync(Buffer.alloc(bytes)));
  return bombs.get(bytes)!;
}

/** Undefined where it is refused by one of the two errors that there are for it. */
function outcome(decode: typeof unpack, stored: StoredResponse, seal: Seal | undefined): HttpResponse | undefined {
  try {
    return decode(stored, seal);
  } catch (error) {
    if (error instanceof RecordUnreadable || error instanceof ResponseSealed) return undefined;
    throw error;
  }
}

function isWithinBounds({ statusCode, headers, body, isBase64Encoded }: HttpResponse): void {
  holds(Number.isInteger(statusCode) && statusCode >= 100 && statusCode <= 599, `the status ${statusCode}`);
  holds(headers.every((pair) => pair.length === 2 && pair.every((text) => typeof text === 'string' && !/[\r\n\0]/.test(text))), 'a header that is none');
  holds(Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') <= MAX_BODY_BYTES, 'a body over the bound');
}
