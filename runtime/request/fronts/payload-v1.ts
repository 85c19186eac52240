/**
 * Results of the proxy format that REST APIs, HTTP APIs with payload format 1.0
 * and load balancers share, less what they differ in.
 * Source: "Lambda proxy integrations in API Gateway", output format.
 */

import type { HttpResponse } from './front';
import {
  asObject, byName, field, headerText, separateCookies, statusOf, throughJson, without, type HeaderPair, type JsonObject,
} from './parts';

export interface ProxyRules {
  /** The status where the result names none; undefined: such a result is malformed. */
  readonly defaultStatus?: number;
  /** The members a result may have; undefined: any. */
  readonly members?: readonly string[];
}

const singles = (headers: JsonObject): HeaderPair[] | undefined => {
  const pairs: HeaderPair[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) continue;
    const text = headerText(value);
    if (text === undefined) return undefined;
    pairs.push([name, text]);
  }
  return pairs;
};

const multiples = (headers: JsonObject): HeaderPair[] | undefined => {
  const pairs: HeaderPair[] = [];
  for (const [name, values] of Object.entries(headers)) {
    if (values === null) continue;
    if (!Array.isArray(values)) return undefined;
    const texts = values.map(headerText);
    if (texts.some((text) => text === undefined)) return undefined;
    pairs.push(...texts.map((text) => [name, text as string] as const));
  }
  return pairs;
};

/** Both maps make one list: values of `multiValueHeaders` first, then one of `headers` that is not among them. */
const merged = (single: readonly HeaderPair[], multi: readonly HeaderPair[]): HeaderPair[] => {
  const named = new Set(multi.map(([name]) => name.toLowerCase()));
  const there = new Set(multi.map(([name, value]) => JSON.stringify([name.toLowerCase(), value])));
  const rest = single.filter(([name, value]) => !there.has(JSON.stringify([name.toLowerCase(), value])));
  return [
    ...byName([...multi, ...rest.filter(([name]) => named.has(name.toLowerCase()))])
      .flatMap(([name, values]) => values.map((value) => [name, value] as const)),
    ...rest.filter(([name]) => !named.has(name.toLowerCase())),
  ];
};

/** @returns undefined for a malformed result */
export const normaliseV1 = (result: unknown, rules: ProxyRules): HttpResponse | undefined => {
  const value = asObject(throughJson(result)?.value);
  if (value === undefined) return undefined;
  if (rules.members !== undefined && Object.keys(value).some((name) => !rules.members?.includes(name))) return undefined;
  // One that is null was NaN before JSON, and no status.
  const statusCode = statusOf(value.statusCode === undefined ? rules.defaultStatus : value.statusCode);
  const headers = asObject(value.headers ?? {});
  const multiValueHeaders = asObject(value.multiValueHeaders ?? {});
  const single = headers && singles(headers);
  const multi = multiValueHeaders && multiples(multiValueHeaders);
  const body = value.body ?? '';
  if (statusCode === undefined || single === undefined || multi === undefined || typeof body !== 'string') return undefined;
  return {
    statusCode,
    ...separateCookies(merged(single, multi)),
    body,
    isBase64Encoded: value.isBase64Encoded === true || value.isBase64Encoded === 'true',
  };
};

/** Header pairs and cookies as one list again. */
export const allPairs = (response: HttpResponse): readonly HeaderPair[] => [
  ...response.headers,
  ...response.cookies.map((cookie) => ['Set-Cookie', cookie] as const),
];

/** Names that stand once go to `headers`, the others to `multiValueHeaders`. */
export const splitMaps = (pairs: readonly HeaderPair[]): { headers: JsonObject; multiValueHeaders?: JsonObject } => {
  const groups = byName(pairs);
  const several = groups.filter(([, values]) => values.length > 1);
  return {
    headers: Object.fromEntries(groups.filter(([, values]) => values.length === 1).map(([name, values]) => [name, values[0]])),
    ...(several.length > 0 ? { multiValueHeaders: Object.fromEntries(several) } : {}),
  };
};

export const renderV1 = (response: HttpResponse): unknown => ({
  statusCode: response.statusCode,
  ...splitMaps(allPairs(response)),
  body: response.body,
  isBase64Encoded: response.isBase64Encoded,
});

/** A header of the same name gives way, in either map. A malformed result stays as it is. */
export const withHeadersV1 = (result: unknown, headers: readonly HeaderPair[], rules: ProxyRules): unknown => {
  const value = asObject(throughJson(result)?.value);
  if (value === undefined || normaliseV1(result, rules) === undefined) return result;
  const names = headers.map(([name]) => name);
  const added = splitMaps(headers);
  const several = { ...without(field(value, 'multiValueHeaders'), names), ...added.multiValueHeaders };
  return {
    ...value,
    headers: { ...without(field(value, 'headers'), names), ...added.headers },
    ...(Object.keys(several).length > 0 || asObject(value.multiValueHeaders) ? { multiValueHeaders: several } : {}),
  };
};
