import type { GatewayResponse } from './front';

/** An answer of the gateway's own: `{"message": ...}`. */
export const gatewayMessage = (status: number, message: string): GatewayResponse => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify({ message })),
});

/** What an HTTP API answers when a function threw, timed out or returned what cannot be sent. */
export const internalServerError = () => gatewayMessage(500, 'Internal Server Error');

/**
 * What a function's result becomes under payload format 2.0: without a
 * `statusCode` the whole result is a 200 in JSON, a string as it stands.
 * `undefined` where the result cannot be sent.
 */
export function responseOfResult(payload: unknown, defaultContentType: string): GatewayResponse | undefined {
  if (!isRecord(payload) || (payload.statusCode ?? null) === null) {
    return {
      status: 200,
      headers: [['content-type', 'application/json']],
      body: Buffer.from(textOf(payload ?? null)),
    };
  }
  const status = statusOf(payload.statusCode);
  const headers = headerPairs(payload.headers ?? {});
  const cookies = payload.cookies ?? [];
  if (status === undefined || !headers || !Array.isArray(cookies)) return undefined;
  const typed = headers.some(([name]) => name === 'content-type');
  return {
    status,
    headers: [
      ...(typed ? [] : [['content-type', defaultContentType] as const]),
      ...headers,
      ...cookies.map((cookie) => ['set-cookie', String(cookie)] as const),
    ],
    body: Buffer.from(textOf(payload.body ?? ''), String(payload.isBase64Encoded) === 'true' ? 'base64' : 'utf8'),
  };
}

/** A status that a final response can have, as a number or in digits. */
export function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}

/** What the server that sends the answer sets itself. */
const OF_THE_CONNECTION = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Names in lower case; `undefined` where a value is no header's. A `null` value leaves its header out. */
export function headerPairs(headers: unknown): (readonly [string, string])[] | undefined {
  if (!isRecord(headers)) return undefined;
  const pairs = Object.entries(headers).filter(([, value]) => value !== null && value !== undefined);
  if (pairs.some(([, value]) => typeof value === 'object')) return undefined;
  return pairs
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => !OF_THE_CONNECTION.has(name));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
