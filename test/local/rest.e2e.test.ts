import { request as httpRequest } from 'node:http';
import { appCommand, UserFolder, type Cli } from './support/cli';

const user = new UserFolder();
let cli: Cli;
let url: string;

beforeAll(async () => {
  cli = user.start('local', '--app', appCommand('rest-app.ts'), '--port', '0', '--json');
  url = (await cli.ready()).apis[0]!.url;
});

afterAll(async () => {
  await cli.stop();
  user.remove();
});

const called = async (response: Response) => {
  expect(response.status).toBe(201);
  return (await response.json()) as Record<string, any>;
};
const answer = async (response: Response) => [response.status, await response.text()];

test('ready names the API as REST, and starts no DynamoDB that no table asks for', async () => {
  expect(await cli.ready()).toMatchObject({ apis: [{ id: 'Payments', kind: 'rest', stack: 'Rest' }], dynamodb: null, tables: [] });
});

test('a function gets the documented event', async () => {
  const event = await called(await fetch(`${url}/v1/payments/7%208?a=1&a=2&b=x%20y`, {
    headers: { 'X-Mixed': 'Case', 'user-agent': 'agent' },
  }));
  const { apiId } = event.requestContext;
  expect(event).toEqual({
    resource: '/payments/{id}',
    path: '/payments/7%208',
    httpMethod: 'GET',
    headers: expect.objectContaining({ 'X-Mixed': 'Case', 'X-Forwarded-Proto': 'http' }),
    multiValueHeaders: expect.objectContaining({ 'X-Mixed': ['Case'] }),
    queryStringParameters: { a: '2', b: 'x y' },
    multiValueQueryStringParameters: { a: ['1', '2'], b: ['x y'] },
    pathParameters: { id: '7%208' },
    stageVariables: { color: 'blue' },
    requestContext: {
      accountId: '123456789012',
      apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
      domainName: `${apiId}.execute-api.us-east-1.amazonaws.com`,
      domainPrefix: apiId,
      extendedRequestId: expect.any(String),
      httpMethod: 'GET',
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: '127.0.0.1',
        user: null,
        userAgent: 'agent',
        userArn: null,
      },
      path: '/v1/payments/7%208',
      protocol: 'HTTP/1.1',
      requestId: expect.any(String),
      requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      requestTimeEpoch: expect.any(Number),
      resourceId: expect.any(String),
      resourcePath: '/payments/{id}',
      stage: 'v1',
    },
    body: null,
    isBase64Encoded: false,
  });
});

test('the API is served at the root as well, with the same path', async () => {
  const event = await called(await fetch(`${url}/payments/7`));
  expect(event).toMatchObject({ path: '/payments/7', requestContext: { path: '/v1/payments/7', stage: 'v1' } });
});

test('two headers of one name are two values', async () => {
  const event = await new Promise<Record<string, any>>((resolve, reject) => {
    const request = httpRequest(`${url}/payments`, { method: 'POST', headers: ['X-Twice', '1', 'X-Twice', '2', 'Host', 'h'] }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    request.on('error', reject);
    request.end();
  });
  expect([event.headers['X-Twice'], event.multiValueHeaders['X-Twice']]).toEqual(['2', ['1', '2']]);
});

test('F62: both header maps of a result are sent', async () => {
  const response = await fetch(`${url}/payments`, { method: 'POST', body: '{}' });
  expect([response.headers.get('x-many'), response.headers.get('x-one'), response.headers.get('content-type')]).toEqual(['1, 2', '1', 'application/json']);
});

test.each([
  ['thrown', 'throw'],
  ['not in the proxy format', 'bare'],
  ['with a member that the format does not have', 'extra'],
])('a result that is %s is a 502', async (_, how) => {
  expect(await answer(await fetch(`${url}/payments?how=${how}`, { method: 'POST' }))).toEqual([502, '{"message": "Internal server error"}']);
});

test('F63: binary media types come and go as bytes', async () => {
  const body = Buffer.from([0, 255, 128, 10]);
  const response = await fetch(`${url}/payments?how=bytes`, { method: 'POST', headers: { 'content-type': 'image/png', 'accept': 'image/png' }, body });
  expect(Buffer.from(await response.arrayBuffer())).toEqual(body);
  const asText = await fetch(`${url}/payments?how=bytes`, { method: 'POST', headers: { 'content-type': 'image/png', 'accept': 'text/plain' }, body });
  expect(await asText.text()).toBe(body.toString('base64'));
});

test('F20: past the integration\'s timeout the gateway answers 504 while the function goes on', async () => {
  expect(await answer(await fetch(`${url}/payments/1`, { method: 'PATCH' }))).toEqual([504, '{"message": "Endpoint request timed out"}']);
  await cli.until(() => cli.events.find((event) => event.event === 'log' && event.line.includes('finished after all')));
});

test.each([
  ['GET', '/nothing'],
  ['GET', '/payments'],
  ['GET', '/greedy'],
  ['POST', '/payments/1'],
])('%s %s has no method', async (method, path) => {
  expect(await answer(await fetch(url + path, { method }))).toEqual([403, '{"message":"Missing Authentication Token"}']);
});

test.each([['/payments/', '/payments'], ['/greedy/a/b', '/greedy/{proxy+}']])('POST %s leads to %s', async (path, resource) => {
  expect(await called(await fetch(url + path, { method: 'POST' }))).toMatchObject({ resource });
});

test('an integration that is not run is a 500, and is named', async () => {
  expect((await fetch(`${url}/elsewhere`)).status).toBe(500);
  expect(cli.stderr).toContain('skipped: AWS::ApiGateway::Method (Payments/Default/elsewhere/GET: an integration of type HTTP_PROXY is not run');
});

test('a function that is not run is answered as one that fails, and is named so', async () => {
  expect(await answer(await fetch(`${url}/old`))).toEqual([502, '{"message": "Internal server error"}']);
  expect(cli.stderr).toContain('skipped: AWS::Lambda::Function (Old: the runtime nodejs16.x is not run; requests to it get a 500, from a REST API or a function URL a 502)');
});

test('a missing required parameter is the gateway\'s own answer, as the template has it', async () => {
  const missing = await fetch(`${url}/payments/1`, { method: 'PUT' });
  expect(missing.headers.get('x-should-retry')).toBe('false');
  expect(await answer(missing)).toEqual([400, '{"code":"KEY_MISSING","message":"Missing required request parameters: [Idempotency-Key]"}']);
  await called(await fetch(`${url}/payments/1`, { method: 'PUT', headers: { 'idempotency-key': '1' } }));
});

test.each([
  ['https://a.example', 'https://a.example'],
  ['https://b.example', 'https://b.example'],
  ['https://c.example', 'https://a.example'],
])('a preflight from %s is told %s', async (origin, told) => {
  const response = await fetch(`${url}/payments`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-origin')).toBe(told);
  expect(response.headers.get('access-control-allow-headers')).toBe('Idempotency-Key');
});

describe('who calls', () => {
  const guarded = (method: string, headers: Record<string, string> = {}, query = '') => fetch(`${url}/guarded${query}`, { method, headers });

  test('a token authorizer lets through with its context in strings', async () => {
    const event = await called(await guarded('GET', { authorization: 'allow' }));
    expect(event.requestContext.authorizer).toEqual({ principalId: 'someone', integrationLatency: 0, account_id: 'acme', level: '3' });
  });

  test.each([
    ['deny', 403, '{"Message":"User is not authorized to access this resource"}'],
    ['unauthorized', 401, '{"message":"Unauthorized"}'],
    ['broken', 500, '{"message": "Internal server error"}'],
  ])('a token authorizer that says %s turns away', async (authorization, status, body) => {
    expect(await answer(await guarded('GET', { authorization }))).toEqual([status, body]);
  });

  test('a request authorizer wants every identity source', async () => {
    await called(await guarded('PUT', { 'x-who': 'me' }, '?pass=yes'));
    expect((await guarded('PUT', { 'x-who': 'you' }, '?pass=yes')).status).toBe(403);
    expect((await guarded('PUT', { 'x-who': 'me' })).status).toBe(401);
  });

  test('a user pool\'s token is read, not verified, and said to be', async () => {
    const token = `e30.${Buffer.from('{"sub":"u1","account_id":"acme"}').toString('base64url')}.c2ln`;
    const event = await called(await guarded('POST', { authorization: token }));
    expect(event.requestContext.authorizer).toEqual({ claims: { sub: 'u1', account_id: 'acme' } });
    expect((await guarded('POST')).status).toBe(401);
    expect(cli.stderr).toContain('Cognito authorizer Cognito: tokens are NOT VERIFIED here');
  });

  test('a scope of a user pool\'s resource server is what a token bears', async () => {
    const scoped = (scope: string) => fetch(`${url}/guarded/scoped`, {
      method: 'POST',
      headers: { authorization: `e30.${Buffer.from(JSON.stringify({ sub: 'u1', scope })).toString('base64url')}.c2ln` },
    });
    expect((await scoped('https://shop.example/write other')).status).toBe(201);
    expect((await scoped('https://shop.example/read')).status).toBe(401);
  });

  test('a signature names the caller, unverified', async () => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00';
    const event = await called(await guarded('DELETE', { authorization }));
    expect(event.requestContext.identity).toMatchObject({ accountId: '123456789012', user: 'AKIDEXAMPLE', userArn: 'arn:aws:iam::123456789012:user/AKIDEXAMPLE' });
    expect((await guarded('DELETE')).status).toBe(403);
  });

  test('an API key is known by its value and told by its id', async () => {
    const event = await called(await guarded('PATCH', { 'x-api-key': 'abcdefghijklmnopqrstuvwxyz' }));
    expect(event.requestContext.identity).toMatchObject({ apiKey: 'abcdefghijklmnopqrstuvwxyz', apiKeyId: expect.stringMatching(/Key/) });
    expect(await answer(await guarded('PATCH', { 'x-api-key': 'another' }))).toEqual([403, '{"message":"Forbidden"}']);
  });
});
