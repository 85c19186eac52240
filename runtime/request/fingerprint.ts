import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from './fronts/front';
import { sortedSet, type Selection } from './json-pointer';
import { encodeTuple } from './tuple';
import type { WireFingerprint } from '../../lib/contract';

/** What of the body is compared. Part of the stored format: numbers are never used again for something else. */
const SCHEME = { NONE: 0, BYTES: 1, JSON: 2, SELECTION: 3 } as const;

/** Set in the scheme byte beside one of these. */
const FLAG = { TIMED: 0x40, KEYED: 0x80 } as const;

/** Before what is hashed of a JSON body: its canonical form, or its bytes where it has none. */
const FORM = { BYTES: 0, CANONICAL: 1 } as const;

/** Longer bodies are compared by their bytes: a canonical form costs time before anything is claimed, and what a client sends decides how much. */
const MAX_CANONICAL_BYTES = 1024 * 1024;

const HASH_LENGTH = 32;
const SELECTION_ID_LENGTH = 16;
/** Scheme byte and the hash of method, path and query: the part that every scheme has. */
const TARGET_END = 1 + HASH_LENGTH;

/** What each scheme adds to the target. */
const ADDED = new Map<number, number>([
  [SCHEME.NONE, 0],
  [SCHEME.BYTES, HASH_LENGTH],
  [SCHEME.JSON, HASH_LENGTH],
  [SCHEME.SELECTION, SELECTION_ID_LENGTH + HASH_LENGTH],
]);

export interface FingerprintRules {
  /** Whether the body counts. Method, path and query always do. */
  readonly includeRequestHash: boolean;
  readonly fingerprint: WireFingerprint;
}

/**
 * What a retry must have in common with the request it repeats:
 *
 *     scheme byte ‖ SHA-256(method, path, query) ‖ SHA-256(time), if timed ‖ what the scheme adds
 *
 *     0  body left out     nothing
 *     1  'bytes'           SHA-256(body)
 *     2  'json'            SHA-256(form byte ‖ RFC 8785 form)
 *     3  JSON Pointers     id of the selection ‖ SHA-256(form byte ‖ RFC 8785 form of what is selected)
 *     + 0x40  timed        the header that says when the operation was first sent counts as well
 *     + 0x80  keyed        each hash is HMAC-SHA-256 of it, under the key secret
 *
 * The body is the decoded one: base64 in transport makes no difference, and a
 * gzip-encoded request is compared as the gzip bytes. No other header counts.
 * Schemes 2 and 3 take the body's bytes where it is not JSON, JSON that parsers
 * read differently, or longer than 1 MB: such a body equals none but itself.
 *
 * @param sentAt the text of the header with the time, where there is one
 */
export function fingerprint(
  request: Pick<HttpRequest, 'method' | 'path' | 'query' | 'body'>,
  rules: FingerprintRules,
  sentAt?: string,
): Uint8Array {
  const target = sha256(encodeTuple([request.method, request.path, request.query]));
  const time = sentAt === undefined ? '' : sha256(encodeTuple([sentAt]));
  const flags = sentAt === undefined ? 0 : FLAG.TIMED;
  const join = (scheme: number, added: string): Uint8Array =>
    Buffer.from(`${(scheme | flags).toString(16).padStart(2, '0')}${target}${time}${added}`, 'hex');
  if (!rules.includeRequestHash) return join(SCHEME.NONE, '');
  const { fingerprint: what } = rules;
  if (what === 'bytes') return join(SCHEME.BYTES, sha256(request.body));
  if (what === 'json') return join(SCHEME.JSON, hashJson(request.body));
  return join(SCHEME.SELECTION, selectionId(what) + hashJson(request.body, what));
}

/**
 * A fingerprint that only who has the secret can try requests against. The same
 * secret as that of the record's id, so that the two are always known together.
 */
export function keyed(plain: Uint8Array, secret: string): Uint8Array {
  const idAt = idOffset(plain);
  const parts: Uint8Array[] = [Uint8Array.of(plain[0]! | FLAG.KEYED)];
  for (let at = 1; at < plain.length;) {
    const length = at === idAt ? SELECTION_ID_LENGTH : HASH_LENGTH;
    const part = plain.subarray(at, at + length);
    // Where a hash stands is part of what is signed: one of a path is never taken for one of a body.
    parts.push(at === idAt ? part : createHmac('sha256', secret).update(encodeTuple(['fingerprint', String(at)])).update(part).digest());
    at += length;
  }
  return Buffer.concat(parts);
}

/**
 * Whether two fingerprints stand for one request, in constant time. Where the
 * setting has changed in between (another scheme, or another list of pointers)
 * method, path and query decide alone, so that no honest retry is refused; the
 * same holds for a scheme of a later version. What is no fingerprint equals
 * nothing.
 */
export function sameRequest(recorded: Uint8Array, mine: Uint8Array): boolean {
  if (!isFingerprint(recorded) || !isFingerprint(mine)) return false;
  if (equal(schemeOf(recorded), schemeOf(mine))) return equal(recorded, mine);
  return equal(recorded.subarray(1, TARGET_END), mine.subarray(1, TARGET_END));
}

/** Whether a fingerprint is keyed: one that is not is compared with one that is not, whatever is configured now. */
export const isKeyed = (value: Uint8Array): boolean => ((value[0] ?? 0) & FLAG.KEYED) !== 0;

/** What is compared, for people; undefined for a scheme of a later version. */
export function describeFingerprint(value: Uint8Array): string | undefined {
  const body = BODY[baseOf(value)];
  if (body === undefined) return undefined;
  const compared = ['method', 'path', 'query', ...(isTimed(value) ? ['the time of the first sending'] : []), ...(body === '' ? [] : [body])];
  return `${compared.slice(0, -1).join(', ')} and ${compared.at(-1)}`;
}

/** By scheme. */
const BODY: readonly string[] = ['', 'the body\'s bytes', 'the JSON body', 'selected members of the JSON body'];

const baseOf = (value: Uint8Array): number => (value[0] ?? 0xff) & ~(FLAG.TIMED | FLAG.KEYED);
const isTimed = (value: Uint8Array): boolean => ((value[0] ?? 0) & FLAG.TIMED) !== 0;

/** Where what the scheme adds begins. */
const addedOffset = (value: Uint8Array): number => TARGET_END + (isTimed(value) ? HASH_LENGTH : 0);

/** Where the id of a selection stands, if there is one. */
const idOffset = (value: Uint8Array): number | undefined => (baseOf(value) === SCHEME.SELECTION ? addedOffset(value) : undefined);

function isFingerprint(value: Uint8Array): boolean {
  const added = ADDED.get(baseOf(value));
  return added === undefined ? value.length >= TARGET_END : value.length === addedOffset(value) + added;
}

function schemeOf(value: Uint8Array): Uint8Array {
  const idAt = idOffset(value);
  return idAt === undefined ? value.subarray(0, 1) : Buffer.concat([value.subarray(0, 1), value.subarray(idAt, idAt + SELECTION_ID_LENGTH)]);
}

function hashJson(body: Uint8Array, selection?: Selection): string {
  const canonical = body.length > MAX_CANONICAL_BYTES ? undefined : canonicalForm(body, selection);
  const [form, bytes] = canonical === undefined ? [FORM.BYTES, body] : [FORM.CANONICAL, Buffer.from(canonical)];
  return sha256(Buffer.concat([Uint8Array.of(form), bytes]));
}

function canonicalForm(body: Uint8Array, selection: Selection | undefined): string | undefined {
  // By default bodies are compared as bytes: in the layer it lies in a file of its own.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { canonicalDocument, canonicalSelection } = require('./canonical-json') as typeof import('./canonical-json');
  return selection === undefined ? canonicalDocument(body) : canonicalSelection(body, selection);
}

function selectionId({ include, exclude = [] }: Selection): string {
  const taken = include === undefined ? ['*'] : sortedSet(include);
  return sha256(encodeTuple([String(taken.length), ...taken, ...sortedSet(exclude)])).slice(0, 2 * SELECTION_ID_LENGTH);
}

/** In hex. */
const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes);

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
