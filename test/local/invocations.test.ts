import { startInvocations, type InvokeReference } from '../../local/aws/invocations';
import type { LocalService } from '../../local/aws/service';
import { deferred } from '../../local/lambda/deferred';
import type { InvocationRequest, InvocationResult } from '../../local/lambda/local-function';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:pay';

let service: LocalService;
let asked: InvokeReference[];
let ran: InvocationRequest[];
let result: InvocationResult;

beforeEach(async () => {
  asked = [];
  ran = [];
  result = { kind: 'returned', payload: { a: 1 }, body: Buffer.from('{ "a" : 1 }') };
  service = await startInvocations((reference) => {
    asked.push(reference);
    if (reference.name === 'image') return { absent: 'the function Image does not run locally: container images are not run' };
    if (reference.name !== 'pay') return undefined;
    return {
      arn: ARN,
      timeoutSeconds: 3,
      run: async (request) => {
        ran.push(request);
        return result;
      },
    };
  });
});
afterEach(() => service.stop());

interface Sent { readonly headers?: Record<string, string>; readonly body?: string; readonly query?: string }

const invoke = async (name: string, init: Sent = {}) => {
  const response = await fetch(`${service.endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations${init.query ?? ''}`, {
    method: 'POST', headers: init.headers ?? {}, ...(init.body === undefined ? {} : { body: init.body }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
};
const asJson = ({ body }: { readonly body: string }) => JSON.parse(body) as unknown;

test('a result comes byte for byte, with its request\'s id and the version', async () => {
  const { status, headers, body } = await invoke('pay', { body: '{"amount":12345678901234567890}' });
  expect([status, body]).toEqual([200, '{ "a" : 1 }']);
  expect(headers.get('x-amz-executed-version')).toBe('$LATEST');
  expect(headers.get('x-amz-function-error')).toBeNull();
  expect(ran).toEqual([{ requestId: headers.get('x-amzn-requestid'), event: '{"amount":12345678901234567890}', functionArn: ARN, refusesToWait: true, signal: expect.any(AbortSignal) }]);
});

/** Of an invocation that stays in the queue until its signal fires. */
const throttledWhenGivenUp = (request: InvocationRequest) => new Promise<InvocationResult>((resolve) => {
  request.signal!.addEventListener('abort', () => resolve({ kind: 'throttled' }));
});

test('F206: what queues is given up once its caller is gone', async () => {
  await service.stop();
  const arrived = deferred<InvocationRequest>();
  const given = deferred<InvocationResult>();
  service = await startInvocations(() => ({
    arn: ARN,
    timeoutSeconds: 3,
    run: (request) => {
      arrived.resolve(request);
      void throttledWhenGivenUp(request).then(given.resolve);
      return given.promise;
    },
  }), { longestWait: 3_600_000 });
  const caller = new AbortController();
  const answer = fetch(`${service.endpoint}/2015-03-31/functions/pay/invocations`, { method: 'POST', signal: caller.signal });
  expect((await arrived.promise).signal!.aborted).toBe(false);
  caller.abort();
  await expect(answer).rejects.toThrow('aborted');
  expect(await given.promise).toEqual({ kind: 'throttled' });
});

test('F206: what would queue for long is throttled, since on Lambda nothing queues', async () => {
  await service.stop();
  service = await startInvocations(() => ({ arn: ARN, timeoutSeconds: 3, run: throttledWhenGivenUp }), { longestWait: 1 });
  expect(await invoke('pay')).toMatchObject({ status: 429 });
});

test('no payload is an empty object, as in Lambda', async () => {
  await invoke('pay');
  expect(ran[0]!.event).toBe('{}');
});

test.each<[string, string, InvokeReference]>([
  ['pay', '', { name: 'pay' }],
  ['pay:live', '', { name: 'pay', qualifier: 'live' }],
  ['pay', '?Qualifier=%24LATEST', { name: 'pay', qualifier: '$LATEST' }],
  ['pay:live', '?Qualifier=live', { name: 'pay', qualifier: 'live' }],
  ['123456789012:function:pay', '', { account: '123456789012', name: 'pay' }],
  [ARN, '', { account: '123456789012', region: 'us-east-1', name: 'pay' }],
  [`${ARN}:7`, '', { account: '123456789012', region: 'us-east-1', name: 'pay', qualifier: '7' }],
])('the name %s%s is understood', async (name, query, reference) => {
  expect((await invoke(name, { query })).status).toBe(200);
  expect(asked).toEqual([reference]);
  expect(ran[0]!.functionArn).toBe(reference.qualifier === undefined ? ARN : `${ARN}:${reference.qualifier}`);
});

test('a client context is handed on as its JSON', async () => {
  await invoke('pay', { headers: { 'x-amz-client-context': Buffer.from('{"custom":{"a":"é"}}').toString('base64') } });
  expect(ran[0]!.clientContext).toBe('{"custom":{"a":"é"}}');
});

describe('what goes wrong in a function is 200 with X-Amz-Function-Error, and a payload as Lambda writes it', () => {
  test.each<[string, InvocationResult, (id: string) => string]>([
    ['an error as its runtime posted it', { kind: 'threw', error: { errorType: 'E', errorMessage: 'm', document: Buffer.from('{ "errorType": "E" }') } }, () => '{ "errorType": "E" }'],
    ['an error of the sandbox\'s', { kind: 'threw', error: { errorType: 'Runtime.InvalidEntrypoint', errorMessage: 'm' } }, () => '{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"m"}'],
    ['a timeout', { kind: 'timed-out' }, (id) => `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ${id} Error: Task timed out after 3.00 seconds"}`],
    ['an exit', { kind: 'crashed', detail: 'Runtime exited with error: exit status 1' }, (id) => `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ${id} Error: Runtime exited with error: exit status 1"}`],
  ])('%s', async (_, outcome, body) => {
    result = outcome;
    const answer = await invoke('pay', { body: '{}' });
    expect([answer.status, answer.headers.get('x-amz-function-error'), answer.body]).toEqual([200, 'Unhandled', body(answer.headers.get('x-amzn-requestid')!)]);
  });
});

describe('what does not reach a function is an error of Lambda\'s', () => {
  test.each([
    ['an unknown function', 'nope', {}, 404, 'ResourceNotFoundException', { Type: 'User', Message: 'Function not found: nope' }],
    ['two qualifiers', 'pay:live', { query: '?Qualifier=beta' }, 404, 'ResourceNotFoundException', { Type: 'User', Message: 'Function not found: pay:live' }],
    ['one that does not run here', 'image', {}, 404, 'ResourceNotFoundException', { Type: 'User', Message: 'the function Image does not run locally: container images are not run' }],
    ['a body that is no JSON', 'pay', { body: '{' }, 400, 'InvalidRequestContentException', { Type: 'User', Message: expect.stringMatching(/^Could not parse request body into json: /) }],
    ['another invocation type', 'pay', { headers: { 'x-amz-invocation-type': 'Stream' } }, 400, 'InvalidParameterValueException', { Type: 'User', Message: expect.stringContaining('Stream') }],
    ['more than 6 MB', 'pay', { body: `"${'x'.repeat(6 * 1024 * 1024)}"` }, 413, 'RequestTooLargeException', { Type: 'User', Message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation' }],
    ['more than 1 MB as an event', 'pay', { body: `"${'x'.repeat(1024 * 1024)}"`, headers: { 'x-amz-invocation-type': 'Event' } }, 413, 'RequestTooLargeException', { Type: 'User', Message: 'Request must be smaller than 1048576 bytes for the InvokeFunction operation' }],
  ])('%s', async (_, name, init, status, type, body) => {
    const answer = await invoke(name, init);
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([status, type]);
    expect(asJson(answer)).toEqual(body);
    expect(ran).toEqual([]);
  });

  test('no sandbox that is free', async () => {
    result = { kind: 'throttled' };
    const answer = await invoke('pay');
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([429, 'TooManyRequestsException']);
    expect(asJson(answer)).toEqual({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User', message: 'Rate Exceeded.' });
  });

  test('another operation', async () => {
    const response = await fetch(`${service.endpoint}/2015-03-31/functions/pay`, { method: 'DELETE' });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException']);
  });
});

test('an event is taken at once, and waits for a sandbox', async () => {
  let finish = () => undefined as void;
  service.stop();
  service = await startInvocations(() => ({
    arn: ARN,
    timeoutSeconds: 3,
    run: (request) => new Promise((resolve) => {
      ran.push(request);
      finish = () => resolve(result);
    }),
  }));
  const answer = await invoke('pay', { headers: { 'x-amz-invocation-type': 'Event' }, body: '{"a":1}' });
  expect([answer.status, answer.body]).toEqual([202, '']);
  expect(ran).toEqual([{ requestId: expect.any(String), event: '{"a":1}', functionArn: ARN }]);
  finish();
});

test('a dry run runs nothing', async () => {
  expect((await invoke('pay', { headers: { 'x-amz-invocation-type': 'DryRun' } })).status).toBe(204);
  expect(ran).toEqual([]);
});
