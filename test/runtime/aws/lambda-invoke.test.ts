import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { LambdaInvoker } from '../../../runtime/aws/lambda-invoke';
import { CREDENTIALS, expectedSignature, signatureOf, startService, type TestService } from '../../support/aws-service';
import { freePort } from '../../support/ports';

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:pay:live';

let service: TestService;
beforeEach(async () => {
  service = await startService();
});
afterEach(() => service.stop());

const invoker = (endpoint = service.endpoint) => new LambdaInvoker('eu-west-1', { ...CREDENTIALS, AWS_ENDPOINT_URL_LAMBDA: endpoint, _X_AMZN_TRACE_ID: 'Root=1-2-3' });
const invoke = (limit = 5_000, begin = 5_000) => invoker().invoke({ functionName: ARN, payload: '{"version":"2.0"}', begin, limit });
const failure = (promise: Promise<unknown>): Promise<object> => promise.then(() => { throw new Error('it did not fail'); }, (error: object) => error);

test('an invocation is signed, waits for its end, and gives what the function returned', async () => {
  service.reply = () => ({ status: 200, headers: { 'x-amz-executed-version': '3' }, body: '{"statusCode":201}' });
  const reply = await invoke();
  expect(reply).toEqual({ status: 200, payload: Buffer.from('{"statusCode":201}') });
  const [request] = service.received;
  expect(request).toMatchObject({ method: 'POST', path: `/2015-03-31/functions/${encodeURIComponent(ARN)}/invocations` });
  expect(request!.headers).toMatchObject({ 'x-amz-invocation-type': 'RequestResponse', 'x-amzn-trace-id': 'Root=1-2-3', 'content-type': 'application/json' });
  expect(request!.body.toString()).toBe('{"version":"2.0"}');
  expect(request!.headers.authorization).not.toContain('x-amzn-trace-id');
  expect(signatureOf(request!)).toBe(expectedSignature({ ...request!, path: request!.path.replaceAll('%', '%25') }));
});

test('how a function failed is told', async () => {
  service.reply = () => ({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"errorType":"Sandbox.Timedout"}' });
  expect(await invoke()).toMatchObject({ status: 200, functionError: 'Unhandled' });
});

test('a refusal is told by its status and name', async () => {
  service.reply = () => ({ status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: '{"Type":"User"}' });
  expect(await invoke()).toMatchObject({ status: 404, code: 'ResourceNotFoundException' });
  expect(service.received).toHaveLength(1);
});

describe('whether the function may have run', () => {
  test.each([
    ['a failing service', { status: 500 } as const, { status: 500 }],
    ['a cut connection', 'cut' as const, { code: 'ECONNRESET' }],
  ])('after %s nobody knows, and it is not invoked again', async (_, reply, error) => {
    service.reply = () => reply;
    expect(await failure(invoke())).toMatchObject({ ...error, mayHaveTakenEffect: true });
    expect(service.received).toHaveLength(1);
  });

  test('nor while it has not answered', async () => {
    service.reply = () => 'hang';
    expect(await failure(invoke(100))).toMatchObject({ code: 'ETIMEDOUT', mayHaveTakenEffect: true });
    expect(service.received).toHaveLength(1);
  });

  test('a throttled one has not, and is invoked again', async () => {
    service.reply = (number) => (number === 1 ? { status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' } } : { status: 200, body: '1' });
    expect(await invoke()).toMatchObject({ status: 200 });
    service.reply = () => ({ status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' } });
    expect(await failure(invoke())).toMatchObject({ status: 429, code: 'TooManyRequestsException', mayHaveTakenEffect: false });
  });

  test('where nobody listens it has not', async () => {
    const error = await failure(invoker(`http://127.0.0.1:${await freePort()}`).invoke({ functionName: 'pay', payload: '{}', begin: 1_000, limit: 1_000 }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', mayHaveTakenEffect: false });
  });
});

/** What the system has set up for the connections to a port, as it tells: by `/proc/net/tcp`, a timer for probes is a `02` and hundredths of a second. */
function probesIn(port: number): readonly number[] {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((row) => row.trim().split(/\s+/));
  return rows.filter((row) => row[2] === remote && row[5]?.startsWith('02:')).map((row) => parseInt(row[5]!.slice(3), 16) / 100);
}

test('F221: an invocation whose answer takes longer than a network keeps silent connections probes its own before that', async () => {
  const received = new Promise<void>((resolve) => {
    service.reply = () => {
      resolve();
      return 'hang';
    };
  });
  const answer = failure(invoke(3_600_000));
  await received;
  const port = Number(new URL(service.endpoint).port);
  // While what was sent is not acknowledged, the connection has another timer.
  while (probesIn(port).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const seconds of probesIn(port)) expect(seconds).toBeLessThanOrEqual(60);
  service.disconnect();
  expect(await answer).toMatchObject({ mayHaveTakenEffect: true });
});

describe('F192: an invocation has to be on its way within its time, and is not sent later', () => {
  test('where it would have to be sent again', async () => {
    service.reply = () => ({ status: 429, headers: { 'x-amzn-errortype': 'TooManyRequestsException' } });
    expect(await failure(invoke(3_600_000, 40))).toMatchObject({ status: 429, mayHaveTakenEffect: false });
    expect(service.received).toHaveLength(1);
  });

  test('where its connection takes longer', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    // Its handshake never ends.
    const one = invoker(`https://127.0.0.1:${port}`);
    expect(await failure(one.invoke({ functionName: ARN, payload: '{}', begin: 50, limit: 3_600_000 }))).toMatchObject({ mayHaveTakenEffect: false });
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => silent.close(resolve));
  });

  test('and once it is, its answer is waited for', async () => {
    const slow = createHttpServer((_, response) => void setTimeout(() => response.end('1'), 1_200));
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const { port } = slow.address() as AddressInfo;
    const one = invoker(`http://127.0.0.1:${port}`);
    expect(await one.invoke({ functionName: ARN, payload: '{}', begin: 1_000, limit: 60_000 })).toMatchObject({ status: 200 });
    await new Promise((resolve) => slow.close(resolve));
  });
});

test('each invocation has a connection of its own: one that was idle might be reset, and nobody could tell when', async () => {
  service.reply = () => ({ status: 200, body: '1' });
  const one = invoker();
  for (let round = 0; round < 3; round++) await one.invoke({ functionName: 'pay', payload: '{}', begin: 1_000, limit: 1_000 });
  expect(service.connections()).toBe(3);
});
