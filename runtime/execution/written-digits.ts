import { asObject, field } from '../request/fronts/parts';
import { asPassedOn } from '../response/result-size-on-demand';

/** A JSON string, with the colon behind it where it is a name, or a bracket. */
const STRING_OR_BRACKET = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[[\]{}]/g;

/** A JSON string, or the white space around the rest. */
const STRING_OR_SPACE = /"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g;

/** A JSON string, or a number beside it. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

const HEADERS = ['headers', 'multiValueHeaders'];

/**
 * JSON without white space, and every digit as it was written: read into
 * numbers, those of 64 bits would become others.
 */
export const compact = (json: string): string => json.replace(STRING_OR_SPACE, (found) => (found.startsWith('"') ? found : ''));

/**
 * A response whose numbers become text, in its headers and in a body that is no
 * string, as that text: with the digits that its function wrote.
 *
 * @param json `result` as it was written
 * @param takesBody whether the front makes JSON of a body that is no string
 */
export function withWrittenDigits(json: string, result: unknown, takesBody: boolean): unknown {
  const body = field(result, 'body');
  const isOfDigits = takesBody && (typeof body === 'number' || (typeof body === 'object' && body !== null));
  const headers = HEADERS.filter((name) => Object.values(asObject(field(result, name)) ?? {}).flat().some((value) => typeof value === 'number'));
  if (!isOfDigits && headers.length === 0) return result;
  const written = membersOf(json);
  const told = { ...(result as object), ...Object.fromEntries(headers.map((name) => [name, JSON.parse(quoted(written(name)))])) };
  return isOfDigits ? asPassedOn({ ...told, body: compact(written('body')) }) : told;
}

const quoted = (json: string): string => json.replace(STRING_OR_NUMBER, (found) => (found.startsWith('"') ? found : `"${found}"`));

/** Finds the text of an object's member. As for `JSON.parse`, the last one of a name counts. */
function membersOf(json: string): (name: string) => string {
  const members = new Map<string, readonly [begin: number, end: number]>();
  let depth = 0;
  let name: string | undefined;
  let begin = 0;
  for (const { 0: found, 1: colon, index } of json.matchAll(STRING_OR_BRACKET)) {
    const isName = colon !== undefined && depth === 1;
    if (name !== undefined && (isName || (found === '}' && depth === 1))) members.set(name, [begin, index]);
    if (isName) {
      name = JSON.parse(found.slice(0, -colon.length)) as string;
      begin = index + found.length;
    } else if (found === '{' || found === '[') {
      depth++;
    } else if (found === '}' || found === ']') {
      depth--;
    }
  }
  return (wanted) => json.slice(...members.get(wanted)!).trimEnd().replace(/,$/, '');
}
