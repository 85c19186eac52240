import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { RecordUnreadable } from '../errors';
import { isHeaderName, isHeaderValue } from './http-header';
import type { StoredResponse } from '../protocol/record';
import type { HttpResponse } from '../request/fronts/front';
import type { StoreLimits } from '../stores/store';

/** Largest body that is packed and unpacked, in bytes; Lambda itself refuses a response of more than 6 MB. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * The most that an item has beside its headers and body, in bytes, under the
 * table's usual attribute names: names count with their values, a number takes
 * a byte for two digits and one more. Of it the id takes 45, the token 39, the
 * fingerprint up to 83, and some 50 the ten attributes that are left.
 */
const REST_OF_ITEM = 256;

/** Kept clear below the item limit, for tables whose key and TTL attributes have long names. */
const SPARE = 512;

/** A response as the store can hold it. */
export type Packed =
  | { readonly kind: 'fits'; readonly stored: StoredResponse }
  | {
    readonly kind: 'too-large';
    /** The body, for an overflow bucket. */
    readonly bytes: Uint8Array;
    /** What to store with the name of the object that holds `bytes`; the tombstone where even that would not do. */
    readonly pointer: StoredResponse;
    /** What to store where there is no bucket: executed, and the response not kept. */
    readonly tombstone: StoredResponse;
  };

/**
 * Packs a response for a store: the body as raw bytes, base64 undone, and
 * deflated only where the item needs fewer write units for it, or would not fit
 * at all. Headers go as they are: see `replay-headers.ts` for which ones.
 */
export function pack(response: HttpResponse, limits: StoreLimits): Packed {
  const { statusCode, headers, isBase64Encoded } = response;
  const bytes = Buffer.from(response.body, isBase64Encoded ? 'base64' : 'utf8');
  const store = (body: Uint8Array | undefined, deflated: boolean): StoredResponse => ({
    statusCode,
    headers,
    ...(body === undefined ? {} : { body }),
    encoding: { base64: isBase64Encoded, deflated, tooLarge: false },
  });
  const beside = REST_OF_ITEM + Buffer.byteLength(JSON.stringify(headers));
  const plain = beside + bytes.length;
  if (bytes.length <= MAX_BODY_BYTES) {
    if (fits(plain, limits) && writeUnits(plain, limits) <= 1) return { kind: 'fits', stored: store(bytes, false) };
    const deflated = deflateRawSync(bytes);
    const packed = beside + deflated.length;
    const worthwhile = !fits(plain, limits) || writeUnits(packed, limits) < writeUnits(plain, limits);
    if (worthwhile && fits(packed, limits)) return { kind: 'fits', stored: store(deflated, true) };
    if (fits(plain, limits)) return { kind: 'fits', stored: store(bytes, false) };
  }
  const tombstone: StoredResponse = { statusCode, headers: [], encoding: { base64: isBase64Encoded, deflated: false, tooLarge: true } };
  const keepable = bytes.length <= MAX_BODY_BYTES && fits(beside, limits);
  return { kind: 'too-large', bytes, tombstone, pointer: keepable ? store(undefined, false) : tombstone };
}

const fits = (size: number, { itemBytes }: StoreLimits): boolean => itemBytes === 0 || size + SPARE <= itemBytes;

const writeUnits = (size: number, { writeUnitBytes }: StoreLimits): number => (writeUnitBytes === 0 ? 0 : Math.ceil(size / writeUnitBytes));

/**
 * The response that was packed, its body in `stored` or fetched from the
 * overflow bucket. Whoever may write to the store may have written the record:
 * nothing in it is taken on trust, and decompression is bounded.
 *
 * @throws RecordUnreadable where it is not a response that `pack` could have made
 */
export function unpack(stored: StoredResponse): HttpResponse {
  const { statusCode, headers, body, encoding } = stored;
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 599) throw new RecordUnreadable('The recorded status is no HTTP status');
  if (!Array.isArray(headers) || !headers.every(isHeader)) throw new RecordUnreadable('The recorded headers are no HTTP headers');
  if (encoding.tooLarge || !(body instanceof Uint8Array)) throw new RecordUnreadable('The recorded response has no body');
  const bytes = encoding.deflated ? inflate(body) : body;
  if (bytes.length > MAX_BODY_BYTES) throw new RecordUnreadable(`The recorded body is larger than ${MAX_BODY_BYTES} bytes`);
  return {
    statusCode,
    headers: headers.map(([name, value]) => [name, value] as const),
    cookies: [],
    body: encoding.base64 ? Buffer.from(bytes).toString('base64') : textOf(bytes),
    isBase64Encoded: encoding.base64,
  };
}

const isHeader = (pair: unknown): boolean =>
  Array.isArray(pair) && pair.length === 2 && isHeaderName(pair[0]) && isHeaderValue(pair[1]);

function inflate(body: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    throw new RecordUnreadable('The recorded body does not inflate', { cause });
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new RecordUnreadable('The recorded body is not the text that it claims to be', { cause });
  }
}
