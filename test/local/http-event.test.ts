import type { GatewayRequest } from '../../local/fronts/front';
import { httpEvent, type HttpEventContext } from '../../local/fronts/http-event';

const request: GatewayRequest = {
  id: '5f0b8b3e-0a52-4b1c-8f5e-1c2d3e4f5a6b',
  receivedAt: new Date('2020-03-12T19:03:58.390Z'),
  method: 'POST',
  path: '/my/path',
  query: 'parameter1=value1&parameter1=value2&parameter2=value',
  headers: [
    ['Host', 'id.execute-api.us-east-1.amazonaws.com'],
    ['Header1', 'value1'],
    ['Header2', 'value1'],
    ['HEADER2', 'value2'],
    ['User-Agent', 'agent'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', '17'],
    ['Cookie', 'cookie1; cookie2'],
    ['Connection', 'keep-alive'],
  ],
  body: Buffer.from('Hello from Lambda'),
  sourceIp: '192.0.2.1',
  protocol: 'HTTP/1.1',
  port: 3000,
};

const context: HttpEventContext = {
  accountId: '123456789012',
  apiId: 'api-id',
  domainName: 'id.execute-api.us-east-1.amazonaws.com',
  stage: '$default',
  stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
  routeKey: '$default',
  rawPath: '/my/path',
  pathParameters: { parameter1: 'value1' },
  authorizer: { jwt: { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] } },
};

const sent = (changes: Partial<GatewayRequest>) => httpEvent({ ...request, ...changes }, context);
const plainContext = { accountId: '123456789012', apiId: 'api-id', domainName: 'id.example.com', stage: '$default', routeKey: '$default', rawPath: '/', pathParameters: {} };

// "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0: field by field,
// less the client certificate of mutual TLS, which a plain connection has not.
test('the documented example comes out, field by field', () => {
  const event = httpEvent(request, context);
  expect(event).toEqual({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/my/path',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1', 'cookie2'],
    headers: expect.objectContaining({ header1: 'value1', header2: 'value1,value2' }),
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api-id',
      authorizer: { jwt: { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] } },
      domainName: 'id.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'id',
      http: { method: 'POST', path: '/my/path', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'agent' },
      requestId: '5f0b8b3e-0a52-4b1c-8f5e-1c2d3e4f5a6b',
      routeKey: '$default',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: 1584039838390,
    },
    body: 'Hello from Lambda',
    pathParameters: { parameter1: 'value1' },
    isBase64Encoded: false,
    stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
  });
});

test('headers of the connection and cookies stay out, what the gateway knows of the way comes in', () => {
  const { headers } = httpEvent(request, context);
  expect({ ...headers }).toEqual({
    'content-length': '17',
    'content-type': 'text/plain',
    'header1': 'value1',
    'header2': 'value1,value2',
    'host': 'id.execute-api.us-east-1.amazonaws.com',
    'user-agent': 'agent',
    'x-amzn-trace-id': 'Root=1-5e6a879e-5f0b8b3e0a524b1c8f5e1c2d',
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-port': '3000',
    'x-forwarded-proto': 'http',
  });
});

test('what a client says of the way is appended to or replaced', () => {
  const { headers } = sent({ headers: [['X-Forwarded-For', '203.0.113.9'], ['X-Forwarded-Proto', 'gopher']] });
  expect(headers['x-forwarded-for']).toBe('203.0.113.9,192.0.2.1');
  expect(headers['x-forwarded-proto']).toBe('http');
});

test('what a request lacks is left out of the event', () => {
  const event = httpEvent({ ...request, query: '', headers: [], body: Buffer.alloc(0) }, plainContext);
  expect(Object.keys(event).sort()).toEqual(['headers', 'isBase64Encoded', 'rawPath', 'rawQueryString', 'requestContext', 'routeKey', 'version']);
  expect(event.requestContext).not.toHaveProperty('authorizer');
  expect(event.headers['content-length']).toBe('0');
});

test.each([
  ['text/plain', false],
  ['text/csv; charset=utf-8', false],
  ['application/json', false],
  ['Application/JSON;charset=UTF-8', false],
  ['application/xml', false],
  ['application/javascript', false],
  ['application/x-www-form-urlencoded', true],
  ['application/octet-stream', true],
  ['multipart/form-data; boundary=x', true],
  [undefined, true],
])('a body of type %s is base64: %s', (contentType, isBase64Encoded) => {
  const event = sent({ headers: contentType === undefined ? [] : [['Content-Type', contentType]], body: Buffer.from('é') });
  expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'w6k=' : 'é' });
});

test('a compressed body is base64, whatever its type', () => {
  const body = Buffer.from([0x1f, 0x8b, 0xff]);
  const event = sent({ headers: [['Content-Type', 'application/json'], ['Content-Encoding', 'gzip']], body });
  expect(event).toMatchObject({ isBase64Encoded: true, body: body.toString('base64') });
});

test('query parameters are decoded while the raw query keeps order and encoding', () => {
  const event = sent({ query: 'b=%20x+y&a=1&b=%C3%A9&empty' });
  expect(event.rawQueryString).toBe('b=%20x+y&a=1&b=%C3%A9&empty');
  expect({ ...event.queryStringParameters }).toEqual({ b: ' x y,é', a: '1', empty: '' });
});

test('a header or parameter named like an object member is a plain entry', () => {
  const event = sent({ headers: [['__proto__', 'x'], ['constructor', 'y']], query: '__proto__=z' });
  expect(Object.entries(event.headers)).toContainEqual(['__proto__', 'x']);
  expect(event.headers.constructor).toBe('y');
  expect(Object.entries(event.queryStringParameters!)).toEqual([['__proto__', 'z']]);
});
