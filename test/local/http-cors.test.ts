import type { GatewayRequest } from '../../local/fronts/front';
import { preflightResponse, withCors, type CorsConfiguration } from '../../local/fronts/http-cors';

const cors: CorsConfiguration = {
  AllowOrigins: ['https://app.example', 'https://*.shop.example'],
  AllowMethods: ['GET', 'POST'],
  AllowHeaders: ['Idempotency-Key'],
  ExposeHeaders: ['X-Idempotent-Replay'],
  AllowCredentials: true,
  MaxAge: 300,
};

const request = (method: string, headers: Record<string, string>) =>
  ({ method, headers: Object.entries(headers) } as unknown as GatewayRequest);
const preflight = (origin: string) => request('OPTIONS', { 'Origin': origin, 'Access-Control-Request-Method': 'POST' });

test('a preflight is answered by the gateway', () => {
  expect(preflightResponse(cors, preflight('https://app.example'))).toEqual({
    status: 204,
    headers: [
      ['access-control-allow-origin', 'https://app.example'],
      ['vary', 'Origin'],
      ['access-control-allow-credentials', 'true'],
      ['access-control-allow-methods', 'GET,POST'],
      ['access-control-allow-headers', 'Idempotency-Key'],
      ['access-control-max-age', '300'],
    ],
    body: Buffer.alloc(0),
  });
});

test('a preflight of another origin gets no permission', () => {
  expect(preflightResponse(cors, preflight('https://evil.example'))).toEqual({ status: 204, headers: [], body: Buffer.alloc(0) });
});

test.each([
  ['https://eu.shop.example', true],
  ['https://shop.example', false],
  ['https://.shop.example', false],
  ['https://shop.example.evil', false],
  ['http://eu.shop.example', false],
])('the origin %s fits the configured pattern: %s', (origin, fits) => {
  expect(preflightResponse(cors, preflight(origin))!.headers.length > 0).toBe(fits);
});

test.each([
  ['OPTIONS without an origin', request('OPTIONS', { 'Access-Control-Request-Method': 'POST' })],
  ['OPTIONS without a method to ask for', request('OPTIONS', { Origin: 'https://app.example' })],
  ['another method', request('POST', { 'Origin': 'https://app.example', 'Access-Control-Request-Method': 'POST' })],
])('%s is no preflight', (_, sent) => {
  expect(preflightResponse(cors, sent)).toBeUndefined();
});

test('the function\'s CORS headers give way to the configured ones', () => {
  const response = { status: 200, headers: [['access-control-allow-origin', '*'], ['x-own', '1']] as const, body: Buffer.from('x') };
  expect(withCors(cors, request('POST', { origin: 'https://app.example' }), response).headers).toEqual([
    ['x-own', '1'],
    ['access-control-allow-origin', 'https://app.example'],
    ['vary', 'Origin'],
    ['access-control-allow-credentials', 'true'],
    ['access-control-expose-headers', 'X-Idempotent-Replay'],
  ]);
  expect(withCors(cors, request('POST', {}), response).headers).toEqual([['x-own', '1']]);
});

test('a star is told as a star', () => {
  const headers = withCors({ AllowOrigins: ['*'] }, request('GET', { origin: 'https://x.example' }), { status: 200, headers: [], body: Buffer.alloc(0) }).headers;
  expect(headers).toEqual([['access-control-allow-origin', '*']]);
});
