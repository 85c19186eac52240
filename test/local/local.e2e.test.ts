import { createServer, request } from 'node:http';
import path from 'node:path';
import { appCommand, commandOf, gone, isAlive, UserFolder, type Cli } from './support/cli';
import { freePort } from '../support/ports';

jest.setTimeout(120_000);

const user = new UserFolder({ context: { greeting: 'from cdk.json' } });
let cli: Cli;
let shop: string;
let admin: string;
let open: string;
let signed: string;

beforeAll(async () => {
  cli = user.start('local', '--app', appCommand('shop-app.ts'), '--port', '0', '--json');
  const { apis } = await cli.ready();
  shop = apis.find(({ id }) => id === 'Store')!.url;
  admin = apis.find(({ id }) => id === 'AdminApi')!.url;
  open = apis.find(({ id }) => id === 'Open')!.url;
  signed = apis.find(({ id }) => id === 'Signed')!.url;
});

afterAll(async () => {
  await cli.stop();
  user.remove();
});

const echo = async (url: string, init?: RequestInit) => (await (await fetch(url, init)).json()) as {
  event: { requestContext: Record<string, any> } & Record<string, any>;
  environment: Record<string, string>;
  layer: string;
  requestId: string;
};

test('ready names every API, the DynamoDB and the tables', async () => {
  const ready = await cli.ready();
  expect(ready).toEqual({
    event: 'ready',
    apis: [
      { id: 'Store', kind: 'http', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), stack: 'Shop' },
      { id: 'AdminApi', kind: 'http', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), stack: 'Admin' },
      { id: 'Open', kind: 'url', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), stack: 'Direct' },
      { id: 'Signed', kind: 'url', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), stack: 'Direct' },
    ],
    dynamodb: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    tables: [{ id: 'Items', name: 'Storage-Items5C12978B' }],
  });
  expect(shop).not.toBe(admin);
});

test('a function gets the documented event, its resolved environment and its layers', async () => {
  const { event, environment, layer, requestId } = await echo(`${shop}/echo/a%20b?x=1&x=2`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Mixed': 'Case' }, body: '{"a":1}',
  });
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'ANY /echo/{proxy+}',
    rawPath: '/echo/a b',
    rawQueryString: 'x=1&x=2',
    queryStringParameters: { x: '1,2' },
    pathParameters: { proxy: 'a b' },
    headers: { 'x-mixed': 'Case', 'host': new URL(shop).host },
    requestContext: { stage: '$default', http: { method: 'POST', path: '/echo/a b', sourceIp: '127.0.0.1' } },
    body: '{"a":1}',
    isBase64Encoded: false,
  });
  expect(event.requestContext.domainName).toBe(`${event.requestContext.apiId}.execute-api.us-east-1.amazonaws.com`);
  expect(requestId).toBe(event.requestContext.requestId);
  expect(environment).toMatchObject({
    TABLE: 'Storage-Items5C12978B',
    TABLE_ARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/Storage-Items5C12978B',
    GREETING: 'from cdk.json',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_DYNAMODB: (await cli.ready()).dynamodb,
  });
  expect(layer).toBe('the layer');
});

test('two requests have two ids', async () => {
  const [first, second] = await Promise.all([echo(`${shop}/echo/1`), echo(`${shop}/echo/2`)]);
  expect(first.requestId).not.toBe(second.requestId);
});

test('the AWS SDK in a function reaches the tables without a setting', async () => {
  expect((await fetch(`${shop}/items/1`)).status).toBe(404);
  expect((await fetch(`${shop}/items/1`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'one' })).status).toBe(204);
  expect(await (await fetch(`${shop}/items/1`)).json()).toEqual({ value: 'one' });
});

test('F61: a bare result is a 200 in JSON', async () => {
  const response = await fetch(`${shop}/echo/bare`);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'application/json', '{"bare":true}']);
});

test('F62: each cookie of a result is a header of its own', async () => {
  const response = await fetch(`${shop}/echo/cookies`);
  expect(response.status).toBe(201);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.text()).toBe('ok');
});

test('F63: bytes come and go as they are', async () => {
  const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const response = await fetch(`${shop}/echo/bytes`, { method: 'POST', body });
  expect(Buffer.from(await response.arrayBuffer())).toEqual(body);
});

test.each(['throw', 'exit', 'header'])('a function that fails (%s) is a 500 of the gateway', async (how) => {
  const response = await fetch(`${shop}/echo/${how}`);
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('{"message":"Internal Server Error"}');
});

test('a function that failed serves the next request', async () => {
  await fetch(`${shop}/echo/exit`);
  expect((await fetch(`${shop}/echo/bare`)).status).toBe(200);
});

test('F20: past the integration\'s timeout the gateway answers 503 while the function goes on', async () => {
  const response = await fetch(`${shop}/slow`, { method: 'POST' });
  expect(response.status).toBe(503);
  expect(await response.text()).toBe('{"message":"Service Unavailable"}');
  await cli.until(() => cli.events.find((event) => event.event === 'log' && event.line.includes('finished after all')));
});

test('no route is a 404, and so is a path that only differs by its case', async () => {
  for (const url of [`${shop}/nothing`, `${shop}/ECHO/a`, `${shop}/`]) {
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([404, '{"message":"Not Found"}']);
  }
});

test('a path that is not UTF-8 is a 400', async () => {
  expect((await fetch(`${shop}/echo/%ff`)).status).toBe(400);
});

test('a body over 10 MB is a 413, and so is an event over what Lambda takes', async () => {
  const post = (bytes: number) => fetch(`${shop}/echo/bare`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(bytes) });
  expect((await post(10 * 1024 * 1024 + 1)).status).toBe(413);
  expect((await post(6 * 1024 * 1024)).status).toBe(413);
  expect((await post(5 * 1024 * 1024)).status).toBe(200);
});

test('a request that names the whole URL is routed by its path', async () => {
  const status = await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: new URL(shop).port, path: 'http://shop.example/echo/bare?x=1' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
  expect(status).toBe(200);
});

test('HEAD gets the headers of the answer alone', async () => {
  const response = await fetch(`${shop}/echo/bare`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '13', '']);
});

test('CORS is the gateway\'s where it is configured', async () => {
  const origin = 'https://shop.example';
  const preflight = await fetch(`${shop}/echo/bare`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('Idempotency-Key');
  const response = await fetch(`${shop}/echo/bare`, { headers: { origin } });
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  expect(response.headers.get('access-control-expose-headers')).toBe('X-Own');
});

test('a named stage stands before the path, and its API knows its own URL', async () => {
  const { event, environment } = await echo(`${admin}/beta/who`);
  expect(event).toMatchObject({ rawPath: '/beta/who', requestContext: { stage: 'beta', http: { path: '/beta/who' } } });
  expect((await echo(`${admin}/who`)).event.rawPath).toBe('/beta/who');
  expect(environment).toMatchObject({ SELF: admin, JOINED: 'us-east-1-123456789012' });
});

test('payload format 1.0 has its own event and its own answer', async () => {
  const response = await fetch(`${shop}/v1/7?a=1&a=2`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
  expect([response.status, response.headers.get('x-many'), response.headers.get('content-type')]).toEqual([200, '1, 2', 'text/plain;charset=UTF-8']);
  const { event } = (await response.json()) as Awaited<ReturnType<typeof echo>>;
  expect(event).toMatchObject({
    version: '1.0',
    resource: '/v1/{id}',
    path: '/v1/7',
    httpMethod: 'POST',
    pathParameters: { id: '7' },
    queryStringParameters: { a: '2' },
    multiValueQueryStringParameters: { a: ['1', '2'] },
    requestContext: { authorizer: { claims: null, scopes: null }, resourcePath: '/v1/{id}', stage: '$default' },
    body: 'x',
    isBase64Encoded: false,
  });
});

describe('a function URL', () => {
  test('calls its function with the path as it was sent', async () => {
    const { event } = await echo(`${open}/a%20b/c?x=1`, { method: 'POST', body: 'form=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a%20b/c',
      requestContext: { accountId: 'anonymous', stage: '$default', http: { method: 'POST', path: '/a%20b/c' } },
      isBase64Encoded: true,
    });
    expect(event.requestContext.domainName).toBe(`${event.requestContext.apiId}.lambda-url.us-east-1.on.aws`);
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  test('answers 502 for a function that failed', async () => {
    const response = await fetch(`${open}/throw`);
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
  });

  test('answers preflights where CORS is configured', async () => {
    const headers = { 'origin': 'https://shop.example', 'access-control-request-method': 'POST' };
    const response = await fetch(`${open}/`, { method: 'OPTIONS', headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });

  test('with AWS_IAM wants a signature, and says that it verifies none', async () => {
    expect((await fetch(`${signed}/`)).status).toBe(403);
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00';
    const { event } = await echo(`${signed}/`, { headers: { authorization } });
    expect(event.requestContext.accountId).toBe('123456789012');
    expect(event.requestContext.authorizer.iam).toMatchObject({ accessKey: 'AKIDEXAMPLE', userArn: 'arn:aws:iam::123456789012:user/AKIDEXAMPLE' });
    expect(cli.stderr).toContain('function URL Signed/FunctionUrl: signatures (AWS_IAM) are NOT VERIFIED here');
  });
});

describe('a JWT authorizer', () => {
  const token = (claims: unknown) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  const call = (authorization?: string) => fetch(`${shop}/jwt`, { method: 'POST', headers: authorization === undefined ? {} : { authorization } });

  test('hands the claims on as strings', async () => {
    const response = await call(`Bearer ${token({ account_id: 'acme', sub: 'u1', level: 3, groups: ['a', 'b'] })}`);
    const { event } = (await response.json()) as Awaited<ReturnType<typeof echo>>;
    expect(event.requestContext.authorizer).toEqual({ jwt: { claims: { account_id: 'acme', sub: 'u1', level: '3', groups: '[a b]' }, scopes: null } });
  });

  test.each([undefined, 'Bearer', 'Bearer abc', 'Bearer a.b.c', `Bearer ${token('text')}`])('answers 401 to %s', async (authorization) => {
    const response = await call(authorization);
    expect([response.status, await response.text()]).toEqual([401, '{"message":"Unauthorized"}']);
  });

  test('is told to verify nothing', () => {
    expect(cli.stderr).toMatch(/"JWT authorizer Store\/Jwt: tokens are NOT VERIFIED/);
  });
});

describe('a Lambda authorizer', () => {
  const post = (route: string, authorization?: string) =>
    fetch(`${shop}${route}`, { method: 'POST', headers: authorization === undefined ? {} : { authorization } });

  test('with simple answers lets through, keeps its answer and hands its context on', async () => {
    const first = (await (await post('/guarded', 'let me in')).json()) as Awaited<ReturnType<typeof echo>>;
    const second = (await (await post('/guarded', 'let me in')).json()) as Awaited<ReturnType<typeof echo>>;
    expect(first.event.requestContext.authorizer).toEqual({ lambda: { account_id: 'acme', guarded: 1 } });
    expect(second.event.requestContext.authorizer).toEqual(first.event.requestContext.authorizer);
  });

  test('with simple answers turns away', async () => {
    const response = await post('/guarded', 'please');
    expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
  });

  test('is not called without its identity source', async () => {
    expect((await post('/guarded')).status).toBe(401);
  });

  test('with policies lets through and turns away', async () => {
    const allowed = (await (await post('/policy', 'yes')).json()) as Awaited<ReturnType<typeof echo>>;
    expect(allowed.event.requestContext.authorizer).toEqual({ lambda: { role: 'buyer' } });
    expect((await post('/policy', 'no')).status).toBe(403);
  });
});

test('every request is an event, and so is every line of a log', async () => {
  await fetch(`${shop}/echo/bare?secret=1`, { method: 'DELETE' });
  const deleted = await cli.until(() => cli.events.find((event) => event.event === 'request' && event.method === 'DELETE'));
  expect(deleted).toEqual({ event: 'request', api: 'Store', method: 'DELETE', path: '/echo/bare', status: 200, outcome: 'passed', id: null, ms: expect.any(Number) });
  expect(cli.events).toContainEqual({ event: 'log', function: 'Handler', line: expect.stringContaining('handling ANY /echo/{proxy+}') });
  const rejected = await cli.until(() => cli.events.find((event) => event.event === 'request' && event.path === '/nothing'));
  expect(rejected).toMatchObject({ status: 404, outcome: 'rejected' });
});

test('what is not run is named, one line per type', () => {
  const warnings = cli.stderr.split('\n').filter((line) => line.includes('skipped: '));
  expect(warnings).toEqual([
    '{"event":"warning","message":"skipped: AWS::SQS::Queue (Orders)"}',
  ]);
});

test('a client that hangs up changes nothing: the function finishes', async () => {
  const before = cli.events.filter((event) => event.event === 'log' && event.line.includes('finished after all')).length;
  const controller = new AbortController();
  const aborted = fetch(`${shop}/slow`, { method: 'POST', signal: controller.signal }).catch((error: Error) => error.name);
  await cli.until(() => (cli.events.filter((event) => event.event === 'log' && event.line.includes('POST /slow')).length > before ? true : undefined));
  controller.abort();
  expect(await aborted).toBe('AbortError');
  await cli.until(() => (cli.events.filter((event) => event.event === 'log' && event.line.includes('finished after all')).length > before ? true : undefined));
});

describe('another start', () => {
  const assembly = path.join(user.directory, 'cdk.out');

  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s with nothing left behind', async (signal) => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--json');
    const { apis } = await own.ready();
    await fetch(`${apis[0]!.url}/echo/bare`);
    const pids = own.descendants();
    expect(pids.length).toBeGreaterThanOrEqual(2);
    own.signal(signal);
    expect(await own.exited).toEqual({ code: 0, signal: null });
    expect(pids.filter(isAlive)).toEqual([]);
  });

  /** A request that its function is busy with, and its answer. */
  const inFlight = async (route: string) => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--json');
    const url = (await own.ready()).apis[0]!.url;
    const answer = fetch(url + route).then((response) => response.text(), () => 'cut off');
    await own.until(() => own.events.find((event) => event.event === 'log'));
    return { own, url, answer };
  };

  test('answers what it has accepted before it ends', async () => {
    const { own, answer } = await inFlight('/echo/sleep');
    own.signal('SIGTERM');
    expect(await answer).toBe('{"slept":true}');
    expect((await own.exited).code).toBe(0);
  });

  test('waits for nothing after a second signal', async () => {
    const { own, url, answer } = await inFlight('/echo/long-sleep');
    const pids = own.descendants();
    own.signal('SIGINT');
    // Once it refuses connections it has heard the first signal, of which the second must not look like an echo.
    while (await fetch(`${url}/echo/bare`).then(() => true, () => false));
    await new Promise((resolve) => setTimeout(resolve, 400));
    own.signal('SIGINT');
    expect(await answer).not.toBe('{"slept":true}');
    expect((await own.exited).code).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('removes its temporary files', async () => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--json');
    await own.ready();
    await own.stop();
    await cli.stop();
    expect(user.leftovers()).toEqual([]);
    cli = user.start('local', '--assembly', assembly, '--port', '0', '--json');
    await cli.ready();
  });

  test('serves one stack and what it depends on', async () => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--stack', 'Shop', '--json');
    const { apis, tables } = await own.ready();
    expect([apis.map(({ id }) => id), tables.map(({ id }) => id)]).toEqual([['Store'], ['Items']]);
    await own.stop();
  });

  test('counts the ports upwards, and says which one is in use', async () => {
    const first = await freePort(1);
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(first + 1, '127.0.0.1', resolve));
    const own = user.start('local', '--assembly', assembly, '--port', String(first), '--json');
    expect((await own.exited).code).toBe(1);
    expect(own.stderr.trim()).toBe(`idempotent-api: port ${first + 1} is in use; give another one with --port, or --port 0 for free ports`);
    await new Promise((resolve) => blocker.close(resolve));
  });

  test('with --data finds every acknowledged item again, even after SIGKILL, and leaves no process behind', async () => {
    const start = () => user.start('local', '--assembly', assembly, '--port', '0', '--data', 'records', '--json');
    const first = start();
    const url = (await first.ready()).apis[0]!.url;
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) await fetch(`${url}/items/${id}`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: `value ${id}` });
    const pids = first.descendants();
    first.signal('SIGKILL');
    await first.exited;

    const second = start();
    const again = (await second.ready()).apis[0]!.url;
    const values = await Promise.all(ids.map(async (id) => (await fetch(`${again}/items/${id}`)).json()));
    expect(values).toEqual(ids.map((id) => ({ value: `value ${id}` })));
    await second.stop();
    await gone(pids);
  });

  test('ends with a clear line when its DynamoDB does', async () => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--json');
    await own.ready();
    const pids = own.descendants();
    process.kill(pids.find((pid) => commandOf(pid).includes('dynoxide'))!, 'SIGKILL');
    expect((await own.exited).code).toBe(1);
    expect(own.stderr).toMatch(/^idempotent-api: the embedded DynamoDB has ended: /m);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('without --data starts empty', async () => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--json');
    expect((await fetch(`${(await own.ready()).apis[0]!.url}/items/1`)).status).toBe(404);
    await own.stop();
  });

  test('speaks to people without --json', async () => {
    const own = user.start('local', '--assembly', assembly, '--port', '0', '--stack', 'Admin');
    const url = await own.until(() => /^ready AdminApi http (http:\/\/127\.0\.0\.1:\d+)$/m.exec(own.stdout)?.[1]);
    await fetch(`${url}/who`);
    await own.until(() => /^request AdminApi GET \/who 200 passed \d+ ms$/m.exec(own.stdout)?.[0]);
    expect(own.stdout).toMatch(/^log Who .*handling GET \/who/m);
    await own.stop();
  });
});

describe('a start that cannot succeed says so in one line', () => {
  test.each([
    ['an unknown command', ['lcoal'], 2, 'idempotent-api: unknown command "lcoal"'],
    ['an unknown flag', ['local', '--prot', '1'], 2, 'idempotent-api: unknown flag --prot'],
    ['no source', ['local'], 2, 'idempotent-api: nothing to run'],
    ['a missing assembly', ['local', '--assembly', 'missing'], 1, 'idempotent-api: the assembly "'],
    ['a folder that is no assembly', ['local', '--assembly', '.'], 1, 'holds no manifest.json'],
    ['an unknown stack', ['local', '--assembly', 'cdk.out', '--stack', 'Shpo'], 1, 'idempotent-api: --stack "Shpo" is not in the assembly; its stacks are: Storage, Shop, Admin, Direct'],
    ['a stack without an API', ['local', '--assembly', 'cdk.out', '--stack', 'Storage'], 1, 'idempotent-api: the stack "Storage" has no API to serve'],
    ['a DynamoDB that is not there', ['local', '--assembly', 'cdk.out', '--port', '0', '--dynamodb-endpoint', 'http://127.0.0.1:1'], 1, 'cannot be created at http://127.0.0.1:1'],
    ['too few ports', ['local', '--assembly', 'cdk.out', '--port', '65534'], 2, 'idempotent-api: --port 65534 leaves too few ports for 4 APIs'],
    ['data where no folder can be', ['local', '--assembly', 'cdk.out', '--port', '0', '--data', 'cdk.json/x'], 1, 'idempotent-api: --data "'],
  ])('%s', async (_, argv, code, said) => {
    const own = user.start(...argv);
    expect((await own.exited).code).toBe(code);
    expect(own.stderr).toContain(said);
    expect(own.stderr.trim().split('\n').filter((line) => !line.startsWith('warning: '))).toHaveLength(1);
    expect(own.stdout).toBe('');
  });

  test('an app that fails to synthesize: its own output and exit status', async () => {
    const own = user.start('local', '--app', 'echo "the app says why" >&2; exit 7');
    expect((await own.exited).code).toBe(7);
    expect(own.stderr).toMatch(/^the app says why\nidempotent-api: --app "echo .*" failed with exit status 7; its own output is above\n$/);
  });

  test('an app that writes nothing, though an earlier one did', async () => {
    const own = user.start('local', '--app', 'true');
    expect((await own.exited).code).toBe(1);
    expect(own.stderr).toContain('--app "true" ended without writing an assembly');
  });

  test('a stop while the app synthesizes ends the app too', async () => {
    const own = user.start('local', '--app', 'echo started >&2; sleep 600');
    await own.until(() => own.stderr.includes('started') || undefined);
    const pids = own.descendants();
    own.signal('SIGTERM');
    expect((await own.exited).code).toBe(0);
    await gone(pids);
  });
});
