/** Ids that constructs give to what they wrap; the id that a person chose stands before them. */
const WRAPPED = new Set(['Resource', 'Default', 'HttpApi', 'RestApi', 'Api', 'FunctionUrl']);

/**
 * The construct ids of resources, for people: `Payments/HttpApi/Resource` is
 * `Payments`. Where two of them would read the same, each is named by its whole
 * path, and by its stack's as well where even that does not tell them apart.
 */
export function constructIds<T extends { readonly constructPath: string; readonly stack: { readonly path: string } }>(
  resources: readonly T[],
): Map<T, string> {
  const candidates = [shortName, longName, ({ constructPath, stack }: T) => `${stack.path}/${longName({ constructPath })}`];
  return new Map(resources.map((resource) => {
    const unique = candidates.find((name) => resources.filter((other) => name(other) === name(resource)).length === 1);
    return [resource, (unique ?? longName)(resource)];
  }));
}

/** A construct path without what constructs call their insides. */
export const longName = ({ constructPath }: { readonly constructPath: string }) => constructPath.replace(/(\/(Resource|Default))+$/, '');

function shortName({ constructPath }: { readonly constructPath: string }): string {
  const ids = constructPath.split('/');
  while (ids.length > 1 && WRAPPED.has(ids.at(-1)!)) ids.pop();
  return ids.at(-1)!;
}
