import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from './fronts/front';
import { select, sortedSet, type Selection } from './json-pointer';
import { encodeTuple } from './tuple';
import type { WireFingerprint } from '../../lib/contract';

/** What of the body is compared. Part of the stored format: numbers are never used again for something else. */
const SCHEME = { NONE: 0, BYTES: 1, JSON: 2, SELECTION: 3 } as const;

/** Before what is hashed of a JSON body: its canonical form, or its bytes where it has none. */
const FORM = { BYTES: 0, CANONICAL: 1 } as const;

/** Longer bodies are compared by their bytes: a canonical form costs time before anything is claimed, and what a client sends decides how much. */
const MAX_CANONICAL_BYTES = 1024 * 1024;

const HASH_LENGTH = 32;
const SELECTION_ID_LENGTH = 16;
/** Scheme byte and the hash of method, path and query: the part that every scheme has. */
const TARGET_END = 1 + HASH_LENGTH;

const LENGTHS = new Map<number, number>([
  [SCHEME.NONE, TARGET_END],
  [SCHEME.BYTES, TARGET_END + HASH_LENGTH],
  [SCHEME.JSON, TARGET_END + HASH_LENGTH],
  [SCHEME.SELECTION, TARGET_END + SELECTION_ID_LENGTH + HASH_LENGTH],
]);

export interface FingerprintRules {
  /** Whether the body counts. Method, path and query always do. */
  readonly includeRequestHash: boolean;
  readonly fingerprint: WireFingerprint;
}

/**
 * What a retry must have in common with the request it repeats:
 *
 *     scheme byte ‖ SHA-256(method, path, query) ‖ what the scheme adds
 *
 *     0  body left out     nothing
 *     1  'bytes'           SHA-256(body)
 *     2  'json'            SHA-256(form byte ‖ RFC 8785 form)
 *     3  JSON Pointers     id of the selection ‖ SHA-256(form byte ‖ RFC 8785 form of what is selected)
 *
 * The body is the decoded one: base64 in transport makes no difference, and a
 * gzip-encoded request is compared as the gzip bytes. Headers never count.
 * Schemes 2 and 3 take the body's bytes where it is not JSON, JSON that parsers
 * read differently, or longer than 1 MB: such a body equals none but itself.
 */
export function fingerprint(
  request: Pick<HttpRequest, 'method' | 'path' | 'query' | 'body'>,
  rules: FingerprintRules,
): Uint8Array {
  const target = sha256(encodeTuple([request.method, request.path, request.query]));
  if (!rules.includeRequestHash) return join(SCHEME.NONE, target);
  const { fingerprint: what } = rules;
  if (what === 'bytes') return join(SCHEME.BYTES, target, sha256(request.body));
  if (what === 'json') return join(SCHEME.JSON, target, hashJson(request.body, (document) => document));
  return join(SCHEME.SELECTION, target, selectionId(what), hashJson(request.body, (document) => select(document, what)));
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

function isFingerprint(value: Uint8Array): boolean {
  const length = LENGTHS.get(value[0] ?? -1);
  return length === undefined ? value.length >= TARGET_END : value.length === length;
}

function schemeOf(value: Uint8Array): Uint8Array {
  if (value[0] !== SCHEME.SELECTION) return value.subarray(0, 1);
  return Buffer.concat([value.subarray(0, 1), value.subarray(TARGET_END, TARGET_END + SELECTION_ID_LENGTH)]);
}

function hashJson(body: Uint8Array, part: (document: unknown) => unknown): Uint8Array {
  // By default bodies are compared as bytes: in the layer it lies in a file of its own.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { canonicalJson, parseUnambiguous } = require('./canonical-json') as typeof import('./canonical-json');
  const parsed = body.length > MAX_CANONICAL_BYTES ? undefined : parseUnambiguous(body);
  if (parsed === undefined) return sha256(Uint8Array.of(FORM.BYTES), body);
  return sha256(Uint8Array.of(FORM.CANONICAL), Buffer.from(canonicalJson(part(parsed.document))));
}

function selectionId({ include, exclude = [] }: Selection): Uint8Array {
  const taken = include === undefined ? ['*'] : sortedSet(include);
  return sha256(encodeTuple([String(taken.length), ...taken, ...sortedSet(exclude)])).subarray(0, SELECTION_ID_LENGTH);
}

const join = (scheme: number, ...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat([Uint8Array.of(scheme), ...parts]);

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
