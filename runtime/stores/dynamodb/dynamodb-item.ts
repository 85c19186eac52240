import type { Item } from './dynamodb-transport';
import { ATTRIBUTES } from '../../../lib/contract';
import { FORMAT_VERSION, type BodyEncoding, type IdempotencyRecord, type RecordStatus, type StoredRecord, type StoredResponse } from '../../protocol/record';
import { epochMillis, epochSeconds, type EpochSeconds } from '../../time';

/** Names of the two attributes that the table's schema fixes; the rest are in `lib/contract.ts`. */
export interface TableSchema {
  readonly partitionKey: string;
  readonly ttlAttribute: string;
}

const BASE64 = 1;
const DEFLATED = 2;
const TOO_LARGE = 4;
const SEALED = 8;
const VERBATIM = 16;
const ALL_FLAGS = BASE64 | DEFLATED | TOO_LARGE | SEALED | VERBATIM;

/** The response's attributes: what COMPLETE sets and CLAIM removes. */
export const RESPONSE_ATTRIBUTES = [
  ATTRIBUTES.RESPONSE_STATUS,
  ATTRIBUTES.RESPONSE_HEADERS,
  ATTRIBUTES.RESPONSE_BODY,
  ATTRIBUTES.RESPONSE_ENCODING,
  ATTRIBUTES.RESPONSE_OVERFLOW,
  ATTRIBUTES.RESPONSE_EXPIRES_AT,
] as const;

/** Attributes of a response and its end; members that they have not are absent. */
export function encodeResponse(response: StoredResponse, expiresAt?: EpochSeconds): Item {
  const { base64, verbatim, deflated, tooLarge, sealed } = response.encoding;
  const flags = (base64 ? BASE64 : 0) | (deflated ? DEFLATED : 0) | (tooLarge ? TOO_LARGE : 0) | (sealed ? SEALED : 0) | (verbatim ? VERBATIM : 0);
  return {
    [ATTRIBUTES.RESPONSE_STATUS]: { N: String(response.statusCode) },
    [ATTRIBUTES.RESPONSE_HEADERS]: { S: response.sealedHeaders ?? JSON.stringify(response.headers) },
    [ATTRIBUTES.RESPONSE_ENCODING]: { N: String(flags) },
    ...(response.body === undefined ? {} : { [ATTRIBUTES.RESPONSE_BODY]: { B: response.body } }),
    ...(response.overflow === undefined ? {} : { [ATTRIBUTES.RESPONSE_OVERFLOW]: { S: response.overflow } }),
    ...(expiresAt === undefined ? {} : { [ATTRIBUTES.RESPONSE_EXPIRES_AT]: { N: String(expiresAt) } }),
  };
}

/** The body in an item that lies beside a record; undefined where it is none. */
export const decodeBody = (item: Record<string, unknown>): Uint8Array | undefined => binary(item[ATTRIBUTES.RESPONSE_BODY]);

/** Whether an item is a body beside a record, and no record: its key is the record's id, a slash and a name. */
export const isBody = (item: Record<string, unknown>, { partitionKey }: TableSchema): boolean =>
  text(item[partitionKey])?.includes('/') === true && item[ATTRIBUTES.STATUS] === undefined && decodeBody(item) !== undefined;

/**
 * The record in an item. Anybody who may write to the table may have written
 * the item, so every attribute is checked; attributes that this version does
 * not know are left alone, for newer minor versions to add.
 */
export function decodeItem(item: Record<string, unknown>, schema: TableSchema): StoredRecord {
  const id = text(item[schema.partitionKey]) ?? '';
  try {
    return decode(id, item, schema);
  } catch (error) {
    if (error instanceof Malformed) return { id, unreadable: 'malformed', detail: error.message };
    throw error;
  }
}

function decode(id: string, item: Record<string, unknown>, schema: TableSchema): StoredRecord {
  const version = needNumber(item, ATTRIBUTES.VERSION);
  if (Math.trunc(version) > FORMAT_VERSION) {
    return { id, unreadable: 'newer-version', detail: `format version ${version}, this runtime reads ${FORMAT_VERSION}.x` };
  }
  if (version < FORMAT_VERSION) throw new Malformed(ATTRIBUTES.VERSION);
  const status = text(item[ATTRIBUTES.STATUS]);
  // What a flag of a later version does to the bytes is not known: they are none to be answered with.
  if (status === 'C' && needInteger(item, ATTRIBUTES.RESPONSE_ENCODING) > ALL_FLAGS) {
    return { id, unreadable: 'newer-version', detail: 'a response encoded in a way of a later version' };
  }
  if (status !== 'P' && status !== 'C' && status !== 'R') throw new Malformed(ATTRIBUTES.STATUS);
  return {
    id: id === '' ? malformed(schema.partitionKey) : id,
    version,
    status,
    token: text(item[ATTRIBUTES.TOKEN]) ?? malformed(ATTRIBUTES.TOKEN),
    attempt: needInteger(item, ATTRIBUTES.ATTEMPT),
    claimedAt: epochMillis(needInteger(item, ATTRIBUTES.CLAIMED_AT)),
    fingerprint: binary(item[ATTRIBUTES.FINGERPRINT]) ?? malformed(ATTRIBUTES.FINGERPRINT),
    ...(status === 'P' ? { leaseEnd: epochMillis(needInteger(item, ATTRIBUTES.LEASE_END)) } : {}),
    expiresAt: epochSeconds(needInteger(item, schema.ttlAttribute)),
    ...responseOf(status, item),
  };
}

function responseOf(status: RecordStatus, item: Record<string, unknown>): Pick<IdempotencyRecord, 'response' | 'responseExpiresAt'> {
  if (status !== 'C') return {};
  const statusCode = needInteger(item, ATTRIBUTES.RESPONSE_STATUS);
  if (statusCode < 100 || statusCode > 599) throw new Malformed(ATTRIBUTES.RESPONSE_STATUS);
  const body = item[ATTRIBUTES.RESPONSE_BODY];
  const overflow = item[ATTRIBUTES.RESPONSE_OVERFLOW];
  const encoding = encodingOf(needInteger(item, ATTRIBUTES.RESPONSE_ENCODING));
  const headers = text(item[ATTRIBUTES.RESPONSE_HEADERS]);
  return {
    response: {
      statusCode,
      ...(encoding.sealed ? { headers: [], sealedHeaders: headers ?? malformed(ATTRIBUTES.RESPONSE_HEADERS) } : { headers: headersOf(headers) }),
      encoding,
      ...(body === undefined ? {} : { body: binary(body) ?? malformed(ATTRIBUTES.RESPONSE_BODY) }),
      ...(overflow === undefined ? {} : { overflow: text(overflow) ?? malformed(ATTRIBUTES.RESPONSE_OVERFLOW) }),
    },
    ...(item[ATTRIBUTES.RESPONSE_EXPIRES_AT] === undefined
      ? {}
      : { responseExpiresAt: epochSeconds(needInteger(item, ATTRIBUTES.RESPONSE_EXPIRES_AT)) }),
  };
}

function headersOf(json: string | undefined): StoredResponse['headers'] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json ?? '');
  } catch {
    throw new Malformed(ATTRIBUTES.RESPONSE_HEADERS);
  }
  const isPair = (pair: unknown): pair is [string, string] =>
    Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && typeof pair[1] === 'string';
  if (!Array.isArray(parsed) || !parsed.every(isPair)) throw new Malformed(ATTRIBUTES.RESPONSE_HEADERS);
  return parsed;
}

const encodingOf = (flags: number): BodyEncoding => ({
  base64: (flags & BASE64) !== 0,
  ...((flags & VERBATIM) === 0 ? {} : { verbatim: true as const }),
  deflated: (flags & DEFLATED) !== 0,
  tooLarge: (flags & TOO_LARGE) !== 0,
  ...((flags & SEALED) === 0 ? {} : { sealed: true as const }),
});

class Malformed extends Error {
  public constructor(attribute: string) {
    super(`attribute ${attribute} is missing or not of its type`);
  }
}

function malformed(attribute: string): never {
  throw new Malformed(attribute);
}

const member = (value: unknown, type: 'S' | 'N' | 'B'): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, type) ? (value as Record<string, unknown>)[type] : undefined;

function text(value: unknown): string | undefined {
  const content = member(value, 'S');
  return typeof content === 'string' ? content : undefined;
}

function binary(value: unknown): Uint8Array | undefined {
  const content = member(value, 'B');
  return content instanceof Uint8Array ? content : undefined;
}

function needNumber(item: Record<string, unknown>, attribute: string): number {
  const content = member(item[attribute], 'N');
  const number = typeof content === 'string' && content !== '' ? Number(content) : NaN;
  if (!Number.isFinite(number)) throw new Malformed(attribute);
  return number;
}

function needInteger(item: Record<string, unknown>, attribute: string): number {
  const number = needNumber(item, attribute);
  if (!Number.isSafeInteger(number) || number < 0) throw new Malformed(attribute);
  return number;
}
