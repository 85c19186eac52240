import fc from 'fast-check';
import { detectFront } from '../../../../runtime/request/fronts/detect';
import type { Front } from '../../../../runtime/request/fronts/front';
import { golden } from '../../golden';

const front = (name: string): Front => detectFront(golden(name))!;
const httpApi = front('http-api-v2-public');
const httpApiV1 = front('http-api-v1-public');
const restApi = front('rest-api-public');
const functionUrl = front('function-url-public');
const alb = front('alb');
const cycle: { self?: unknown } = {};
cycle.self = cycle;

const empty = { headers: [], cookies: [], body: '', isBase64Encoded: false };

describe('what a gateway answers for a handler that threw', () => {
  test.each([
    ['HTTP API', httpApi, 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['HTTP API with payload 1.0', httpApiV1, 500, 'application/json', '{"message":"Internal Server Error"}'],
    ['REST API', restApi, 502, 'application/json', '{"message": "Internal server error"}'],
    ['function URL', functionUrl, 502, 'application/json', 'Internal Server Error'],
  ])('F60: %s, to the byte', (_, gateway, statusCode, type, body) => {
    expect(gateway.thrown()).toEqual({ statusCode, headers: [['content-type', type]], cookies: [], body, isBase64Encoded: false });
  });

  test('F60: a load balancer\'s page has its 122 bytes', () => {
    expect(alb.thrown()).toMatchObject({ statusCode: 502, headers: [['content-type', 'text/html']] });
    expect(alb.thrown().body).toMatch(/^<html>\r\n<head><title>502 Bad Gateway<\/title>/);
    expect(Buffer.byteLength(alb.thrown().body)).toBe(122);
  });
});

describe.each([['HTTP API', httpApi], ['function URL', functionUrl]])('payload 2.0: %s', (_, gateway) => {
  test.each([
    ['text', 'Hello from Lambda!', 'Hello from Lambda!'],
    ['an object', { message: 'Hello' }, '{"message":"Hello"}'],
    ['an object with a body but no status', { body: 'x', headers: { a: 'b' } }, '{"headers":{"a":"b"},"body":"x"}'],
    ['a list', ['hello', 3, true], '["hello",3,true]'],
    ['a number', 3.1, '3.1'],
    ['a boolean', true, 'true'],
    ['nothing', undefined, 'null'],
    ['null', null, 'null'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an object that says how it serialises', { statusCode: 201, body: 'x', toJSON: () => ({ id: 1 }) }, '{"id":1}'],
  ])('F61: %s is 200 JSON', (__, result, body) => {
    const response = gateway.normalise(result);
    expect(response).toMatchObject({ statusCode: 200, headers: [['content-type', 'application/json']], cookies: [], isBase64Encoded: false });
    if (body.startsWith('{')) expect(JSON.parse(response.body)).toEqual(JSON.parse(body));
    else expect(response.body).toBe(body);
  });

  test('F62: a result with a status is taken as it is', () => {
    expect(gateway.normalise({
      statusCode: '201',
      headers: { 'X-A': 'a', 'X-N': 1, 'X-B': false, 'X-Null': null, 'Set-Cookie': 'c=3' },
      cookies: ['a=1', 'b=2'],
      body: 'AAE=',
      isBase64Encoded: true,
    })).toEqual({
      statusCode: 201, headers: [['X-A', 'a'], ['X-N', '1'], ['X-B', 'false']], cookies: ['a=1', 'b=2', 'c=3'], body: 'AAE=', isBase64Encoded: true,
    });
    expect(gateway.normalise({ statusCode: 204 })).toEqual({ statusCode: 204, ...empty });
    expect(gateway.normalise({ statusCode: 200, body: { a: 1 } })).toEqual({ statusCode: 200, ...empty, body: '{"a":1}' });
  });

  test.each([
    ['a cycle', cycle],
    ['a bigint', { statusCode: 200, body: 1n }],
    ['a status that is no number', { statusCode: 'test', body: '' }],
    ['headers that are text', { statusCode: 200, headers: 'a: b' }],
    ['a header that is an object', { statusCode: 200, headers: { a: {} } }],
    ['cookies that are text', { statusCode: 200, cookies: 'a=1' }],
    ['a cookie that is an object', { statusCode: 200, cookies: [{ toString: 1 }] }],
  ])('F61: %s is the gateway\'s own error', (__, result) => {
    expect(gateway.normalise(result)).toEqual({ ...gateway.thrown(), malformed: true });
  });
});

describe.each([['REST API', restApi], ['HTTP API with payload 1.0', httpApiV1], ['load balancer', alb]])('proxy format: %s', (_, gateway) => {
  test('F62: both header maps make one list, multi-value first, equal values once, cookies apart', () => {
    expect(gateway.normalise({
      statusCode: 201,
      headers: { 'x-a': 'solo', 'X-Same': '1', 'X-Only': true, 'X-N': 12, 'Set-Cookie': 'c=3' },
      multiValueHeaders: { 'X-A': ['m1', 'm2'], 'x-same': ['1'], 'set-cookie': ['a=1', 'b=2'] },
      body: '{}',
    })).toEqual({
      statusCode: 201,
      headers: [['X-A', 'm1'], ['X-A', 'm2'], ['X-A', 'solo'], ['x-same', '1'], ['X-Only', 'true'], ['X-N', '12']],
      cookies: ['a=1', 'b=2', 'c=3'],
      body: '{}',
      isBase64Encoded: false,
    });
  });

  test('F62: members that are null or missing are empty', () => {
    expect(gateway.normalise({ statusCode: 200 })).toEqual({ statusCode: 200, ...empty });
    expect(gateway.normalise({ statusCode: '201', headers: null, multiValueHeaders: null, body: null })).toEqual({ statusCode: 201, ...empty });
    expect(gateway.normalise({ statusCode: 200, headers: { a: null }, multiValueHeaders: { b: null } })).toEqual({ statusCode: 200, ...empty });
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'justAString'],
    ['a list', [1]],
    ['a cycle', cycle],
    ['a bigint', { statusCode: 200, body: '', n: 1n }],
    ['a status that is no number', { statusCode: 'test' }],
    ['a body that is an object', { statusCode: 200, body: { a: 1 } }],
    ['multi-value headers that are single', { statusCode: 200, multiValueHeaders: { a: 'value1' } }],
    ['a header that is a list', { statusCode: 200, headers: { a: ['value1'] } }],
    ['a list with an object for a value', { statusCode: 200, multiValueHeaders: { a: [{}] } }],
    ['headers that are text', { statusCode: 200, headers: 'a: b' }],
  ])('F61: %s is malformed: the gateway\'s own error', (__, result) => {
    expect(gateway.normalise(result)).toEqual({ ...gateway.thrown(), malformed: true });
  });
});

describe('what the proxy formats differ in', () => {
  test('F61: a REST API takes a result without a status for 200, and refuses members it does not know', () => {
    expect(restApi.normalise({})).toEqual({ statusCode: 200, ...empty });
    expect(restApi.normalise({ headers: { a: 'b' } })).toEqual({ statusCode: 200, ...empty, headers: [['a', 'b']] });
    expect(restApi.normalise({ statusCode: 200, wrongValue: 'value' })).toMatchObject({ statusCode: 502, malformed: true });
    expect(restApi.normalise({ statusCode: 200, wrongValue: undefined })).toEqual({ statusCode: 200, ...empty });
  });

  test('F61: a load balancer demands a status and takes a description of it', () => {
    expect(alb.normalise({ body: 'x' })).toMatchObject({ statusCode: 502, malformed: true });
    expect(alb.normalise({ statusCode: 200, statusDescription: '200 OK' })).toEqual({ statusCode: 200, ...empty });
  });
});

describe('status codes', () => {
  const gateways = [httpApi, httpApiV1, restApi, functionUrl, alb];
  const nonsense = fc.oneof(
    fc.integer({ max: 199 }), fc.integer({ min: 600 }), fc.double({ noInteger: true }), fc.constant(null),
    fc.string().filter((text) => !/^[2-5]\d\d$/.test(text)), fc.boolean(), fc.array(fc.integer()), fc.constant({}),
  );

  test('F65: no nonsense is passed off as a response', () => {
    fc.assert(fc.property(nonsense, fc.constantFrom(...gateways), (statusCode, gateway) => {
      expect(gateway.normalise({ statusCode, body: 'x' })).toMatchObject({ malformed: true });
    }));
  });

  test('F65: what can be a final response is taken, as number or digits', () => {
    fc.assert(fc.property(fc.integer({ min: 200, max: 599 }), fc.boolean(), fc.constantFrom(...gateways), (statusCode, digits, gateway) => {
      expect(gateway.normalise({ statusCode: digits ? String(statusCode) : statusCode, body: 'x' }))
        .toEqual({ statusCode, headers: [], cookies: [], body: 'x', isBase64Encoded: false });
    }));
  });

  test('F66: nothing a handler returns makes normalise throw or touch a prototype', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
    fc.assert(fc.property(anything, fc.constantFrom(...gateways), (result, gateway) => {
      const response = gateway.normalise(result);
      expect(response.statusCode).toBeGreaterThanOrEqual(200);
      gateway.normalise({ statusCode: 200, headers: result, multiValueHeaders: result, body: result, cookies: [result] });
    }));
    const hostile = JSON.parse('{"statusCode":200,"headers":{"__proto__":"x"},"body":""}');
    for (const gateway of gateways) {
      const rendered = gateway.render(gateway.normalise(hostile), {}) as { headers: object };
      expect(Object.getPrototypeOf(rendered.headers)).toBe(Object.prototype);
    }
  });
});
