import canonicalize from 'canonicalize';

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
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const document: unknown = JSON.parse(text);
    return isUnambiguous(text) ? { document } : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 8785 of a value that `parseUnambiguous` gave, or of a part of it. */
export const canonicalJson = (value: unknown): string => canonicalize(value)!;

/** A walk over the tokens of text that is known to be JSON. */
function isUnambiguous(text: string): boolean {
  const names: Set<string>[] = [];
  for (let at = 0; at < text.length;) {
    const character = text[at]!;
    if (character === '"') {
      const end = endOfString(text, at);
      const content = decoded(text.slice(at, end));
      if (/\p{Surrogate}/u.test(content)) return false;
      if (isName(text, end)) {
        const siblings = names.at(-1)!;
        if (siblings.has(content)) return false;
        siblings.add(content);
      }
      at = end;
    } else if (character === '-' || isDigit(character)) {
      const end = endOfNumber(text, at);
      if (!isExact(text.slice(at, end))) return false;
      at = end;
    } else {
      if (character === '{' || character === '[') {
        if (names.length === MAX_DEPTH) return false;
        names.push(new Set());
      } else if (character === '}' || character === ']') {
        names.pop();
      }
      at++;
    }
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfNumber(text: string, start: number): number {
  let at = start;
  while (at < text.length && '-+.0123456789eE'.includes(text[at]!)) at++;
  return at;
}

/** In JSON a string before a colon is a member's name and nothing else is. */
function isName(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  return text[at] === ':';
}

const decoded = (literal: string): string => (literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1));

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** Whether the double nearest to the literal prints as the very same number. */
function isExact(literal: string): boolean {
  if (literal.length > MAX_NUMBER_LENGTH) return false;
  // Short integers are nearly all numbers there are, and doubles hold them.
  if (/^-?\d{1,15}$/.test(literal)) return true;
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
