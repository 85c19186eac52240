/** What the fronts share: reading untyped JSON safely, bytes, and headers. */

export type JsonObject = Readonly<Record<string, unknown>>;
export type HeaderPair = readonly [name: string, value: string];

/** A JSON object, or undefined for everything else, arrays and null among it. */
export const asObject = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** An own property only, so that a name such as `constructor` finds nothing. */
export const field = (object: unknown, name: string): unknown => {
  const from = asObject(object);
  return from !== undefined && Object.hasOwn(from, name) ? from[name] : undefined;
};

export const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A string with something in it besides white space. */
export const filled = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

/** The bytes that the client sent as its body. */
export const bodyBytes = (event: unknown): Uint8Array => {
  const body = field(event, 'body');
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body !== 'string') return Buffer.from(JSON.stringify(body), 'utf8');
  return Buffer.from(body, field(event, 'isBase64Encoded') === true ? 'base64' : 'utf8');
};

/** Header names in lower case; `single` only adds names that `multi` does not have. */
export const headerMap = (multi: unknown, single: unknown): Map<string, readonly string[]> => {
  const headers = new Map<string, string[]>();
  const add = (name: string, value: unknown): void => {
    if (typeof value !== 'string') return;
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  };
  const several = asObject(multi) ?? NOTHING;
  for (const name of Object.keys(several)) {
    const values = several[name];
    if (Array.isArray(values)) for (const value of values) add(name.toLowerCase(), value);
    else add(name.toLowerCase(), values);
  }
  const known = headers.size === 0 ? undefined : new Set(headers.keys());
  const one = asObject(single) ?? NOTHING;
  for (const name of Object.keys(one)) {
    const lower = name.toLowerCase();
    if (known?.has(lower) !== true) add(lower, one[name]);
  }
  return headers;
};

const NOTHING: JsonObject = {};

/** A header value as a gateway writes it; undefined where it refuses the value. */
export const headerText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;

/** A status that a final response can have, given as a number or as digits. */
export const statusOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 200 && number <= 599 ? number : undefined;
};

/** `Set-Cookie` apart from the rest. */
export const separateCookies = (pairs: readonly HeaderPair[]): { headers: HeaderPair[]; cookies: string[] } => ({
  headers: pairs.filter(([name]) => name.toLowerCase() !== 'set-cookie'),
  cookies: pairs.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value),
});

/** Values by name, whatever its case; the first spelling of a name stands. */
export const byName = (pairs: readonly HeaderPair[]): readonly (readonly [name: string, values: readonly string[]])[] => {
  const groups = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of pairs) {
    const group = groups.get(name.toLowerCase());
    if (group === undefined) groups.set(name.toLowerCase(), { name, values: [value] });
    else group.values.push(value);
  }
  return [...groups.values()].map(({ name, values }) => [name, values] as const);
};

/** A header map without some names, whatever their case. */
export const without = (map: unknown, names: readonly string[]): JsonObject => {
  const lower = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(asObject(map) ?? {}).filter(([name]) => !lower.has(name.toLowerCase())));
};

/**
 * A handler's result as it leaves Lambda: through JSON, where `undefined` is
 * null, members that are undefined vanish and `toJSON` is called. A string body
 * keeps its identity instead of being copied twice.
 *
 * @returns undefined for a result that Lambda cannot serialise (a cycle, a bigint)
 */
export const throughJson = (result: unknown): { readonly value: unknown } | undefined => {
  try {
    const plain = plainCopy(result);
    if (plain !== undefined) return { value: plain };
    const body = field(result, 'body');
    if (typeof body === 'string' && Object.keys(result as object).includes('body') && !('toJSON' in (result as object))) {
      const { body: _, ...rest } = result as Record<string, unknown>;
      return { value: { ...JSON.parse(JSON.stringify(rest)), body } };
    }
    const json = JSON.stringify(result);
    return { value: json === undefined ? null : JSON.parse(json) };
  } catch {
    return undefined;
  }
};

/** A copy of a result that JSON would make nothing else of, as nearly all handlers return: text, flags, numbers and, one level below, headers. */
function plainCopy(result: unknown, depth = 2): JsonObject | undefined {
  if (typeof result !== 'object' || result === null || Object.getPrototypeOf(result) !== Object.prototype) return undefined;
  if (Array.isArray(result) || 'toJSON' in result) return undefined;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(result)) {
    const value = (result as JsonObject)[name];
    const copied = isPlain(value) ? value : depth > 1 ? plainCopy(value, depth - 1) : undefined;
    if (copied === undefined || name === '__proto__') return undefined;
    copy[name] = copied;
  }
  return copy;
}

/** Of numbers the whole ones, without 0, which may be -0. */
const isPlain = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || (Number.isSafeInteger(value) && value !== 0);

/** `name=value` of a decoded parameter; a lone surrogate, which no URL can carry, becomes U+FFFD. */
export const encodeParameter = (text: string): string => encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));

/**
 * A query string from the parameters of a front that has no raw one: names in
 * code unit order, because such gateways do not keep the client's, and the
 * values of a name in the order received.
 */
export const queryFrom = (multi: unknown, single: unknown, write: (text: string) => string): string => {
  const values = Object.entries(asObject(multi) ?? asObject(single) ?? {});
  return values
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${write(name)}=${write(headerText(one) ?? '')}`))
    .join('&');
};
