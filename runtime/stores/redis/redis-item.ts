import { ATTRIBUTES } from '../../../lib/contract';
import type { StoredRecord } from '../../protocol/record';
import { decodeItem, encodeResponse } from '../dynamodb/dynamodb-item';
import type { AttributeValue, Item } from '../dynamodb/dynamodb-transport';
import type { Completion } from '../store';

/**
 * One hash a record, with the attribute names and texts that the record has in
 * DynamoDB, and bytes in base64: every client carries that without a buffer mode.
 */
const TYPES: Readonly<Record<string, 'S' | 'N' | 'B'>> = {
  [ATTRIBUTES.VERSION]: 'N',
  [ATTRIBUTES.STATUS]: 'S',
  [ATTRIBUTES.TOKEN]: 'S',
  [ATTRIBUTES.ATTEMPT]: 'N',
  [ATTRIBUTES.CLAIMED_AT]: 'N',
  [ATTRIBUTES.FINGERPRINT]: 'B',
  [ATTRIBUTES.LEASE_END]: 'N',
  [ATTRIBUTES.EXPIRES_AT]: 'N',
  [ATTRIBUTES.RESPONSE_STATUS]: 'N',
  [ATTRIBUTES.RESPONSE_HEADERS]: 'S',
  [ATTRIBUTES.RESPONSE_BODY]: 'B',
  [ATTRIBUTES.RESPONSE_ENCODING]: 'N',
  [ATTRIBUTES.RESPONSE_OVERFLOW]: 'S',
  [ATTRIBUTES.RESPONSE_EXPIRES_AT]: 'N',
};
const SCHEMA = { partitionKey: ATTRIBUTES.ID, ttlAttribute: ATTRIBUTES.EXPIRES_AT };

export const encodeBytes = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The fields of a response and its end as names and values in turn. */
export const encodeFields = ({ response, responseExpiresAt }: Pick<Completion, 'response' | 'responseExpiresAt'>): string[] =>
  Object.entries(encodeResponse(response, responseExpiresAt)).flatMap(([name, value]) => [name, textOf(value)]);

/** The record in a hash, names and values in turn as the server lists them; judged like an item of DynamoDB. */
export function decodeFields(id: string, fields: readonly string[]): StoredRecord | undefined {
  if (fields.length === 0) return undefined;
  const item: Record<string, AttributeValue> = { [ATTRIBUTES.ID]: { S: id } };
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const value = valueOf(fields[index]!, fields[index + 1]!);
    if (value !== undefined) item[fields[index]!] = value;
  }
  return decodeItem(item satisfies Item, SCHEMA);
}

function textOf(value: AttributeValue): string {
  if ('B' in value) return encodeBytes(value.B);
  return 'S' in value ? value.S : value.N;
}

function valueOf(name: string, text: string): AttributeValue | undefined {
  switch (Object.hasOwn(TYPES, name) ? TYPES[name] : undefined) {
    case 'S':
      return { S: text };
    case 'N':
      return { N: text };
    case 'B':
      return bytesOf(text);
    default:
      return undefined;
  }
}

function bytesOf(text: string): AttributeValue {
  const bytes = Buffer.from(text, 'base64');
  // What is not base64 stays text, which no binary attribute may be.
  if (bytes.toString('base64') !== text) return { S: text };
  return { B: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) };
}
