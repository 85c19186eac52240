import { responseOfResult } from '../../local/fronts/http-response';

const sent = (payload: unknown) => {
  const response = responseOfResult(payload, 'text/plain;charset=UTF-8');
  return response && { ...response, headers: response.headers, body: response.body.toString('utf8') };
};

const json = [['content-type', 'application/json']];

test.each([
  ['a string', 'Hello from Lambda!', 'Hello from Lambda!'],
  ['an object', { message: 'Hello from Lambda!' }, '{"message":"Hello from Lambda!"}'],
  ['an array', [1, 2], '[1,2]'],
  ['a number', 5, '5'],
  ['nothing', null, 'null'],
  ['an object whose status is null', { statusCode: null, body: 'x' }, '{"statusCode":null,"body":"x"}'],
])('F61: %s without a statusCode is a 200 in JSON', (_, payload, body) => {
  expect(sent(payload)).toEqual({ status: 200, headers: json, body });
});

test('status, headers, cookies and body of a structured result are sent', () => {
  expect(sent({ statusCode: 201, headers: { 'Location': '/1', 'X-Count': 2, 'X-None': null }, cookies: ['a=1', 'b=2'], body: 'made' })).toEqual({
    status: 201,
    headers: [['content-type', 'text/plain;charset=UTF-8'], ['location', '/1'], ['x-count', '2'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']],
    body: 'made',
  });
});

test('a content type of the function\'s own stands', () => {
  expect(sent({ statusCode: 200, headers: { 'Content-Type': 'text/html' }, body: '' })?.headers).toEqual([['content-type', 'text/html']]);
});

test('F63: a base64 body is sent as the bytes it stands for', () => {
  const bytes = Buffer.from([0, 255, 128]);
  expect(responseOfResult({ statusCode: 200, isBase64Encoded: true, body: bytes.toString('base64') }, 'x/y')?.body).toEqual(bytes);
});

test('headers that belong to the connection are the gateway\'s', () => {
  expect(sent({ statusCode: 200, headers: { 'Content-Length': '1', 'Connection': 'close', 'content-type': 'a/b' }, body: 'abc' })?.headers)
    .toEqual([['content-type', 'a/b']]);
});

test.each([
  ['a status that is no number', { statusCode: 'ok' }],
  ['a status of no response', { statusCode: 99 }],
  ['a status of an interim response', { statusCode: 100 }],
  ['a status that is out of range', { statusCode: 600 }],
  ['headers that are a list', { statusCode: 200, headers: ['a'] }],
  ['a header that is an object', { statusCode: 200, headers: { a: {} } }],
  ['cookies that are no list', { statusCode: 200, cookies: 'a=1' }],
])('%s cannot be sent', (_, payload) => {
  expect(sent(payload)).toBeUndefined();
});
