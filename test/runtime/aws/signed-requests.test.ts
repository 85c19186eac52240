import { crc32 } from 'node:zlib';
import { AwsRequestError } from '../../../runtime/aws/aws-error';
import { environmentCredentials, type CredentialSource } from '../../../runtime/aws/credentials';
import { SignedRequests, type AwsRequest, type SignedRequestsOptions } from '../../../runtime/aws/signed-requests';
import { systemClock, type EpochMillis, type Millis } from '../../../runtime/time';
import { CREDENTIALS, expectedSignature, signatureOf, startService, type ServiceReply, type TestService } from '../../support/aws-service';

let service: TestService;
let open: SignedRequests[];
beforeEach(async () => {
  service = await startService();
  open = [];
});
afterEach(() => {
  open.forEach((requests) => requests.close());
  return service.stop();
});

function requestsTo(changes: Partial<SignedRequestsOptions> = {}): SignedRequests {
  const requests = new SignedRequests({
    service: 'dynamodb',
    region: 'eu-west-1',
    endpoint: new URL(service.endpoint),
    credentials: environmentCredentials(CREDENTIALS),
    limits: { perTry: 1_000, inTotal: 5_000, tries: 3 },
    ...changes,
  });
  open.push(requests);
  return requests;
}

/** A clock whose sleeps are noted instead of slept. */
const noting = (pauses: number[]) => ({ ...systemClock, sleep: async (length: Millis) => void pauses.push(length) });

const REQUEST: AwsRequest = { method: 'POST', path: '/', headers: [['x-amz-target', 'Service.Call']], body: '{"é":1}', json: true };
const OK: ServiceReply = { status: 200, body: '{"done":true}' };
const refused = (type: string, status = 400, headers = {}): ServiceReply => ({ status, headers, body: JSON.stringify({ __type: `com.amazonaws#${type}`, message: 'why' }) });
const failure = (promise: Promise<unknown>): Promise<AwsRequestError> =>
  promise.then(() => { throw new Error('it did not fail'); }, (error: AwsRequestError) => error);

test('a request is signed, and its body arrives as it is', async () => {
  service.reply = () => OK;
  const answer = await requestsTo().send(REQUEST);
  expect(answer).toMatchObject({ ok: true, status: 200, document: { done: true }, afterUnknown: false });
  const [request] = service.received;
  expect(request!.body.toString()).toBe('{"é":1}');
  expect(request!.headers).toMatchObject({ 'content-length': '8', 'x-amz-target': 'Service.Call', 'x-amz-security-token': 'session' });
  expect(signatureOf(request!)).toBe(expectedSignature(request!));
});

test('a refusal is an answer, with its code, and is not sent again', async () => {
  service.reply = () => refused('ConditionalCheckFailedException');
  expect(await requestsTo().send(REQUEST)).toMatchObject({ ok: false, status: 400, code: 'ConditionalCheckFailedException' });
  expect(service.received).toHaveLength(1);
});

test.each<[string, ServiceReply, string]>([
  ['in the body', refused('ValidationException'), 'ValidationException'],
  ['in a header', { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://internal.amazon.com/coral/' }, body: '{}' }, 'ResourceNotFoundException'],
  ['in XML', { status: 404, body: '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>' }, 'NoSuchKey'],
])('a code %s is read', async (_, reply, code) => {
  service.reply = () => reply;
  expect(await requestsTo().send(REQUEST)).toMatchObject({ ok: false, code });
});

describe('F5: what may pass is sent again, the same bytes, three times at the most', () => {
  const garbled = { status: 200, headers: { 'x-amz-crc32': String(crc32('{"done":true}') ^ 1) }, body: '{"done":true}' };
  test.each<[string, ServiceReply, Partial<AwsRequestError>]>([
    ['a failing service', refused('InternalServerError', 500), { status: 500, code: 'InternalServerError', mayHaveTakenEffect: true }],
    ['a throttling one', refused('ThrottlingException'), { status: 400, code: 'ThrottlingException', mayHaveTakenEffect: false }],
    ['a throttling table', refused('ProvisionedThroughputExceededException'), { code: 'ProvisionedThroughputExceededException', mayHaveTakenEffect: false }],
    ['a transaction that is in progress', refused('TransactionInProgressException'), { code: 'TransactionInProgressException' }],
    ['status 429', { status: 429 }, { status: 429, mayHaveTakenEffect: false }],
    ['a cut connection', 'cut', { code: 'ECONNRESET', mayHaveTakenEffect: true }],
    ['no answer in time', 'hang', { code: 'ETIMEDOUT', mayHaveTakenEffect: true }],
    ['an answer of another checksum', garbled, { code: 'IDEMPOTENCY_ANSWER_UNREADABLE', mayHaveTakenEffect: true }],
    ['an answer that is not JSON', { status: 200, body: '<html>' }, { code: 'IDEMPOTENCY_ANSWER_UNREADABLE', mayHaveTakenEffect: true }],
    ['an answer that is not an object', { status: 200, body: '"text"' }, { code: 'IDEMPOTENCY_ANSWER_UNREADABLE' }],
  ])('%s', async (_, reply, error) => {
    service.reply = () => reply;
    const limits = { perTry: 100, inTotal: 5_000, tries: 3 };
    expect(await failure(requestsTo({ limits }).send(REQUEST))).toMatchObject({ name: 'AwsRequestError', ...error });
    expect(service.received.map(({ body }) => body.toString())).toEqual([REQUEST.body, REQUEST.body, REQUEST.body]);
    service.reply = (number) => (number < 6 ? reply : OK);
    expect(await requestsTo({ limits }).send(REQUEST)).toMatchObject({ ok: true });
  });
});

test('an answer says whether an earlier send may have taken effect', async () => {
  service.reply = (number) => (number === 1 ? 'cut' : refused('ConditionalCheckFailedException'));
  expect(await requestsTo().send(REQUEST)).toMatchObject({ ok: false, afterUnknown: true });
  service.reply = (number) => (number === 3 ? refused('ThrottlingException') : refused('ConditionalCheckFailedException'));
  expect(await requestsTo().send(REQUEST)).toMatchObject({ ok: false, afterUnknown: false });
});

test('F32: pauses have full jitter, grow, and are longer where the service throttles', async () => {
  const pauses: number[] = [];
  for (const random of [() => 0.5, () => 0.999]) {
    for (const reply of [refused('InternalServerError', 500), refused('ThrottlingException')]) {
      service.reply = () => reply;
      await failure(requestsTo({ clock: noting(pauses), random }).send(REQUEST));
    }
  }
  expect(pauses.map(Math.round)).toEqual([50, 100, 100, 200, 100, 200, 200, 400]);
});

test('F31: the tries together are bounded, by the caller’s own limit as well', async () => {
  service.reply = () => 'hang';
  const requests = requestsTo({ limits: { perTry: 10_000, inTotal: 150, tries: 50 } });
  expect(await failure(requests.send(REQUEST))).toMatchObject({ code: 'ETIMEDOUT' });
  expect(await failure(requestsTo({ limits: { perTry: 10_000, inTotal: 10_000, tries: 50 } }).send(REQUEST, { timeLeft: () => 150 }))).toMatchObject({ code: 'ETIMEDOUT' });
});

test('once nobody waits any more the request ends and there is no further try', async () => {
  const stop = new AbortController();
  service.reply = () => {
    stop.abort(new Error('nobody waits'));
    return 'hang';
  };
  expect(await failure(requestsTo().send(REQUEST, { signal: stop.signal }))).toMatchObject({ mayHaveTakenEffect: true });
  expect(await failure(requestsTo().send(REQUEST, { signal: stop.signal }))).toMatchObject({ mayHaveTakenEffect: false });
  expect(service.received).toHaveLength(1);
});

describe('a clock that is wrong', () => {
  const HOUR = 3_600_000;
  const behind = { ...systemClock, now: () => (Date.now() - HOUR) as EpochMillis };
  const judge = (number: number): ServiceReply => {
    const { 'x-amz-date': stamp } = service.received[number - 1]!.headers;
    const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(stamp))!.map(Number) as [number, number, number, number, number, number, number];
    const signedAt = Date.UTC(year, month - 1, day, hour, minute, second);
    return Math.abs(signedAt - Date.now()) > 300_000 ? refused('InvalidSignatureException', 400, { date: new Date().toUTCString() }) : OK;
  };

  test('F14: is set right by the service’s own, at once and for the requests that follow', async () => {
    service.reply = judge;
    const pauses: number[] = [];
    const requests = requestsTo({ clock: { ...noting(pauses), now: behind.now } });
    expect(await requests.send(REQUEST)).toMatchObject({ ok: true, afterUnknown: false });
    expect(service.received).toHaveLength(2);
    expect(await requests.send(REQUEST)).toMatchObject({ ok: true });
    expect(service.received).toHaveLength(3);
    expect(pauses).toEqual([]);
  });

  test('is not what a signature was refused for when both clocks say the same', async () => {
    service.reply = () => refused('InvalidSignatureException', 400, { date: new Date().toUTCString() });
    expect(await requestsTo().send(REQUEST)).toMatchObject({ ok: false, code: 'InvalidSignatureException' });
    expect(service.received).toHaveLength(1);
  });
});

describe('credentials', () => {
  const keyIn = (number: number): string => /Credential=([^/]+)\//.exec(String(service.received[number - 1]!.headers.authorization))![1]!;

  test('that were replaced since are read again when the old ones are refused', async () => {
    const env: Record<string, string> = { ...CREDENTIALS };
    const requests = requestsTo({ credentials: environmentCredentials(env) });
    service.reply = (number) => (keyIn(number) === 'AKIDEXAMPLE' && number > 1 ? refused('ExpiredTokenException') : OK);
    await requests.send(REQUEST);
    Object.assign(env, { AWS_ACCESS_KEY_ID: 'AKIDNEW' });
    expect(await requests.send(REQUEST)).toMatchObject({ ok: true });
    expect(service.received.map((_, index) => keyIn(index + 1))).toEqual(['AKIDEXAMPLE', 'AKIDEXAMPLE', 'AKIDNEW']);
  });

  test('that are the same still are refused once', async () => {
    service.reply = () => refused('UnrecognizedClientException');
    expect(await requestsTo().send(REQUEST)).toMatchObject({ ok: false, code: 'UnrecognizedClientException' });
    expect(service.received).toHaveLength(1);
  });

  test('that cannot be had make no request', async () => {
    const credentials: CredentialSource = { current: () => Promise.reject(new Error('no profile')), refresh: () => false };
    expect(await failure(requestsTo({ credentials }).send(REQUEST))).toMatchObject({ message: 'no profile' });
    expect(service.received).toHaveLength(0);
  });
});

describe('a request that must not be made twice', () => {
  test.each<[string, ServiceReply]>([['a failing service', { status: 500 }], ['a cut connection', 'cut'], ['no answer', 'hang']])('%s: is not sent again', async (_, reply) => {
    service.reply = () => reply;
    const requests = requestsTo({ once: true, limits: { perTry: 100, inTotal: 5_000, tries: 3 } });
    expect(await failure(requests.send(REQUEST))).toMatchObject({ mayHaveTakenEffect: true });
    expect(service.received).toHaveLength(1);
  });

  test('is sent again where it was refused', async () => {
    service.reply = (number) => (number < 3 ? { status: 429 } : OK);
    expect(await requestsTo({ once: true }).send(REQUEST)).toMatchObject({ ok: true });
    expect(service.received).toHaveLength(3);
  });

  test('has taken no effect where nobody listens', async () => {
    await service.stop();
    expect(await failure(requestsTo({ once: true }).send(REQUEST))).toMatchObject({ code: 'ECONNREFUSED', mayHaveTakenEffect: false });
    service = await startService();
  });
});
