/**
 * Requests whose answers AWS's documentation leaves open, or that are worth
 * seeing from AWS itself, since what an idempotency key is depends on them.
 * Each has a row in `docs/gateway-fidelity.md`.
 */

/** The fronts that `app.ts` puts before the function that tells its event. */
export type Front = 'EchoHttp' | 'EchoHttpV1' | 'EchoRest' | 'EchoFunctionUrl' | 'EchoBalancer';

export interface Probe {
  /** Of the row. */
  readonly id: string;
  readonly front: Front;
  readonly method?: string;
  readonly path?: string;
  /** As they are written, in order; a name may stand twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer | string;
  /** What the function does instead of telling its event. */
  readonly act?: { readonly returns: unknown } | { readonly throws: string };
  /** What of the answer is looked at: members of the event as a path of names, else status and some headers. */
  readonly looksAt: readonly (readonly string[])[] | 'answer';
}

const KEY = 'Idempotency-Key';
const post = { method: 'POST', path: '/probe', body: '{}' } as const;
const FRONTS: readonly (readonly [front: Front, prefix: string])[] = [
  ['EchoHttp', 'H'], ['EchoHttpV1', 'V'], ['EchoRest', 'R'], ['EchoFunctionUrl', 'U'], ['EchoBalancer', 'A'],
];
const headersOf = (front: Front, name: string): readonly (readonly string[])[] => {
  const lower = name.toLowerCase();
  if (front === 'EchoHttp' || front === 'EchoFunctionUrl' || front === 'EchoBalancer') return [['headers', lower]];
  return front === 'EchoRest' ? [['headers', name], ['multiValueHeaders', name]] : [['headers', name], ['headers', lower], ['multiValueHeaders', lower]];
};

/** What a handler may return that no gateway sends on, or that gateways read differently. */
const RESULTS: readonly (readonly [name: string, result: unknown])[] = [
  ['status-0', { statusCode: 0, body: '' }],
  ['status-99', { statusCode: 99, body: '' }],
  ['status-600', { statusCode: 600, body: '' }],
  ['status-text', { statusCode: '201 Created', body: '' }],
  ['status-digits', { statusCode: '201', body: '' }],
  ['status-NaN', 'NaN'],
  ['no-status', { message: 'hello' }],
  ['nothing', 'undefined'],
  ['null', null],
  ['header-null', { statusCode: 200, headers: { 'x-nothing': null, 'x-one': 1 }, body: '' }],
  ['header-list', { statusCode: 200, headers: { 'x-list': ['a', 'b'] }, body: '' }],
  ['body-object', { statusCode: 200, body: { a: 1 } }],
  ['body-204', { statusCode: 204, body: 'text' }],
  ['base64-text', { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: 'aGVsbG8=', isBase64Encoded: true }],
  ['base64-word', { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: 'aGVsbG8=', isBase64Encoded: 'true' }],
  ['own-date', { statusCode: 200, headers: { 'date': 'Thu, 01 Jan 1970 00:00:00 GMT', 'www-authenticate': 'Basic', 'server': 'own' }, body: '' }],
  ['member', { statusCode: 200, body: '', note: 'a member that is not of the format' }],
];

export const PROBES: readonly Probe[] = FRONTS.flatMap(([front, prefix]) => [
  { id: `${prefix}-key-twice`, front, ...post, headers: [[KEY, 'one'], [KEY, 'two']], looksAt: headersOf(front, KEY) },
  { id: `${prefix}-key-empty`, front, ...post, headers: [[KEY, '']], looksAt: headersOf(front, KEY) },
  { id: `${prefix}-key-spaces`, front, ...post, headers: [[KEY, '  a  b  ']], looksAt: headersOf(front, KEY) },
  { id: `${prefix}-key-quoted`, front, ...post, headers: [[KEY, '"a, b"']], looksAt: headersOf(front, KEY) },
  { id: `${prefix}-key-latin1`, front, ...post, headers: [[KEY, 'caf\u00e9']], looksAt: headersOf(front, KEY) },
  { id: `${prefix}-key-9KB`, front, ...post, headers: [[KEY, 'k'.repeat(9 * 1024)]], looksAt: 'answer' },
  { id: `${prefix}-key-case`, front, ...post, headers: [['iDEMPOTENCY-kEY', 'one']], looksAt: [['headers', 'idempotency-key'], ['headers', 'iDEMPOTENCY-kEY']] },
  { id: `${prefix}-path-encoded`, front, ...post, path: '/probe/a%2Fb%20c/%E2%82%AC', looksAt: [['rawPath'], ['path']] },
  { id: `${prefix}-path-slashes`, front, ...post, path: '/probe//a/', looksAt: [['rawPath'], ['path']] },
  { id: `${prefix}-query-order`, front, ...post, path: '/probe?b=2&a=1&b=1&c', looksAt: [['rawQueryString'], ['queryStringParameters'], ['multiValueQueryStringParameters']] },
  { id: `${prefix}-body-binary`, front, ...post, body: Buffer.from([0, 255, 128]), headers: [['Content-Type', 'application/octet-stream']], looksAt: [['body'], ['isBase64Encoded']] },
  { id: `${prefix}-body-utf8`, front, ...post, body: '{"a":"\u20ac"}', headers: [['Content-Type', 'application/json']], looksAt: [['body'], ['isBase64Encoded']] },
  { id: `${prefix}-body-none`, front, method: 'POST', path: '/probe', looksAt: [['body'], ['isBase64Encoded']] },
  { id: `${prefix}-throws`, front, ...post, act: { throws: 'as asked' }, looksAt: 'answer' },
  ...RESULTS.map(([name, returns]): Probe => ({ id: `${prefix}-${name}`, front, ...post, act: { returns }, looksAt: 'answer' })),
] satisfies readonly Probe[]);
