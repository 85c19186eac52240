import type { GatewayResponse } from './front';
import { headerPairs, isRecord, statusOf } from './http-response';

type Pairs = readonly (readonly [name: string, value: string])[];

/** REST APIs take a result only if it has nothing but these. */
const REST_MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);

/**
 * What a function's result becomes in the proxy format that REST APIs and
 * payload format 1.0 share. `undefined` where the gateway calls it malformed.
 *
 * @param strict as REST APIs are: no member but the documented ones
 * @param decodes whether a base64 body is turned into its bytes
 */
export function responseOfProxyResult(
  payload: unknown, { strict, decodes, contentType }: { readonly strict: boolean; readonly decodes: boolean; readonly contentType: string },
): GatewayResponse | undefined {
  if (!isRecord(payload) || (strict && Object.keys(payload).some((name) => !REST_MEMBERS.has(name)))) return undefined;
  const status = statusOf(payload.statusCode ?? 200);
  const single = headerPairs(payload.headers ?? {});
  const multiple = multiValuePairs(payload.multiValueHeaders ?? {});
  const body = payload.body ?? '';
  if (status === undefined || !single || !multiple || typeof body !== 'string') return undefined;
  const headers = [...multiple, ...single.filter((pair) => !multiple.some(([name, value]) => name === pair[0] && value === pair[1]))];
  return {
    status,
    headers: headers.some(([name]) => name === 'content-type') ? headers : [['content-type', contentType], ...headers],
    body: Buffer.from(body, decodes && String(payload.isBase64Encoded) === 'true' ? 'base64' : 'utf8'),
  };
}

function multiValuePairs(headers: unknown): Pairs | undefined {
  if (!isRecord(headers)) return undefined;
  const lists = Object.entries(headers).filter(([, values]) => values !== null);
  if (lists.some(([, values]) => !Array.isArray(values))) return undefined;
  const pairs = lists.map(([name, values]) => (values as readonly unknown[]).map((value) => headerPairs({ [name]: value })));
  return pairs.flat().some((list) => list === undefined) ? undefined : pairs.flat().flatMap((list) => list!);
}
