import canonicalize from 'canonicalize';
import { select, type Selection } from './json-pointer';

/** Deeper documents are not canonicalised: the canonical form is made by recursion. */
const MAX_DEPTH = 200;

/** No double that is written out in full needs more, short of extremes; longer ones are compared as they were sent. */
const MAX_NUMBER_LENGTH = 40;

/**
 * The document in `bytes`, or undefined where parsers may differ about what it
 * says: not JSON (RFC 8259) in UTF-8 without a byte order mark, a member name
 * twice, a number that a double does not hold, a lone surrogate.
 */
export function parseUnambiguous(bytes: Uint8Array): { readonly document: unknown } | undefined {
  const read = readExactly(bytes);
  // The parser keeps one member of those with the same name.
  return read !== undefined && read.names === countMembers(read.document) ? read : undefined;
}

/** RFC 8785 of the document in `bytes`, or undefined where `parseUnambiguous` gives none. */
export function canonicalDocument(bytes: Uint8Array): string | undefined {
  const read = readExactly(bytes);
  if (read === undefined) return undefined;
  const ordering = new Ordering();
  const ordered = ordering.of(read.document);
  if (ordering.failed) return read.names === countMembers(read.document) ? canonicalize(read.document) : undefined;
  return read.names === ordering.members ? JSON.stringify(ordered) : undefined;
}

/** RFC 8785 of what a selection takes of the document in `bytes`, or undefined where `parseUnambiguous` gives none. */
export function canonicalSelection(bytes: Uint8Array, selection: Selection): string | undefined {
  const parsed = parseUnambiguous(bytes);
  return parsed === undefined ? undefined : canonicalJson(select(parsed.document, selection));
}

/** RFC 8785 of a value that `parseUnambiguous` gave, or of a part of it. */
export function canonicalJson(value: unknown): string {
  const ordering = new Ordering();
  const ordered = ordering.of(value);
  return ordering.failed ? canonicalize(value)! : JSON.stringify(ordered);
}

/** The document, and how many members its text has: those with the same name counted apart. */
function readExactly(bytes: Uint8Array): { readonly document: unknown; readonly names: number } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const document: unknown = JSON.parse(text);
    const names = countNames(text);
    return names === undefined ? undefined : { document, names };
  } catch {
    return undefined;
  }
}

/**
 * A copy whose members are made in the order of their names' UTF-16 code units,
 * so that `JSON.stringify` writes the canonical form. What follows one another in
 * a document is often of one shape, whose order is kept for the next.
 */
class Ordering {
  /** Members met so far, however deep. */
  public members = 0;
  /** A name that JavaScript orders, or treats, in its own way: there is no such copy. */
  public failed = false;
  readonly #shapes: Shape[] = [];

  public of(value: unknown, depth = 0): unknown {
    if (typeof value !== 'object' || value === null || this.failed) return value;
    return Array.isArray(value) ? this.#array(value, depth) : this.#object(value as Record<string, unknown>, depth);
  }

  #array(items: readonly unknown[], depth: number): unknown {
    let copy: unknown[] | undefined;
    for (let at = 0; at < items.length; at++) {
      const item = items[at];
      const ordered = this.of(item, depth + 1);
      if (ordered !== item) (copy ??= items.slice())[at] = ordered;
    }
    return copy ?? items;
  }

  #object(members: Readonly<Record<string, unknown>>, depth: number): unknown {
    const names = Object.keys(members);
    this.members += names.length;
    const known = this.#shapes[depth];
    const shape = known !== undefined && sameNames(known.names, names) ? known : (this.#shapes[depth] = { names, sorted: [...names].sort() });
    if (shape !== known && names.some(isOdd)) this.failed = true;
    if (this.failed) return members;
    const copy: Record<string, unknown> = {};
    for (const name of shape.sorted) copy[name] = this.of(members[name], depth + 1);
    return copy;
  }
}

interface Shape {
  readonly names: readonly string[];
  readonly sorted: readonly string[];
}

/** Indices come before all other names in an object, and `__proto__` may not be assigned. */
const isOdd = (name: string): boolean => /^\d/.test(name) || name === '__proto__';

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) count += countMembers(value[at]);
    return count;
  }
  const names = Object.keys(value);
  for (let at = 0; at < names.length; at++) count += countMembers((value as Record<string, unknown>)[names[at]!]);
  return count + names.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;

/**
 * How many members text that is known to be JSON has, those with the same name
 * counted apart; undefined where it is too deep, or has a number or a string that
 * not all parsers read alike.
 */
function countNames(text: string): number | undefined {
  const escapes = text.includes('\\');
  let names = 0;
  let depth = 0;
  for (let at = 0; at < text.length;) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      const end = escapes ? endOfString(text, at) : text.indexOf('"', at + 1) + 1;
      if (escapes && !isWellFormed(text, at, end)) return undefined;
      at = end;
      // In JSON a string before a colon is a member's name and nothing else is.
      while (text.charCodeAt(at) <= SPACE) at++;
      if (text.charCodeAt(at) === COLON) names++;
    } else if (character === MINUS || isDigit(character)) {
      const end = endOfNumber(text, at);
      if (!isShortInteger(text, at, end) && !isExact(text.slice(at, end))) return undefined;
      at = end;
    } else {
      if (character === OPEN_OBJECT || character === OPEN_ARRAY) {
        if (++depth > MAX_DEPTH) return undefined;
      } else if (character === CLOSE_OBJECT || character === CLOSE_ARRAY) {
        depth--;
      }
      at++;
    }
  }
  return names;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let character = text.charCodeAt(at); character !== QUOTE; character = text.charCodeAt(at)) at += character === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** UTF-8 has no lone surrogates, so that one could only be written as an escape. */
function isWellFormed(text: string, start: number, end: number): boolean {
  const literal = text.slice(start, end);
  return !literal.includes('\\u') || !/\p{Surrogate}/u.test(JSON.parse(literal) as string);
}

const MINUS = 0x2d;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  for (let character = text.charCodeAt(at); isOfNumber(character); character = text.charCodeAt(at)) at++;
  return at;
}

const isDigit = (character: number): boolean => character >= 0x30 && character <= 0x39;

/** `-`, `+`, `.`, digits, `e` and `E`. */
const isOfNumber = (character: number): boolean =>
  isDigit(character) || character === 0x2b || character === MINUS || character === 0x2e || character === 0x45 || character === 0x65;

/** Nearly all numbers there are, and doubles hold them. */
function isShortInteger(text: string, start: number, end: number): boolean {
  const first = text.charCodeAt(start) === MINUS ? start + 1 : start;
  if (end - first > 15) return false;
  for (let at = first; at < end; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

/** Whether the double nearest to the literal prints as the very same number. */
function isExact(literal: string): boolean {
  if (literal.length > MAX_NUMBER_LENGTH) return false;
  const number = Number(literal);
  return Number.isFinite(number) && decimal(literal) === decimal(String(number));
}

/** Sign, significant digits and power of ten: one text for `1.0`, `10e-1` and `1`, and one for both zeros, as in RFC 8785. */
function decimal(literal: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(literal)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
