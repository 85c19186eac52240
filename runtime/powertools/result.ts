import type { IdempotencyRecord as PowertoolsRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { PowertoolsPersistenceError } from './errors';
import type { StoredResponse } from '../protocol/record';
import { packWhole, unpack } from '../response/codec';
import type { StoreLimits } from '../stores/store';

/** A function that returned nothing: 204, as there is no body to hold. */
const NOTHING: StoredResponse = { statusCode: 204, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } };

/** Executed, and not kept. */
const NOT_KEPT: StoredResponse = { statusCode: 200, headers: [], encoding: { base64: false, deflated: false, tooLarge: true } };

/** What a function returned as the response of a record: JSON, deflated where that saves a write unit. What is no JSON is not kept: the function has run. */
export function encodeResult(result: unknown, limits: StoreLimits): StoredResponse {
  let body: string | undefined;
  try {
    body = JSON.stringify(result) as string | undefined;
  } catch {
    return NOT_KEPT;
  }
  if (body === undefined) return NOTHING;
  return packWhole({ statusCode: 200, headers: [], cookies: [], body, isBase64Encoded: false }, limits);
}

/** @throws PowertoolsPersistenceError where the result was too large to keep, or is none of ours */
export function decodeResult(response: StoredResponse | undefined): PowertoolsRecord['responseData'] {
  if (response?.encoding.tooLarge) {
    throw new PowertoolsPersistenceError('IDEMPOTENCY_RESULT_TOO_LARGE', 'The function has run, and its result was too large for the store to keep, or no JSON.');
  }
  if (response?.statusCode === NOTHING.statusCode && response.body === undefined) return undefined;
  try {
    return JSON.parse(unpack(response!).body) as PowertoolsRecord['responseData'];
  } catch (cause) {
    throw new PowertoolsPersistenceError('IDEMPOTENCY_RECORD_UNREADABLE', 'The recorded result cannot be read.', { cause });
  }
}

const SCHEME = 'powertools:';

/** Powertools' hash of the payload it validates, or none: what a takeover must have in common with what it takes over. */
export const encodePayloadHash = (hash: string | undefined): Uint8Array => new TextEncoder().encode(SCHEME + (hash ?? ''));

export function decodePayloadHash(fingerprint: Uint8Array): string {
  const text = new TextDecoder().decode(fingerprint);
  return text.startsWith(SCHEME) ? text.slice(SCHEME.length) : '';
}
