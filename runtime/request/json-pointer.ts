/** What of a JSON document counts: RFC 6901 pointers to take, or to leave out. */
export interface Selection {
  /** Nothing but these; the whole document where absent. */
  readonly include?: readonly string[];
  /** Not these, even where they lie inside what is included. */
  readonly exclude?: readonly string[];
}

/** `''` (the whole document) or `/a/b/0`, where `~0` is a tilde and `~1` a slash. */
export const isJsonPointer = (text: string): boolean => /^(?:\/(?:[^/~]|~[01])*)*$/.test(text);

/**
 * The selected values with the pointers that lead to them. A pointer that leads
 * nowhere selects nothing, which differs from selecting a `null`. Array indices
 * are those of the document, whatever else is left out of it.
 */
export function select(document: unknown, selection: Selection): readonly (readonly [pointer: string, value: unknown])[] {
  const excluded = (selection.exclude ?? []).map(tokensOf);
  return sortedSet(selection.include ?? ['']).flatMap((pointer) => {
    const path = tokensOf(pointer);
    const below = excluded.filter((other) => path.every((token, at) => at >= other.length || other[at] === token));
    if (below.some((other) => other.length <= path.length)) return [];
    const found = resolve(document, path);
    return found === undefined ? [] : [[pointer, without(found.value, below.map((other) => other.slice(path.length)))] as const];
  });
}

/** The same selection whatever order it was written in. */
export const sortedSet = (pointers: readonly string[]): readonly string[] => [...new Set(pointers)].sort();

const tokensOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

function resolve(document: unknown, path: readonly string[]): { readonly value: unknown } | undefined {
  let value = document;
  for (const token of path) {
    if (!isContainer(value) || !hasMember(value, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return { value };
}

function without(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.length === 0 || !isContainer(value)) return value;
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const below = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
    return below.some((path) => path.length === 0) ? [] : [[name, without(member, below)] as const];
  });
  // fromEntries defines members and so keeps a `__proto__` of the document a plain member.
  return Array.isArray(value) ? kept.map(([, member]) => member) : Object.fromEntries(kept);
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Own members only, and of an array its elements, not its `length`. */
const hasMember = (container: object, token: string): boolean =>
  Array.isArray(container) ? /^(?:0|[1-9]\d*)$/.test(token) && Object.hasOwn(container, token) : Object.hasOwn(container, token);
