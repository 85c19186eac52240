import fc from 'fast-check';
import { detectFront } from '../../../../runtime/request/fronts/detect';
import type { HttpRequest } from '../../../../runtime/request/fronts/front';
import { golden, type GoldenEvent } from '../../golden';

const request = (event: GoldenEvent): HttpRequest => detectFront(event)!.request(event);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

describe('an HTTP API\'s request, payload 2.0', () => {
  test('has method, route, path, raw query and body', () => {
    expect(request(golden('http-api-v2-public'))).toMatchObject({
      front: 'http-api',
      method: 'POST',
      route: '/payments/{id}',
      path: '/payments/p-17',
      query: 'parameter1=value1&parameter1=value2&parameter2=value',
      identity: { authenticated: false },
    });
    expect(text(request(golden('http-api-v2-public')).body)).toBe('{"amount":1200,"currency":"EUR"}');
  });

  test('F44: duplicates joined by the gateway stay one value with its comma', () => {
    expect(request(golden('http-api-v2-public')).headers.get('header2')).toEqual(['value1,value2']);
  });

  test('has its cookies back as a header', () => {
    expect(request(golden('http-api-v2-public')).headers.get('cookie')).toEqual(['cookie1; cookie2']);
  });

  test('has a path without the stage', () => {
    const event = golden('http-api-v2-named-stage');
    expect(request(event).path).toBe('/payments/p-17');
    expect(request({ ...event, rawPath: '/prod' }).path).toBe('/');
    expect(request({ ...event, rawPath: '/production/x' }).path).toBe('/production/x');
    expect(request({ ...event, rawPath: '/prod/prod/x' }).path).toBe('/prod/x');
    expect(request({ ...golden('http-api-v2-public'), rawPath: '/$default/x' }).path).toBe('/$default/x');
  });

  test.each([
    ['$default', '$default'],
    ['ANY /x/{proxy+}', '/x/{proxy+}'],
    ['POST /', '/'],
  ])('the route key %s names the route %s', (routeKey, route) => {
    expect(request({ ...golden('http-api-v2-public'), routeKey }).route).toBe(route);
  });
});

describe('a REST API\'s request', () => {
  test('has method, route, path and a rebuilt query', () => {
    expect(request(golden('rest-api-public'))).toMatchObject({
      front: 'rest-api',
      method: 'POST',
      route: '/{proxy+}',
      path: '/hello/world',
      query: 'multivalueName=you&multivalueName=me&name=me',
      identity: { authenticated: false },
    });
  });

  test('has every value of a header, under its name in lower case', () => {
    const { headers } = request(golden('rest-api-public'));
    expect(headers.get('headername')).toEqual(['first', 'headerValue']);
    expect(headers.get('idempotency-key')).toEqual(['8e03978e-40d5-43e8-bc93-6894a57f9324']);
  });

  test('F41: a header is found in either map, in whatever case', () => {
    const mixedCase = fc.array(fc.boolean(), { minLength: 15, maxLength: 15 })
      .map((upper) => [...'idempotency-key'].map((letter, i) => (upper[i] ? letter.toUpperCase() : letter)).join(''));
    fc.assert(fc.property(mixedCase, fc.constantFrom('headers', 'multiValueHeaders', 'both'), (name, where) => {
      const event = {
        ...golden('rest-api-public'),
        headers: where === 'multiValueHeaders' ? null : { [name]: 'k' },
        multiValueHeaders: where === 'headers' ? null : { [name]: ['k'] },
      };
      expect(request(event).headers.get('idempotency-key')).toEqual(['k']);
    }));
  });

  test('F44: one header under two spellings is two values', () => {
    const event = { ...golden('rest-api-public'), multiValueHeaders: { 'Idempotency-Key': ['a'], 'idempotency-key': ['a'] } };
    expect(request(event).headers.get('idempotency-key')).toEqual(['a', 'a']);
  });

  test.each([
    ['/payments', '/payments', null, '/payments'],
    ['/v1/payments', '/payments', null, '/payments'],
    ['/v1/nested/payments/', '/payments', null, '/payments/'],
    ['/v1', '/', null, '/'],
    ['/', '/', null, '/'],
    ['/v1/payments/p-1', '/payments/{id}', { id: 'p-1' }, '/payments/p-1'],
    ['/v1/payments/a%2Bb', '/payments/{id}', { id: 'a+b' }, '/payments/a%2Bb'],
    ['/payments/payments', '/payments/{id}', { id: 'payments' }, '/payments/payments'],
    ['/v1/a/b/c', '/{proxy+}', { proxy: 'a/b/c' }, '/a/b/c'],
    ['/a/a', '/{proxy+}', { proxy: 'a' }, '/a'],
    ['/a/a', '/{proxy+}', { proxy: 'a/a' }, '/a/a'],
    ['/v1/a/b/', '/{proxy+}', { proxy: 'a/b' }, '/a/b/'],
    ['/v1/files/%zz', '/files/{name}', { name: '%zz' }, '/files/%zz'],
    ['/elsewhere', '/payments', null, '/elsewhere'],
  ])('the path %s of the route %s with %j is %s', (path, resource, pathParameters, expected) => {
    expect(request({ ...golden('rest-api-public'), path, resource, pathParameters }).path).toBe(expected);
  });

  test('is the same by a custom domain with a base path as by the API\'s own address', () => {
    expect(request(golden('rest-api-base-path')).path).toBe(request(golden('rest-api-public')).path);
  });

  test('has the same query in whatever order the gateway lists the parameters', () => {
    const parameters = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }));
    fc.assert(fc.property(parameters, (multiValueQueryStringParameters) => {
      const base = golden('rest-api-public');
      const reversed = Object.fromEntries(Object.entries(multiValueQueryStringParameters).reverse());
      const { query } = request({ ...base, multiValueQueryStringParameters });
      expect(request({ ...base, multiValueQueryStringParameters: reversed }).query).toBe(query);
      const read = new URLSearchParams(query.replaceAll('%20', '+'));
      for (const [name, values] of Object.entries(multiValueQueryStringParameters)) expect(read.getAll(name)).toEqual(values);
    }));
  });

  test('F45: no parameter value can pose as another parameter', () => {
    const query = (multiValueQueryStringParameters: unknown) => request({ ...golden('rest-api-public'), multiValueQueryStringParameters }).query;
    expect(query({ a: ['1&b=2'] })).not.toBe(query({ a: ['1'], b: ['2'] }));
    expect(query({ 'a=1': ['2'] })).not.toBe(query({ a: ['1=2'] }));
    expect(query({ a: ['\ud800'] })).toBe('a=%EF%BF%BD');
  });
});

describe('an HTTP API\'s request, payload 1.0', () => {
  test('reads like a REST API\'s', () => {
    expect(request(golden('http-api-v1-public'))).toMatchObject({
      front: 'http-api',
      route: '/payments/{id}',
      path: '/payments/p-17',
      query: 'parameter1=value1&parameter1=value2&parameter2=value',
      identity: { authenticated: false },
    });
    expect(request(golden('http-api-v1-public')).headers.get('header2')).toEqual(['value1', 'value2']);
  });

  test('has a path without stage and API mapping', () => {
    const event = golden('http-api-v1-public');
    const requestContext = { ...event.requestContext, stage: 'prod' };
    expect(request({ ...event, requestContext, path: '/prod/payments/p-17' }).path).toBe('/payments/p-17');
    expect(request({ ...event, requestContext, resource: '$default', path: '/prod/x' }).path).toBe('/x');
  });
});

describe('a function URL\'s request', () => {
  test('has its path for a route, since its route key is a placeholder', () => {
    expect(request(golden('function-url-public'))).toMatchObject({
      front: 'function-url',
      method: 'POST',
      route: '/my/path',
      path: '/my/path',
      query: 'parameter1=value1&parameter1=value2&parameter2=value',
      identity: { authenticated: false },
    });
  });
});

describe('a load balancer\'s request', () => {
  test('keeps parameters percent-encoded and has its path for a route', () => {
    expect(request(golden('alb'))).toMatchObject({ front: 'alb', method: 'POST', route: '/payments', path: '/payments', query: 'myKey=val%202' });
    expect(request(golden('alb-multi-value')).query).toBe('myKey=val1&myKey=val%202');
  });

  test('has every value of a header only with multi-value headers', () => {
    expect(request(golden('alb')).headers.get('cookie')).toEqual(['name2=value2']);
    expect(request(golden('alb-multi-value')).headers.get('cookie')).toEqual(['name1=value1', 'name2=value2']);
  });

  test('has the bytes of a binary body', () => {
    expect([...request(golden('alb')).body]).toEqual([0, 1, 254, 255]);
  });
});

describe('the caller', () => {
  test.each([
    ['http-api-v2-jwt', true], ['http-api-v2-lambda-no-context', true], ['http-api-v2-iam', true], ['http-api-v1-jwt', true],
    ['rest-api-lambda', true], ['rest-api-cognito', true], ['rest-api-iam', true], ['function-url-iam', true],
    ['rest-api-key', false], ['rest-api-public', false], ['http-api-v1-public', false], ['function-url-public', false],
  ])('of %s was seen by an authorizer: %s', (name, authenticated) => {
    expect(request(golden(name)).identity.authenticated).toBe(authenticated);
  });

  test('of a REST API without IAM has no IAM identity, though its members are all there', () => {
    expect(request(golden('rest-api-public')).identity).toEqual({ authenticated: false });
  });
});

describe('the body', () => {
  const fronts = ['http-api-v2-public', 'http-api-v1-public', 'rest-api-public', 'function-url-public', 'alb', 'alb-multi-value'];

  test.each(fronts)('F63: of %s is byte for byte what was sent', (name) => {
    const event = golden(name);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const sent = { ...event, body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true };
      expect(Buffer.from(request(sent).body)).toEqual(Buffer.from(bytes));
    }));
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (body) => {
      expect(text(request({ ...event, body, isBase64Encoded: false }).body)).toBe(body);
    }));
  });

  test.each(fronts)('of %s is empty where there is none', (name) => {
    const { body: _, ...event } = golden(name);
    expect(request(event).body).toHaveLength(0);
    expect(request({ ...event, body: null }).body).toHaveLength(0);
  });
});
