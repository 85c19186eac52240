import fc from 'fast-check';
import { detectFront } from '../../../../runtime/request/fronts/detect';
import type { Front, HttpResponse } from '../../../../runtime/request/fronts/front';
import { golden, type GoldenEvent } from '../../golden';

const all = ['http-api-v2-public', 'http-api-v1-public', 'rest-api-public', 'function-url-public', 'alb', 'alb-multi-value'] as const;
const v2 = ['http-api-v2-public', 'function-url-public'] as const;
const v1 = ['http-api-v1-public', 'rest-api-public'] as const;
const open = (name: string): { event: GoldenEvent; front: Front } => {
  const event = golden(name);
  return { event, front: detectFront(event)! };
};

const response: HttpResponse = {
  statusCode: 201,
  headers: [['Content-Type', 'application/json'], ['Link', '<a>'], ['link', '<b>']],
  cookies: ['a=1', 'b=2'],
  body: '{}',
  isBase64Encoded: false,
};

describe('the result that makes a gateway send a response', () => {
  test.each(v2)('F62: %s has one value per header and a list of cookies', (name) => {
    expect(open(name).front.render(response, open(name).event)).toEqual({
      statusCode: 201, headers: { 'Content-Type': 'application/json', 'Link': '<a>, <b>' }, cookies: ['a=1', 'b=2'], body: '{}', isBase64Encoded: false,
    });
    expect(open(name).front.render({ ...response, cookies: [] }, open(name).event)).not.toHaveProperty('cookies');
  });

  test.each(v1)('F62: %s has multi-value headers where a name stands twice', (name) => {
    expect(open(name).front.render(response, open(name).event)).toEqual({
      statusCode: 201,
      headers: { 'Content-Type': 'application/json' },
      multiValueHeaders: { 'Link': ['<a>', '<b>'], 'Set-Cookie': ['a=1', 'b=2'] },
      body: '{}',
      isBase64Encoded: false,
    });
    expect(open(name).front.render({ ...response, headers: [], cookies: ['a=1'] }, open(name).event))
      .toEqual({ statusCode: 201, headers: { 'Set-Cookie': 'a=1' }, body: '{}', isBase64Encoded: false });
  });

  test('F62: a load balancer gets the kind of map that its event has', () => {
    const { front, event } = open('alb-multi-value');
    expect(front.render(response, event)).toEqual({
      statusCode: 201,
      multiValueHeaders: { 'Content-Type': ['application/json'], 'Link': ['<a>', '<b>'], 'Set-Cookie': ['a=1', 'b=2'] },
      body: '{}',
      isBase64Encoded: false,
    });
    expect(front.render(response, golden('alb'))).toEqual({
      statusCode: 201,
      headers: { 'Content-Type': 'application/json', 'Link': '<a>, <b>', 'Set-Cookie': 'b=2' },
      body: '{}',
      isBase64Encoded: false,
    });
  });

  const token = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,12}$/).filter((name) => name.toLowerCase() !== 'set-cookie');
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const responses: fc.Arbitrary<HttpResponse> = fc.record({
    statusCode: fc.integer({ min: 200, max: 599 }),
    headers: fc.uniqueArray(fc.tuple(token, value), { selector: ([name]) => name.toLowerCase(), maxLength: 6 }),
    cookies: fc.uniqueArray(value, { maxLength: 3 }),
    body: fc.string({ unit: 'grapheme' }),
    isBase64Encoded: fc.boolean(),
  });
  const comparable = ({ headers, ...rest }: HttpResponse) => ({ ...rest, headers: [...headers].sort() });

  test.each(all)('F62: %s understands what it rendered', (name) => {
    const { front, event } = open(name);
    fc.assert(fc.property(responses, (given) => {
      const wanted = name === 'alb' ? { ...given, cookies: given.cookies.slice(-1) } : given;
      expect(comparable(front.normalise(front.render(wanted, event)))).toEqual(comparable(wanted));
    }));
  });

  test.each(all)('F63: %s keeps a binary body byte for byte, with its content encoding', (name) => {
    const { front, event } = open(name);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const result = { statusCode: 200, headers: { 'content-encoding': 'gzip' }, body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true };
      const again = front.render(front.normalise(result), event) as typeof result;
      expect(again.isBase64Encoded).toBe(true);
      expect(again.body).toBe(result.body);
      expect(front.normalise(again).headers).toEqual([['content-encoding', 'gzip']]);
    }));
  });
});

describe('headers added to a handler\'s own result', () => {
  const added = [['X-Idempotent-Replay', 'true']] as const;

  test.each(v2)('F61: a bare value on %s becomes its structured equal', (name) => {
    const { front, event } = open(name);
    for (const bare of ['text', { a: 1 }, undefined, 3]) {
      const { headers, ...rest } = front.normalise(bare);
      expect(front.normalise(front.withHeaders(bare, added, event))).toEqual({ ...rest, headers: [...headers, ...added] });
    }
  });

  test.each(all)('F62: all else of a result on %s stays as it was', (name) => {
    const { front, event } = open(name);
    const multiValue = name === 'alb-multi-value';
    const own = multiValue ? { multiValueHeaders: { 'X-Own': ['1'] } } : { headers: { 'X-Own': '1' } };
    const result = { statusCode: 201, ...own, body: 'AA==', isBase64Encoded: true };
    expect(front.withHeaders(result, added, event)).toEqual({
      ...result,
      ...(multiValue
        ? { multiValueHeaders: { 'X-Own': ['1'], 'X-Idempotent-Replay': ['true'] } }
        : { headers: { 'X-Own': '1', 'X-Idempotent-Replay': 'true' } }),
    });
    expect(result).toEqual({ statusCode: 201, ...own, body: 'AA==', isBase64Encoded: true });
  });

  test.each(all)('a header of the same name gives way on %s', (name) => {
    const { front, event } = open(name);
    const result = name === 'alb-multi-value'
      ? { statusCode: 200, multiValueHeaders: { 'x-idempotent-replay': ['no'] } }
      : { statusCode: 200, headers: { 'x-idempotent-replay': 'no' } };
    expect(front.normalise(front.withHeaders(result, added, event)).headers).toEqual(added);
  });

  test.each(v1)('a header of the same name gives way in the multi-value map of %s too', (name) => {
    const { front, event } = open(name);
    const result = { statusCode: 200, multiValueHeaders: { 'x-idempotent-replay': ['a', 'b'], 'X-Two': ['1', '2'] } };
    expect(front.withHeaders(result, added, event)).toEqual({
      statusCode: 200, headers: { 'X-Idempotent-Replay': 'true' }, multiValueHeaders: { 'X-Two': ['1', '2'] },
    });
  });

  test.each(all)('two values of one name both arrive on %s', (name) => {
    const { front, event } = open(name);
    const twice = front.normalise(front.withHeaders({ statusCode: 200 }, [['Vary', 'Origin'], ['vary', 'Accept']], event));
    expect(twice.headers.map(([, value]) => value).join(', ')).toBe('Origin, Accept');
  });

  test.each(all)('F61: a result that the gateway refuses stays as it is on %s', (name) => {
    const { front, event } = open(name);
    const refused = { statusCode: 'nonsense' };
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(front.withHeaders(refused, added, event)).toBe(refused);
    expect(front.withHeaders(cycle, added, event)).toBe(cycle);
  });
});
