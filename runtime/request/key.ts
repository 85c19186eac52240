import type { HttpRequest } from './fronts/front';

/** Longest key in characters, after unquoting. */
export const MAX_KEY_LENGTH = 255;

/** Why a key header names no operation. */
export type KeyFault =
  /** The header is there and holds nothing. */
  | 'empty'
  /** More than one value of the header, equal or not. */
  | 'several'
  /** A gateway joins duplicates with a comma, so one outside quotes is taken for two headers. */
  | 'comma'
  /** A quote that opens and does not close, stands inside a bare key, or has something after it. */
  | 'quote'
  /** A backslash inside quotes before anything but `"` and `\`. */
  | 'escape'
  /** A control character, one beyond ASCII or, outside quotes, a space. */
  | 'character'
  | 'too-long'
  /** Shorter than `minKeyLength`. */
  | 'too-short'
  /** No UUID of version 7, where the key says when it was first sent. */
  | 'no-time'
  /** The header that says so is not there, or is no HTTP date. */
  | 'time-missing'
  | 'time-invalid'
  /** First sent at a time that has not come yet. */
  | 'time-ahead';

export type KeyResult =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly reason: KeyFault }
  /** `sent`: as the header had it, quotes included. */
  | { readonly kind: 'key'; readonly value: string; readonly sent: string };

export interface KeyRules {
  /** The header that names the key, in any case. */
  readonly headerName: string;
  /** Other names for it in order of preference; read where `headerName` is not sent. */
  readonly headerAliases: readonly string[];
  /** Least number of characters after unquoting. */
  readonly minKeyLength: number;
}

/**
 * The operation that a request names. draft-ietf-httpapi-idempotency-key-header-07
 * makes the header an RFC 8941 string (`"8e03978e"`); most clients send it bare
 * (`8e03978e`), and both name the same operation.
 *
 * A header that is sent and wrong is never taken for an absent one: a client
 * that asked for protection is not executed without it. RFC 8941 parameters
 * (`"key";a=1`) are refused, because dropping what a client believes to be part
 * of its key would make two operations one.
 */
export function parseKey(request: Pick<HttpRequest, 'headers'>, rules: KeyRules): KeyResult {
  for (const name of [rules.headerName, ...rules.headerAliases]) {
    const values = request.headers.get(name.toLowerCase());
    if (values === undefined || values.length === 0) continue;
    return values.length === 1 ? parseValue(values[0]!, rules.minKeyLength) : invalid('several');
  }
  return { kind: 'absent' };
}

const invalid = (reason: KeyFault): KeyResult => ({ kind: 'invalid', reason });

function parseValue(header: string, minKeyLength: number): KeyResult {
  const text = trimOptionalWhiteSpace(header);
  const value = text.startsWith('"') ? unquote(text) : bare(text);
  if (typeof value !== 'string') return invalid(value.fault);
  if (value === '') return invalid('empty');
  if (value.length > MAX_KEY_LENGTH) return invalid('too-long');
  if (value.length < minKeyLength) return invalid('too-short');
  return { kind: 'key', value, sent: text };
}

/** RFC 9110 OWS is spaces and tabs; `trim()` would also take line breaks and Unicode spaces. */
function trimOptionalWhiteSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (isOptionalWhiteSpace(text[start])) start++;
  while (isOptionalWhiteSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

const isOptionalWhiteSpace = (character: string | undefined): boolean => character === ' ' || character === '\t';

type Unquoted = string | { readonly fault: KeyFault };

function bare(text: string): Unquoted {
  if (text.includes(',')) return { fault: 'comma' };
  if (text.includes('"')) return { fault: 'quote' };
  return /^[\x21-\x7e]*$/.test(text) ? text : { fault: 'character' };
}

/** RFC 8941, section 4.2.5: space and comma are characters of a string, and what follows its end is not part of it. */
function unquote(text: string): Unquoted {
  let value = '';
  for (let at = 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      const rest = trimOptionalWhiteSpace(text.slice(at + 1));
      if (rest === '') return value;
      return { fault: rest.startsWith(',') ? 'comma' : 'quote' };
    }
    if (character === '\\') {
      const escaped = text[++at];
      if (escaped === undefined) return { fault: 'quote' };
      if (escaped !== '"' && escaped !== '\\') return { fault: 'escape' };
      value += escaped;
    } else if (character < ' ' || character > '~') {
      return { fault: 'character' };
    } else {
      value += character;
    }
  }
  return { fault: 'quote' };
}
