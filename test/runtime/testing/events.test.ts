import { detectFront } from '../../../runtime/request/fronts/detect';
import type { HttpRequest } from '../../../runtime/request/fronts/front';
import { tenantOf } from '../../../runtime/request/tenant';
import { albEvent, functionUrlEvent, httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { golden } from '../golden';

const request = (event: unknown): HttpRequest => detectFront(event)!.request(event);
const builders = { 'http-api': httpApiEvent, 'rest-api': restApiEvent, 'function-url': functionUrlEvent, 'alb': albEvent } as const;
type Kind = keyof typeof builders;
const kinds = Object.keys(builders) as Kind[];

describe('an event built for a test', () => {
  test.each(kinds)('is one that the %s front understands', (kind) => {
    const event = builders[kind]({
      method: 'PUT', path: '/payments/p-1', query: 'a=1', headers: { 'Idempotency-Key': 'k-1' }, body: { amount: 5 },
    });
    const seen = request(event);
    expect(seen).toMatchObject({ front: kind, method: 'PUT', path: '/payments/p-1', query: 'a=1' });
    expect(seen.headers.get('idempotency-key')).toEqual(['k-1']);
    expect(seen.headers.get('content-type')).toEqual(['application/json']);
    expect(Buffer.from(seen.body).toString()).toBe('{"amount":5}');
    expect(tenantOf(seen, 'auto')).toMatchObject({ kind: 'public' });
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  test.each(kinds)('has defaults for everything on %s', (kind) => {
    expect(request(builders[kind]())).toMatchObject({ front: kind, method: 'POST', path: '/payments', route: '/payments', query: '' });
    expect(request(builders[kind]()).body).toHaveLength(0);
  });

  test.each(kinds)('carries bytes on %s', (kind) => {
    expect([...request(builders[kind]({ body: Uint8Array.of(0, 255, 128) })).body]).toEqual([0, 255, 128]);
  });

  test('has two headers as each gateway sends them', () => {
    const headers = { 'X-A': ['1', '2'] };
    const values = (event: unknown) => request(event).headers.get('x-a');
    expect(values(httpApiEvent({ headers }))).toEqual(['1,2']);
    expect(values(functionUrlEvent({ headers }))).toEqual(['1,2']);
    expect(values(restApiEvent({ headers }))).toEqual(['1', '2']);
    expect(values(albEvent({ headers }))).toEqual(['2']);
    expect(values(albEvent({ headers, multiValueHeaders: true }))).toEqual(['1', '2']);
  });

  test('has its query as each gateway sends it', () => {
    const query = 'b=%20&a=1&b=2';
    expect(request(httpApiEvent({ query })).query).toBe(query);
    expect(request(restApiEvent({ query })).query).toBe('a=1&b=%20&b=2');
    expect(request(albEvent({ query })).query).toBe('a=1&b=2');
    expect(request(albEvent({ query, multiValueHeaders: true })).query).toBe('a=1&b=%20&b=2');
  });

  test('has route and stage on the APIs', () => {
    const options = { route: '/payments/{id}/{rest+}', path: '/payments/p-1/a/b', stage: 'dev' };
    for (const event of [httpApiEvent(options), restApiEvent(options)]) {
      expect(request(event)).toMatchObject({ route: '/payments/{id}/{rest+}', path: '/payments/p-1/a/b' });
      expect(event.pathParameters).toEqual({ id: 'p-1', rest: 'a/b' });
    }
    expect(httpApiEvent(options).rawPath).toBe('/dev/payments/p-1/a/b');
    expect(request(httpApiEvent({ route: '$default' })).route).toBe('$default');
  });

  test('moves cookies where payload 2.0 has them', () => {
    const event = httpApiEvent({ headers: { cookie: 'a=1; b=2' } });
    expect(event).toMatchObject({ cookies: ['a=1', 'b=2'] });
    expect(event.headers).not.toHaveProperty('cookie');
  });

  const iam = { userArn: 'arn:aws:sts::123456789012:assumed-role/orders/task-1', userId: 'AROA:task-1' };

  test.each([
    ['claims, HTTP API', httpApiEvent({ authorizer: { jwt: { account_id: 'acct-1' } } }), 'account_id', ['acct-1']],
    ['claims, REST API', restApiEvent({ authorizer: { jwt: { iss: 'i', sub: 's' } } }), 'jwt', ['i', 's']],
    ['a Lambda authorizer, HTTP API', httpApiEvent({ authorizer: { lambda: { account_id: 'acct-1' } } }), 'account_id', ['acct-1']],
    ['a Lambda authorizer, REST API', restApiEvent({ authorizer: { lambda: { principalId: 'p' } } }), 'lambda', ['p']],
    ['IAM, HTTP API', httpApiEvent({ authorizer: { iam } }), 'iam', ['123456789012', 'assumed-role/orders']],
    ['IAM, REST API', restApiEvent({ authorizer: { iam } }), 'iam', ['123456789012', 'assumed-role/orders']],
    ['IAM, function URL', functionUrlEvent({ iam }), 'iam', ['123456789012', 'assumed-role/orders']],
    ['an identity pool, HTTP API', httpApiEvent({ authorizer: { iam: { ...iam, cognitoIdentityId: 'c' } } }), 'iam', ['123456789012', 'assumed-role/orders', 'c']],
    ['an identity pool, REST API', restApiEvent({ authorizer: { iam: { ...iam, cognitoIdentityId: 'c' } } }), 'iam', ['123456789012', 'assumed-role/orders', 'c']],
    ['an API key', restApiEvent({ apiKeyId: 'key-1' }), 'apiKey', ['key-1']],
  ])('has an authorizer: %s', (_, event, kind, parts) => {
    expect(tenantOf(request(event), 'auto')).toMatchObject({ kind, parts });
  });

  test.each([
    ['http-api-v2-public', httpApiEvent({ headers: { cookie: 'a=1' }, query: 'a=1', body: 'x', route: '/p/{id}', path: '/p/1' })],
    ['http-api-v2-jwt', httpApiEvent({ headers: { cookie: 'a=1' }, query: 'a=1', body: 'x', route: '/p/{id}', path: '/p/1', authorizer: { jwt: {} } })],
    ['rest-api-public', restApiEvent({ body: 'x' })],
    ['alb', albEvent({ body: 'x' })],
    ['alb-multi-value', albEvent({ body: 'x', multiValueHeaders: true })],
  ])('has no member that the documented event %s lacks', (name, event) => {
    const documented = golden(name);
    expect(Object.keys(documented)).toEqual(expect.arrayContaining(Object.keys(event)));
    expect(Object.keys(documented.requestContext)).toEqual(expect.arrayContaining(Object.keys(event.requestContext)));
  });
});
