/** The headers that say whether a retry makes sense: on errors of the wrapper's own, and `false` on the replay of an error that SDKs send again. */
export const retryHints = (names: readonly string[], retry: boolean): readonly (readonly [string, string])[] =>
  names.map((name) => [name, String(retry)] as const);
