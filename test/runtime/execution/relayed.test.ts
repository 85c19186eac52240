/** The relay by the table of what an Invoke may end with, before a Lambda that answers as it is told. */
import fc from 'fast-check';
import { LambdaInvoker } from '../../../runtime/aws/lambda-invoke';
import { relayed } from '../../../runtime/execution/relayed';
import { withWrittenDigits } from '../../../runtime/execution/written-digits';
import { wrap, systemHost } from '../../../runtime/idempotent';
import { isReadable } from '../../../runtime/protocol/record';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { Claim, IdempotencyStore } from '../../../runtime/stores/store';
import { httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { systemClock, type Clock, type EpochMillis } from '../../../runtime/time';
import { CREDENTIALS, startService, type ServiceReply, type TestService } from '../../support/aws-service';
import { seen } from '../../support/fronts';
import { observed } from '../../support/quiet';

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:pay:live';
/** What the target may take, in milliseconds. */
const LONGEST = 40_000;

let lambda: TestService;
beforeEach(async () => {
  lambda = await startService();
});
afterEach(() => lambda.stop());

const event = (headers: Record<string, string> = { 'Idempotency-Key': 'payment-1' }) => httpApiEvent({ headers, body: 'amount=1' });
const context = (ms = 20_000) => {
  const end = Date.now() + ms;
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => end - Date.now() };
};

function relay(options: object = {}, { durable = false, python = false, leastLeaseSeconds = 43, claimTakes = 0 } = {}) {
  const { logger, metrics, lines } = observed();
  const memory = new MemoryStore();
  const claims: Claim[] = [];
  const store: IdempotencyStore = {
    limits: memory.limits,
    claim: async (claim) => {
      claims.push(claim);
      await new Promise((resolve) => setTimeout(resolve, claimTakes));
      return memory.claim(claim);
    },
    complete: (completion) => memory.complete(completion),
    release: (release) => memory.release(release),
    read: (id) => memory.read(id),
  };
  let ahead = 0;
  const clock: Clock = {
    now: () => (systemClock.now() + ahead) as EpochMillis,
    monotonic: () => systemClock.monotonic(),
    sleep: (...given) => systemClock.sleep(...given),
  };
  const invoker = new LambdaInvoker('eu-west-1', { ...CREDENTIALS, AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint });
  const handler = wrap(
    relayed({ arn: ARN, durable, python, longest: LONGEST }, (request) => invoker.invoke(request), () => 0),
    { store, logger, metrics, ...options },
    { ...systemHost, clock, leastLeaseSeconds },
    {},
  ) as (event: unknown, context: unknown) => Promise<unknown>;
  const status = async () => {
    const record = await memory.read(claims.at(-1)!.id);
    return record !== undefined && isReadable(record) ? record.status : undefined;
  };
  const wait = (ms: number): void => {
    ahead += ms;
  };
  return { handler, claims, status, lines, wait };
}

const answer = (reply: ServiceReply): void => void (lambda.reply = () => reply);
const failed = (errorType: string | undefined, errorMessage = 'failed'): ServiceReply =>
  ({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify({ errorType, errorMessage }) });
const refused = (status: number, type: string): ServiceReply => ({ status, headers: { 'x-amzn-errortype': type }, body: '{}' });
const PAID: ServiceReply = { status: 200, body: '{"statusCode":201,"headers":{},"body":"paid"}' };

test('F163: a payload is the response, and is recorded', async () => {
  answer(PAID);
  const { handler, status } = relay();
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 201, body: 'paid' });
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 201, body: 'paid', headers: { 'x-idempotent-replay': 'true' } });
  expect([await status(), lambda.received.length]).toEqual(['C', 1]);
});

test('F163: the target gets the event as it is, and what it may know of its execution', async () => {
  answer(PAID);
  const { handler, claims } = relay();
  const sent = event();
  await handler(sent, context());
  const { requestContext: { idempotency, ...requestContext }, ...rest } = JSON.parse(lambda.received[0]!.body.toString());
  expect({ ...rest, requestContext }).toEqual(JSON.parse(JSON.stringify(sent)));
  expect(idempotency).toEqual({
    id: claims[0]!.id,
    attempt: 1,
    isTakeover: false,
    leaseExpiresAt: new Date(claims[0]!.leaseEnd).toISOString(),
    key: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(decodeURIComponent(lambda.received[0]!.path)).toContain(ARN);
});

test.each([
  ['{"id": 12345678901234567890, "amount": 1.10, "of": "Zo\\u00eb", "and": "a: \\"b\\" "}', '{"id":12345678901234567890,"amount":1.10,"of":"Zo\\u00eb","and":"a: \\"b\\" "}'],
  ['[1e3, 0.1000000000000000055511151231257827]', '[1e3,0.1000000000000000055511151231257827]'],
  ['9007199254740993', '9007199254740993'],
])('F205: a bare result keeps the digits that its function wrote (%s)', async (written, expected) => {
  answer({ status: 200, body: written });
  const { handler } = relay();
  const headers = { 'content-type': 'application/json' };
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 200, headers, body: expected });
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 200, headers: { ...headers, 'x-idempotent-replay': 'true' }, body: expected });
  expect(seen(await handler(event({}), context()))).toMatchObject({ statusCode: 200, headers, body: expected });
});

test('F205: so does one as large as Lambda passes on', async () => {
  const long = 'x\\"'.repeat(1_500_000);
  answer({ status: 200, body: `{"id": 12345678901234567890, "long": "${long}"}` });
  const { handler } = relay({ storeResponse: [500] });
  expect(seen(await handler(event(), context())).body === `{"id":12345678901234567890,"long":"${long}"}`).toBe(true);
});

test.each([
  ['{"statusCode": 201, "body": {"id": 12345678901234567890, "amount": 1.10, "of": "Zo\\u00eb", "and": ["a: \\"b\\" ", -1E3]}}', '{"id":12345678901234567890,"amount":1.10,"of":"Zo\\u00eb","and":["a: \\"b\\" ",-1E3]}'],
  ['{"body": [9007199254740993 , {"body": 0.10}], "statusCode": 201, "headers": {"body": "no"}, "isBase64Encoded": false}', '[9007199254740993,{"body":0.10}]'],
  ['{"statusCode": 201, "body": 9007199254740993 , "cookies": ["a=1"]}', '9007199254740993'],
  ['{"headers": {"x": "\\"body\\": {"}, "statusCode": 201, "\\u0062ody" : {"id": 9007199254740993}}', '{"id":9007199254740993}'],
  ['{"statusCode": 201, "body": {"id": 1}, "body": {"id": 9007199254740993}}', '{"id":9007199254740993}'],
  ['{"statusCode": 201, "body": null}', ''],
  ['{"statusCode": 201, "body": "{\\"id\\": 1.10}"}', '{"id": 1.10}'],
])('F211: the body of a response keeps the digits that its function wrote (%s)', async (written, expected) => {
  answer({ status: 200, body: written });
  const { handler } = relay();
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 201, body: expected });
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 201, headers: { 'x-idempotent-replay': 'true' }, body: expected });
});

test.each([
  ['an HTTP API', httpApiEvent, '{"statusCode": 201, "headers": {"X-Payment": 12345678901234567890, "X-Rate": 1.10, "X-Of": "a 1"}, "body": "paid"}'],
  ['a REST API', restApiEvent, '{"statusCode": 201, "headers": {"X-Payment": 12345678901234567890}, "multiValueHeaders": {"X-Rate": [1.10], "X-Of": ["a 1"]}, "body": "paid"}'],
])('F211: so does a header’s value, behind %s', async (_, gateway, written) => {
  answer({ status: 200, body: written });
  const { handler } = relay();
  const sent = () => gateway({ headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
  const expected = { statusCode: 201, headers: { 'x-payment': '12345678901234567890', 'x-rate': '1.10', 'x-of': 'a 1' }, body: 'paid' };
  expect(seen(await handler(sent(), context()))).toMatchObject(expected);
  expect(seen(await handler(sent(), context()))).toMatchObject({ ...expected, headers: { ...expected.headers, 'x-idempotent-replay': 'true' } });
});

test.each([
  ['a bare result', (json: string) => json],
  ['an object for a body', (json: string) => `{"statusCode":200,"headers":{"content-type":"application/json"},"body":${json}}`],
])('F190: %s of megabytes, which is longer as the text of a body, is passed on by Lambda, first and replayed, digit by digit', async (_, written) => {
  const rows = JSON.stringify(Array.from({ length: 120_000 }, (__, n) => ({ sku: `s${n}`, name: 'ü"', quantity: 1 })));
  const digits = `[12345678901234567890${',[""]'.repeat(900_000)}]`;
  for (const json of [rows, digits]) {
    answer({ status: 200, body: written(json) });
    const { handler } = relay();
    for (const __ of ['first', 'replay']) {
      const result = await handler(event(), context()) as { readonly body: unknown; readonly isBase64Encoded?: boolean };
      expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(6_291_556);
      const sent = result.isBase64Encoded === true ? Buffer.from(String(result.body), 'base64').toString() : JSON.stringify(result.body);
      expect(sent === json).toBe(true);
    }
  }
});

test('F211: what answers no HTTP request stays as it is', async () => {
  answer({ status: 200, body: '{"statusCode": 201, "headers": {"count": 7}, "body": {"id": 1}}' });
  const { handler } = relay();
  expect(await handler({ Records: [{ eventSource: 'aws:sqs' }] }, context())).toEqual({ statusCode: 201, headers: { count: 7 }, body: { id: 1 } });
});

test('F211: whatever JSON a body is, and whatever stands beside it, it is the body, without white space', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom('', ' ', '\n\t'), (body, before, after, space) => {
    const { body: _, ...others } = after;
    const result = { statusCode: 200, ...before, body, ...others };
    const plain = JSON.parse(JSON.stringify(body));
    expect(withWrittenDigits(JSON.stringify(result, undefined, space), JSON.parse(JSON.stringify(result)), true))
      .toMatchObject({ body: typeof plain === 'number' || (typeof plain === 'object' && plain !== null) ? JSON.stringify(plain) : plain });
  }));
});

test('F163: the lease is as long as the target may go on, whatever is left of the relay’s own time', async () => {
  answer(PAID);
  const { handler, claims } = relay({ processingTimeoutSeconds: 1 });
  await handler(event(), context(5_000));
  expect(claims[0]!.leaseEnd - claims[0]!.now).toBe(43_000);
});

test('F192: a target that might go on for longer than the lease, because the claim took so long, is not invoked', async () => {
  answer(PAID);
  const { handler, status } = relay({}, { leastLeaseSeconds: 40.05, claimTakes: 100 });
  expect(seen(await handler(event(), context())).statusCode).toBe(503);
  expect([await status(), lambda.received.length]).toEqual(['R', 0]);
});

const executionNames = () => lambda.received.map(({ headers }) => headers['x-amz-durable-execution-name']);

test('F163: a durable function’s execution bears the record’s id', async () => {
  answer(PAID);
  const { handler, claims } = relay({}, { durable: true });
  await handler(event(), context());
  expect(executionNames()).toEqual([claims[0]!.id]);
});

test('F207: a durable execution that asked for a retry is followed by another one, of another name', async () => {
  lambda.reply = (number) => (number === 1 ? failed('RetryableError') : PAID);
  const { handler, claims, status } = relay({}, { durable: true });
  await expect(handler(event(), context())).rejects.toThrow('failed');
  expect(seen(await handler(event(), context())).statusCode).toBe(201);
  const { id } = claims[0]!;
  expect([executionNames(), await status()]).toEqual([[id, `${id}-2`], 'C']);
});

test('F207: a takeover asks for the durable execution that may be running still, so that there is no second one', async () => {
  lambda.reply = (number) => (number === 1 ? failed('Sandbox.Timedout') : refused(409, 'DurableExecutionAlreadyStartedException'));
  const { handler, claims, status, wait } = relay({}, { durable: true });
  await expect(handler(event(), context())).rejects.toMatchObject({ code: 'IDEMPOTENCY_INVOKE_FAILED' });
  wait(60_000);
  await expect(handler(event(), context())).rejects.toThrow(/an execution of this key was begun before/);
  const { id } = claims[0]!;
  expect([executionNames(), await status()]).toEqual([[id, id], 'P']);
});

test('F163: a FunctionError of the handler’s own is a throw, recorded', async () => {
  answer(failed('DeclinedError', 'no money'));
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ name: 'DeclinedError', message: 'no money' });
  expect(await status()).toBe('C');
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 500, headers: { 'x-idempotent-replay': 'true' } });
  expect(lambda.received).toHaveLength(1);
});

test('F163: or released, where that is chosen, and always where it is a RetryableError', async () => {
  answer(failed('DeclinedError'));
  const choosing = relay({ thrownErrors: 'release' });
  await expect(choosing.handler(event(), context())).rejects.toThrow('failed');
  answer(failed('RetryableError'));
  const always = relay();
  await expect(always.handler(event(), context())).rejects.toThrow('failed');
  expect([await choosing.status(), await always.status()]).toEqual(['R', 'R']);
});

test.each([
  'com.acme.payments.RetryableError', // Java
  'com.acme.Payments$RetryableError',
  'Function<RetryableError>', // Ruby
  'Function<Payments::RetryableError>',
  'payments::RetryableError', // Rust
])('F198: a RetryableError is one by whatever name a runtime calls it (%s)', async (errorType) => {
  answer(failed(errorType));
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toThrow('failed');
  expect(await status()).toBe('R');
});

test.each(['NotRetryableError', 'RetryableErrors', 'com.acme.RetryableError.Cause', 'com.acme.RetryableErrorException'])(
  'F198: what is called %s is another error, and recorded', async (errorType) => {
    answer(failed(errorType));
    const { handler, status } = relay();
    await expect(handler(event(), context())).rejects.toThrow('failed');
    expect(await status()).toBe('C');
  });

/** As Python's runtime tells of an error: what it could not load was in no invocation. */
const inPython = (errorType: string, requestId: string): ServiceReply => ({
  status: 200,
  headers: { 'x-amz-function-error': 'Unhandled' },
  body: JSON.stringify({ errorMessage: "'STRIPE_KEY'", errorType, requestId, stackTrace: ['  File "/var/task/app.py", line 3, in <module>'] }),
});

/** As Ruby's runtime tells of an error, whether of its loading or of an invocation. */
const inRuby = (errorType: string, stackTrace: unknown = ["/var/task/app.rb:3:in 'fetch'"]): ServiceReply => ({
  status: 200,
  headers: { 'x-amz-function-error': 'Unhandled' },
  body: JSON.stringify({ errorMessage: 'key not found: "STRIPE_KEY"', errorType, stackTrace }),
});

test.each<[string, ServiceReply]>([
  ['that is not there', failed('Runtime.ImportModuleError', "Unable to import module 'app'")],
  ['with a syntax error', failed('Runtime.UserCodeSyntaxError')],
  ['without the handler', failed('Runtime.HandlerNotFound')],
  ['under no name', failed('Runtime.MalformedHandlerName')],
  ['of a built-in’s name', failed('Runtime.BuiltInModuleConflict')],
  ['without a program', failed('Runtime.InvalidEntrypoint')],
  ['that throws as it is loaded, in Python', inPython('KeyError', '')],
  ['that throws as it is loaded, in Ruby', inRuby('Init<KeyError>')],
  ['that throws an error of its own as it is loaded, in Ruby', inRuby('Init<Payments::Config_2::Missing>', [])],
])('F199: code %s has not run: the key is released and the caller told 503, with a line in the log', async (_, reply) => {
  answer(reply);
  const { handler, status, lines } = relay({}, { python: true });
  expect(seen(await handler(event(), context())).statusCode).toBe(503);
  expect([await status(), lines.filter(({ level }) => level === 'error').length, lambda.received.length]).toEqual(['R', 1, 1]);
});

test('F222: an error that names no request is of a handler that has run, where the target is not known to be Python', async () => {
  answer(inPython('KeyError', ''));
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ name: 'KeyError' });
  expect(await status()).toBe('C');
});

test.each<[string, ServiceReply]>([
  ['by a name of its own', inRuby('Init<int>')],
  ['by a name with another’s in it', inRuby('Init<Vec<KeyError>>')],
  ['and a name without a module', inRuby('Init<Payments::>')],
  ['and goes on', inRuby('Init<KeyError>.Refused')],
  ['without a stack trace', failed('Init<KeyError>')],
  ['with a stack trace that is none', inRuby('Init<KeyError>', 'app.rb:3')],
])('F179: what a runtime calls Init %s, in another way than Ruby’s, is an error of a handler that has run', async (_, reply) => {
  answer(reply);
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ name: expect.stringContaining('Init<') });
  expect(await status()).toBe('C');
});

test('F199: what a Python handler raises within an invocation is a throw', async () => {
  answer(inPython('KeyError', 'request-2'));
  const { handler, status } = relay({}, { python: true });
  await expect(handler(event(), context())).rejects.toMatchObject({ name: 'KeyError' });
  expect(await status()).toBe('C');
});

test.each(['Runtime.ExitError', 'Sandbox.Timedout'])('F199: %s may be of the loading or of the handler: the lease decides', async (errorType) => {
  answer(failed(errorType));
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ code: 'IDEMPOTENCY_INVOKE_FAILED' });
  expect(await status()).toBe('P');
});

/** Lambda's quota for a synchronous request, in bytes. */
const QUOTA = 6_291_456;

test('F204: an event that Lambda passed on to the relay, and would not pass on with what the relay adds, is not sent: 503, and the key is free', async () => {
  answer(PAID);
  const empty = { ...event(), body: '' };
  const large = { ...empty, body: 'é'.repeat((QUOTA - Buffer.byteLength(JSON.stringify(empty)) - 2) / 2) };
  expect(Buffer.byteLength(JSON.stringify(large))).toBeLessThan(QUOTA);
  const { handler, status, lines } = relay();
  const answered = seen(await handler(large, context()));
  expect([answered.statusCode, await status(), lambda.received.length]).toEqual([503, 'R', 0]);
  expect(JSON.stringify(lines)).toMatch(/would be \d+ bytes with what the relay adds, and Lambda passes on 6291456/);
});

test('F204: one that is as large as it may be is sent', async () => {
  answer(PAID);
  const { handler, status } = relay();
  const large = { ...event(), body: 'x'.repeat(QUOTA - 4096) };
  expect(seen(await handler(large, context())).statusCode).toBe(201);
  expect(await status()).toBe('C');
  expect(lambda.received[0]!.body.length).toBeGreaterThan(QUOTA - 4096);
});

test.each<[string, ServiceReply]>([
  ['what is no JSON', { status: 200, body: '{"statusCode":201,"amount":NaN}' }],
  ['what Python’s runtime cannot put in JSON', failed('Runtime.MarshalError')],
  ['what Node.js’ runtime cannot put in JSON', failed('Runtime.JSONStringifyError')],
  ['what Ruby’s runtime cannot read or send', failed('Runtime<IOError>')],
  ['more than Lambda passes on', failed('Function.ResponseSizeTooLarge')],
])('F191: a target that returned %s has run: the gateway’s error, recorded whatever is released', async (_, reply) => {
  answer(reply);
  const { handler, status } = relay({ thrownErrors: 'release', storeResponse: 'definitive' });
  await expect(handler(event(), context())).rejects.toMatchObject({ code: 'IDEMPOTENCY_INVOKE_FAILED' });
  expect(await status()).toBe('C');
  expect(seen(await handler(event(), context()))).toMatchObject({ statusCode: 500, headers: { 'x-idempotent-replay': 'true' } });
  expect(lambda.received).toHaveLength(1);
});

test('F191: of an error as large as Lambda passes on, the relay hands on a beginning', async () => {
  answer(failed('DeclinedError', 'x'.repeat(5_000_000)));
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ name: 'DeclinedError', message: expect.stringMatching(/^x{1000}…$/) });
  expect(await status()).toBe('C');
});

test.each([[{ toString: 1 }], [['RetryableError']], [7]])('F191: an error whose type and message are no text (%j) is the target’s own: a throw', async (odd) => {
  answer(failed(odd as never, odd as never));
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ name: 'Error', message: '' });
  expect(await status()).toBe('C');
});

test('F191: an error document that is no JSON is the target’s own: a throw', async () => {
  answer({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: 'out of paper' });
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toThrow('out of paper');
  expect(await status()).toBe('C');
});

test.each([
  ['a time-out', failed('Sandbox.Timedout', '2026-11-25T00:00:00Z x Task timed out after 3.00 seconds')],
  ['a time-out of an older runtime', failed(undefined, '2026-11-25T00:00:00Z x Task timed out after 3.00 seconds')],
  ['an exit', failed('Runtime.ExitError')],
  ['too little memory', failed('Runtime.OutOfMemory')],
])('F163: %s of the sandbox is a crash: the gateway’s error, nothing recorded, the lease decides', async (_, reply) => {
  answer(reply);
  const { handler, status } = relay();
  await expect(handler(event(), context())).rejects.toMatchObject({ code: 'IDEMPOTENCY_INVOKE_FAILED' });
  expect(await status()).toBe('P');
  expect(seen(await handler(event(), context())).statusCode).toBe(409);
  expect(lambda.received).toHaveLength(1);
});

test.each([
  ['429', refused(429, 'TooManyRequestsException')],
  ['a set-up that failed', refused(502, 'ENILimitReachedException')],
  ['a file system that was not mounted', refused(408, 'EFSMountTimeoutException')],
  ['a snapshot that is not ready', refused(409, 'SnapStartNotReadyException')],
])('F163: after %s it is sent again, and then runs once', async (_, reply) => {
  lambda.reply = (number) => (number === 1 ? reply : PAID);
  const { handler, status } = relay();
  expect(seen(await handler(event(), context())).statusCode).toBe(201);
  expect([lambda.received.length, await status()]).toEqual([2, 'C']);
});

test.each([
  ['429 to the end', refused(429, 'TooManyRequestsException')],
  ['a set-up that fails to the end', refused(502, 'ENILimitReachedException')],
  ['a file system that is not mounted to the end', refused(408, 'EFSMountConnectivityException')],
  ['400', refused(400, 'InvalidRequestContentException')],
  ['403', refused(403, 'AccessDeniedException')],
  ['404', refused(404, 'ResourceNotFoundException')],
  ['413', refused(413, 'RequestTooLargeException')],
])('F163: after %s the key is released and the caller told 503, with a line in the log', async (_, reply) => {
  answer(reply);
  const { handler, status, lines } = relay();
  expect(seen(await handler(event(), context())).statusCode).toBe(503);
  expect([await status(), lines.filter(({ level }) => level === 'error').length]).toEqual(['R', 1]);
});

test('F163: so it is where no connection comes about', async () => {
  const { handler, status } = relay();
  await lambda.stop();
  expect(seen(await handler(event(), context())).statusCode).toBe(503);
  expect(await status()).toBe('R');
  lambda = await startService();
});

test.each<[string, ServiceReply]>([
  ['500', refused(500, 'ServiceException')],
  ['a 502 of another kind', refused(502, 'BadGateway')],
  ['a file system that failed, maybe under the handler', refused(410, 'EFSIOException')],
  ['the same as a 502', refused(502, 'EFSIOException')],
  ['409', refused(409, 'ResourceConflictException')],
  ['a reset', 'cut'],
  ['no answer in time', 'hang'],
])('F163: after %s nobody knows: the gateway’s error, nothing recorded, not sent again, the lease decides', async (_, reply) => {
  answer(reply);
  const { handler, status } = relay();
  await expect(handler(event(), context(reply === 'hang' ? 1_200 : 20_000))).rejects.toMatchObject({ code: 'IDEMPOTENCY_INVOKE_FAILED' });
  expect([await status(), lambda.received.length]).toEqual(['P', 1]);
});

test.each([['a request without a key', event({})], ['an event that is no HTTP request', { Records: [{ eventSource: 'aws:sqs' }] }]])(
  'F163: %s is relayed as it is', async (_, given) => {
    answer(PAID);
    const { handler, claims } = relay();
    expect(await handler(given, context())).toEqual({ statusCode: 201, headers: {}, body: 'paid' });
    expect(JSON.parse(lambda.received[0]!.body.toString())).toEqual(JSON.parse(JSON.stringify(given)));
    expect(claims).toEqual([]);
  });
