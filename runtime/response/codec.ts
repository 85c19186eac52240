import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { RecordUnreadable, ResponseSealed } from '../errors';
import { isHeaderName, isHeaderValue } from './http-header';
import { SEAL_LENGTH, type Seal } from './seal';
import type { BodyEncoding, StoredResponse } from '../protocol/record';
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
    readonly kind: 'beside';
    /** The body, packed. */
    readonly bytes: Uint8Array;
    /** What to store with the name under which `bytes` lie. */
    readonly pointer: StoredResponse;
    /** Whether an item of its own would hold `bytes`. */
    readonly fitsItem: boolean;
    /** What to store where there is no place beside the record: whole, or that it was executed and is not kept. */
    readonly otherwise: StoredResponse;
  }
  /** Nothing holds it. */
  | { readonly kind: 'too-large'; readonly otherwise: StoredResponse };

/**
 * Packs a response for a store: the body as raw bytes, base64 undone where it can
 * be made again, and deflated only where the item needs fewer write units for it, or would not hold
 * it otherwise. Headers go as they are: see `replay-headers.ts` for which ones.
 *
 * @param seal encrypts headers and body, after deflating
 */
export function pack(response: HttpResponse, limits: StoreLimits, seal?: Seal): Packed {
  const { statusCode, headers, isBase64Encoded } = response;
  const decoded = isBase64Encoded ? decode(response.body) : undefined;
  const bytes = decoded ?? Buffer.from(response.body, 'utf8');
  const kind: Pick<BodyEncoding, 'base64' | 'verbatim'> = { base64: isBase64Encoded, ...(isBase64Encoded && decoded === undefined ? { verbatim: true } : {}) };
  const store = (packed: { readonly deflated: boolean; readonly body?: Uint8Array }): StoredResponse => {
    const sealed = seal === undefined ? {} : { sealed: true as const };
    const encoding: BodyEncoding = { ...kind, deflated: packed.deflated, tooLarge: false, ...sealed };
    return {
      statusCode,
      ...(seal === undefined ? { headers } : { headers: [], sealedHeaders: base64Of(seal.seal('headers', aboutOf(statusCode, encoding), headerBytes)) }),
      ...(packed.body === undefined ? {} : { body: packed.body }),
      encoding,
    };
  };
  const sealed = (body: Uint8Array, deflated: boolean): Uint8Array =>
    seal === undefined ? body : seal.seal('body', aboutOf(statusCode, { ...kind, deflated }), body);
  const headerBytes = Buffer.from(JSON.stringify(headers));
  const tombstone: StoredResponse = { statusCode, headers: [], encoding: { base64: isBase64Encoded, deflated: false, tooLarge: true } };
  const overhead = seal === undefined ? 0 : SEAL_LENGTH;
  const rest = REST_OF_ITEM + overhead + (seal === undefined ? headerBytes.length : base64Length(headerBytes.length + SEAL_LENGTH));
  if (bytes.length > MAX_BODY_BYTES || !fits(rest, limits)) return { kind: 'too-large', otherwise: tombstone };

  const liesInline = (body: Uint8Array): boolean => fits(rest + body.length, limits) && body.length <= (limits.inlineBytes ?? Infinity);
  const units = (body: Uint8Array): number => writeUnits(rest + body.length, limits);
  if (liesInline(bytes) && units(bytes) <= 1) return { kind: 'fits', stored: store({ body: sealed(bytes, false), deflated: false }) };
  const packed = deflateRawSync(bytes);
  const deflated = liesInline(bytes) ? units(packed) < units(bytes) : packed.length < bytes.length;
  const body = deflated ? packed : bytes;
  const whole = { body: sealed(body, deflated), deflated };
  if (liesInline(body)) return { kind: 'fits', stored: store(whole) };
  return {
    kind: 'beside',
    bytes: whole.body,
    pointer: store({ deflated }),
    fitsItem: fits(REST_OF_ITEM + whole.body.length, limits),
    otherwise: fits(rest + body.length, limits) ? store(whole) : tombstone,
  };
}

/**
 * The bytes that stand in base64; undefined where base64 of them is not the same
 * text: it has line breaks or another alphabet, or is none. Some gateways send
 * such a body on as it is, so that it must be kept as it is.
 */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** What is in the clear and must stand as it stood: it says how the rest is read. */
const aboutOf = (statusCode: number, { base64, verbatim, deflated }: Pick<BodyEncoding, 'base64' | 'verbatim' | 'deflated'>): string =>
  `${statusCode} ${base64} ${deflated}${verbatim ? ' verbatim' : ''}`;

const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const base64Length = (length: number): number => Math.ceil(length / 3) * 4;

/** The response in the record itself, whatever that costs, or that it was executed and is not kept. */
export function packWhole(response: HttpResponse, limits: StoreLimits): StoredResponse {
  const packed = pack(response, limits);
  return packed.kind === 'fits' ? packed.stored : packed.otherwise;
}

const fits = (size: number, { itemBytes }: StoreLimits): boolean => itemBytes === 0 || size + SPARE <= itemBytes;

const writeUnits = (size: number, { writeUnitBytes }: StoreLimits): number => (writeUnitBytes === 0 ? 0 : Math.ceil(size / writeUnitBytes));

/**
 * The response that was packed, its body in `stored` or fetched from beside
 * the record. Whoever may write to the store may have written the record:
 * nothing in it is taken on trust, and decompression is bounded.
 *
 * @param seal opens one that is encrypted
 * @throws RecordUnreadable where it is not a response that `pack` could have made
 * @throws ResponseSealed where it is encrypted, and `seal` is missing or is for something else
 */
export function unpack(stored: StoredResponse, seal?: Seal): HttpResponse {
  const { statusCode } = stored;
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 599) throw new RecordUnreadable('The recorded status is no HTTP status');
  const { headers, body, encoding } = opened(stored, seal);
  if (!Array.isArray(headers) || !headers.every(isHeader)) throw new RecordUnreadable('The recorded headers are no HTTP headers');
  if (encoding.tooLarge || !(body instanceof Uint8Array)) throw new RecordUnreadable('The recorded response has no body');
  const bytes = encoding.deflated ? inflate(body) : body;
  if (bytes.length > MAX_BODY_BYTES) throw new RecordUnreadable(`The recorded body is larger than ${MAX_BODY_BYTES} bytes`);
  return {
    statusCode,
    headers: headers.map(([name, value]) => [name, value] as const),
    cookies: [],
    body: encoding.base64 && !encoding.verbatim ? Buffer.from(bytes).toString('base64') : textOf(bytes),
    isBase64Encoded: encoding.base64,
  };
}

function opened(stored: StoredResponse, seal: Seal | undefined): StoredResponse {
  const { statusCode, encoding, body, sealedHeaders } = stored;
  if (!encoding.sealed) return stored;
  if (seal === undefined) throw new ResponseSealed('The recorded response is encrypted: it opens with the client\'s key, its tenant and the key secret');
  if (typeof sealedHeaders !== 'string' || !(body instanceof Uint8Array)) throw new RecordUnreadable('The recorded response has no headers or no body');
  const about = aboutOf(statusCode, encoding);
  const headers = JSON.parse(Buffer.from(seal.open('headers', about, Buffer.from(sealedHeaders, 'base64'))).toString()) as StoredResponse['headers'];
  return { ...stored, headers, body: seal.open('body', about, body) };
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
