/**
 * Payload format 2.0, which HTTP APIs and function URLs share.
 * Source: "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway"
 * and "Invoking Lambda function URLs".
 */

import type { FrontKind, HttpRequest, HttpResponse } from './front';
import { identityOfV2 } from './identity';
import {
  asObject, asText, bodyBytes, byName, field, headerMap, headerText, separateCookies, statusOf, throughJson, without,
  type HeaderPair, type JsonObject,
} from './parts';
import { withoutStage } from './path';
import { asPassedOn } from '../../response/result-size-on-demand';

/** Neither a WebSocket event nor the event of a Lambda authorizer, which looks much the same. */
export const isPayloadV2 = (event: unknown): boolean =>
  field(event, 'version') === '2.0' &&
  typeof field(event, 'rawPath') === 'string' &&
  typeof field(field(field(event, 'requestContext'), 'http'), 'method') === 'string' &&
  field(event, 'routeArn') === undefined;

export const isFunctionUrl = (event: unknown): boolean =>
  (asText(field(field(event, 'requestContext'), 'domainName')) ?? '').includes('.lambda-url.');

export const requestOfV2 = (front: FrontKind, event: unknown): Omit<HttpRequest, 'route'> => {
  const context = field(event, 'requestContext');
  const headers = headerMap(undefined, field(event, 'headers'));
  const sent = field(event, 'cookies');
  const cookies = sent === undefined ? undefined : headerMap({ cookie: sent }, undefined).get('cookie');
  if (cookies !== undefined && !headers.has('cookie')) headers.set('cookie', [cookies.join('; ')]);
  return {
    front,
    method: String(field(field(context, 'http'), 'method')).toUpperCase(),
    path: withoutStage(asText(field(event, 'rawPath')) ?? '/', asText(field(context, 'stage'))),
    query: asText(field(event, 'rawQueryString')) ?? '',
    headers,
    body: bodyBytes(event),
    identity: identityOfV2(event),
  };
};

/** `statusCode` decides: without it, the whole value is the body. One that is null was NaN before JSON, and no status. */
const isStructured = (value: unknown): value is JsonObject => field(value, 'statusCode') !== undefined;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const asBody = (body: unknown): string => {
  if (body === undefined || body === null) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
};

/** A bare string is the body itself, any other bare value its JSON: nothing at all is `null`. */
const bare = (value: unknown): HttpResponse => ({
  statusCode: 200,
  headers: [['content-type', 'application/json']],
  cookies: [],
  body: typeof value === 'string' ? value : JSON.stringify(value),
  isBase64Encoded: false,
});

/** @returns undefined for a result that the gateway refuses */
export const normaliseV2 = (result: unknown): HttpResponse | undefined => {
  const json = throughJson(result);
  if (json === undefined) return undefined;
  if (!isStructured(json.value)) return bare(json.value);
  const statusCode = statusOf(json.value.statusCode);
  const given = json.value.headers ?? {};
  const cookies: unknown = json.value.cookies ?? [];
  if (statusCode === undefined || asObject(given) === undefined || !isTexts(cookies)) return undefined;
  const pairs: HeaderPair[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    const text = headerText(value);
    if (text === undefined) return undefined;
    pairs.push([name, text]);
  }
  const separate = separateCookies(pairs);
  return {
    statusCode,
    headers: separate.headers,
    cookies: [...cookies, ...separate.cookies],
    body: asBody(json.value.body),
    isBase64Encoded: json.value.isBase64Encoded === true || json.value.isBase64Encoded === 'true',
  };
};

const joined = (pairs: readonly HeaderPair[]): Record<string, string> =>
  Object.fromEntries(byName(pairs).map(([name, values]) => [name, values.join(', ')]));

/** Format 2.0 has one value per header name, so that duplicates are joined as RFC 9110 allows; cookies stay apart. */
export const renderV2 = (response: HttpResponse): unknown => asPassedOn({
  statusCode: response.statusCode,
  headers: joined(response.headers),
  ...(response.cookies.length > 0 ? { cookies: response.cookies } : {}),
  body: response.body,
  isBase64Encoded: response.isBase64Encoded,
});

/** A header of the same name gives way. A result that the gateway refuses stays as it is. */
export const withHeadersV2 = (result: unknown, headers: readonly HeaderPair[]): unknown => {
  const response = normaliseV2(result);
  const json = throughJson(result);
  if (response === undefined || json === undefined) return result;
  const structured = isStructured(json.value) ? json.value : asObject(renderV2(response));
  const names = headers.map(([name]) => name);
  return { ...structured, headers: { ...without(field(structured, 'headers'), names), ...joined(headers) } };
};
