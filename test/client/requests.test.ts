import { bytesOf, listen, type RunningServer } from './support/payments-server';
import { answer, lost, scriptedFetch } from './support/scripted-fetch';
import { START, virtualHost } from './support/virtual-host';
import { idempotentFetch, IdempotentFetchError, keyOf, type IdempotencyErrorBody } from '../../client';
import { keyTimeOf } from '../../runtime/request/key-time';
import { OUTCOMES, type IdempotencyErrorCode } from '../../runtime/response/outcomes';

const URL = 'http://127.0.0.1/payments';

/** Sends a call whose first two attempts are lost, and gives what arrived each time. */
async function sendThrice(input: string | Request | globalThis.URL, init?: RequestInit) {
  const host = virtualHost();
  const { fetchLike, sent } = scriptedFetch((_, number) => (number < 3 ? lost() : answer(201)));
  await host.run(idempotentFetch(fetchLike, { host })(input, init));
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
  expect(new Set(sent.map(({ headers }) => JSON.stringify([...headers]))).size).toBe(1);
  return sent[2]!;
}

const text = ({ bytes }: { readonly bytes: Uint8Array }) => Buffer.from(bytes).toString();

/** Without jitter a lost connection is tried again at once. */
const atOnce = { ...globalThis, Date, Math: { random: () => 0 }, crypto };

describe('a body is sent as the same bytes on every attempt:', () => {
  let received: string[] = [];
  let server: RunningServer;
  beforeAll(async () => {
    server = await listen(async (request, response) => {
      received.push(String(await bytesOf(request)));
      if (received.length === 1) response.destroy();
      else response.writeHead(201).end();
    });
  });
  beforeEach(() => void (received = []));
  afterAll(() => server.stop());

  test('a string, with the content type that fetch gives it', async () => {
    const sent = await sendThrice(URL, { method: 'POST', body: 'Grüße' });
    expect(text(sent)).toBe('Grüße');
    expect(sent.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
  });

  test('JSON, with the caller\'s content type', async () => {
    const sent = await sendThrice(URL, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } });
    expect(sent.headers.get('content-type')).toBe('application/json');
  });

  test('F111: what the caller says of the first sending, whenever an attempt is made', async () => {
    const sent = await sendThrice(URL, { method: 'POST', body: '{}', headers: { 'Repeatability-First-Sent': 'Fri, 15 Jan 2027 08:00:00 GMT' } });
    expect(sent.headers.get('repeatability-first-sent')).toBe('Fri, 15 Jan 2027 08:00:00 GMT');
  });

  test('an ArrayBuffer, and a view of a part of one', async () => {
    const { buffer } = Uint8Array.from([0, 1, 2, 3]);
    const whole = await sendThrice(URL, { method: 'POST', body: buffer });
    expect([...whole.bytes]).toEqual([0, 1, 2, 3]);
    expect(whole.headers.has('content-type')).toBe(false);
    expect([...(await sendThrice(URL, { method: 'POST', body: new Uint8Array(buffer, 1, 2) })).bytes]).toEqual([1, 2]);
  });

  test('a buffer that the caller changes in between', async () => {
    const host = virtualHost();
    const body = Uint8Array.from([1, 2, 3]);
    const { fetchLike, sent } = scriptedFetch((_, number) => {
      body.fill(9);
      return number < 2 ? lost() : answer(201);
    });
    await host.run(idempotentFetch(fetchLike, { host })(URL, { method: 'POST', body }));
    expect(sent.map(({ bytes }) => [...bytes])).toEqual([[1, 2, 3], [1, 2, 3]]);
  });

  test('URLSearchParams', async () => {
    const sent = await sendThrice(URL, { method: 'POST', body: new URLSearchParams({ a: '1 2' }) });
    expect(text(sent)).toBe('a=1+2');
    expect(sent.headers.get('content-type')).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  });

  test('a form, whose boundary stays the same', async () => {
    const body = new FormData();
    body.set('file', new Blob(['content'], { type: 'text/csv' }), 'file.csv');
    const sent = await sendThrice(URL, { method: 'POST', body });
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(sent.headers.get('content-type')!)![1]!;
    expect(text(sent)).toContain(`--${boundary}`);
    expect(text(sent)).toContain('filename="file.csv"');
  });

  test('a Blob, with its type', async () => {
    const sent = await sendThrice(URL, { method: 'POST', body: new Blob(['content'], { type: 'text/csv' }) });
    expect(text(sent)).toBe('content');
    expect(sent.headers.get('content-type')).toBe('text/csv');
  });

  test('a stream, which is read once', async () => {
    const body = new Blob(['one', 'two']).stream();
    expect(text(await sendThrice(URL, { method: 'POST', body, duplex: 'half' } as RequestInit))).toBe('onetwo');
    const empty = new Blob([]).stream();
    expect(text(await sendThrice(URL, { method: 'POST', body: empty, duplex: 'half' } as RequestInit))).toBe('');
  });

  test('that of a Request, with its method and headers', async () => {
    const request = new Request(URL, { method: 'PUT', body: '{"a":1}', headers: { 'content-type': 'application/json', 'x-shop': '7' } });
    const sent = await sendThrice(request);
    expect(text(sent)).toBe('{"a":1}');
    expect(sent.method).toBe('PUT');
    expect(sent.headers.get('x-shop')).toBe('7');
    expect(sent.headers.get('content-type')).toBe('application/json');
  });

  test('that of the init in place of a Request\'s, even an empty one', async () => {
    expect(text(await sendThrice(new Request(URL, { method: 'POST', body: 'old' }), { body: 'new' }))).toBe('new');
    expect(text(await sendThrice(new Request(URL, { method: 'POST', body: 'old' }), { body: '' }))).toBe('');
  });

  test.each([
    ['an empty one of a Request', () => [new Request(server.url, { method: 'POST', body: '' })]],
    ['none of a Request', () => [new Request(server.url, { method: 'POST' })]],
    ['none of a Request for a GET with a key', () => [new Request(server.url, { headers: { 'Idempotency-Key': 'report-1' } })]],
    ['an empty one in place of a Request\'s', () => [new Request(server.url, { method: 'POST', body: 'old' }), { body: '' }]],
  ] as const)('F212: %s, by the real fetch, over a connection that is lost at first', async (_, call) => {
    const [input, init] = call() as [Request, RequestInit?];
    const response = await idempotentFetch(undefined, { host: atOnce })(input, init);
    expect([response.status, received]).toEqual([201, ['', '']]);
  });

  test('none at all', async () => {
    const sent = await sendThrice(new globalThis.URL(URL), { method: 'DELETE' });
    expect(sent.bytes).toHaveLength(0);
    expect(sent.headers.has('content-type')).toBe(false);
  });

  test('a stream that breaks off is the caller\'s to know of: nothing is sent', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const body = new ReadableStream({ start: (controller) => controller.error(new Error('disk')) });
    await expect(idempotentFetch(fetchLike)(URL, { method: 'POST', body, duplex: 'half' } as RequestInit)).rejects.toThrow('disk');
    expect(sent).toEqual([]);
  });
});

describe('the header that says when a call was first sent', () => {
  const at = new Date(START).toUTCString();

  test('F111: has the time of the first attempt in all attempts, in the form that the API takes', async () => {
    const host = virtualHost(() => 0.5);
    const { fetchLike, sent } = scriptedFetch((_, number) => (number < 4 ? lost() : answer(201)));
    const send = idempotentFetch(fetchLike, { host, firstSentHeader: 'Repeatability-First-Sent' });
    await host.run(send(URL, { method: 'POST', body: '{}', headers: { 'x-shop': '7' } }));
    expect(sent.map(({ headers }) => headers.get('repeatability-first-sent'))).toEqual([at, at, at, at]);
    expect(host.elapsed()).toBeGreaterThan(0);
    expect(sent[0]!.headers.get('x-shop')).toBe('7');
    const headers = new Map([['repeatability-first-sent', [at]]]);
    expect(keyTimeOf('any', { headers }, { header: 'Repeatability-First-Sent' })).toMatchObject({ kind: 'sent', at: START });
  });

  test('F111: is not made up for a key that the caller gives: said anew by each call, it would let a retry of any age run again', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const send = idempotentFetch(fetchLike, { firstSentHeader: 'Repeatability-First-Sent' });
    await send(URL, { method: 'POST', headers: { 'Idempotency-Key': 'order-7' } });
    expect(sent[0]!.headers.has('repeatability-first-sent')).toBe(false);
  });

  test('F111: is the caller\'s where the call has one, to go on with what was sent before', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const send = idempotentFetch(fetchLike, { firstSentHeader: 'Repeatability-First-Sent' });
    await send(URL, { method: 'POST', headers: { 'repeatability-first-sent': 'Fri, 15 Jan 2027 08:00:00 GMT' } });
    expect(sent[0]!.headers.get('repeatability-first-sent')).toBe('Fri, 15 Jan 2027 08:00:00 GMT');
  });

  test.each([undefined, null])('is not sent where no name is given (%p): a browser would ask the API for leave', async (firstSentHeader) => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    await idempotentFetch(fetchLike, { firstSentHeader: firstSentHeader as undefined })(URL, { method: 'POST' });
    expect([...sent[0]!.headers.keys()]).toEqual(['idempotency-key']);
  });
});

describe('the key', () => {
  test('is the caller\'s where the header has one, in any case and form', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const send = idempotentFetch(fetchLike);
    await send(URL, { method: 'POST', headers: { 'IDEMPOTENCY-KEY': 'order-1' } });
    await send(URL, { method: 'POST', headers: [['idempotency-key', '"order-2"']] });
    await send(new Request(URL, { method: 'POST', headers: new Headers({ 'Idempotency-Key': 'order-3' }) }));
    expect(sent.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['order-1', '"order-2"', 'order-3']);
  });

  test('is made by createKey, at once or later, in the header of that name, and is told of the response', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const response = await idempotentFetch(fetchLike, { headerName: 'X-Request-Key', createKey: async () => 'made' })(URL, { method: 'PATCH' });
    expect(sent[0]!.headers.get('x-request-key')).toBe('made');
    expect(sent[0]!.headers.has('idempotency-key')).toBe(false);
    expect(keyOf(response)).toBe('made');
  });

  test('does not change what the caller gave', async () => {
    const { fetchLike } = scriptedFetch(() => answer(201));
    const headers = new Headers({ 'x-shop': '7' });
    const init = Object.freeze({ method: 'POST', headers, body: 'payment' });
    await idempotentFetch(fetchLike)(URL, init);
    expect([...headers]).toEqual([['x-shop', '7']]);
  });

  test.each([
    ['with a space in it', 'order 1'],
    ['with a comma, as two headers are joined', 'order-1, order-2'],
    ['that is empty', ''],
    ['that is too long', 'k'.repeat(258)],
    ['beyond ASCII', 'ordér'],
  ])('%s is refused before anything is sent', async (_, key) => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const refused = idempotentFetch(fetchLike)(URL, { method: 'POST', headers: { 'Idempotency-Key': key } });
    await expect(refused).rejects.toThrow(IdempotentFetchError);
    await expect(refused).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFIGURATION',
      message: `Idempotency-Key cannot be "${key}": use 1-255 visible ASCII, no comma`,
      key: '',
      attempts: 0,
    });
    expect(sent).toEqual([]);
  });

  test.each([undefined, null, 7])('of a createKey that gives %p is refused: all calls would share it', async (key) => {
    const { fetchLike, sent } = scriptedFetch(() => answer(201));
    const send = idempotentFetch(fetchLike, { createKey: () => key as unknown as string });
    await expect(send(URL, { method: 'POST' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFIGURATION' });
    expect(sent).toEqual([]);
  });
});

describe('a method without effects', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'get', undefined])('(%s) goes through untouched and is not retried', async (method) => {
    const calls: unknown[][] = [];
    const response = answer(503);
    const send = idempotentFetch(async (...call: [input: string, init?: RequestInit]) => {
      calls.push(call);
      return response;
    });
    const init = { method };
    expect(await send(URL, init)).toBe(response);
    expect(calls).toHaveLength(1);
    expect(calls[0]![1]).toBe(init);
    expect(keyOf(response)).toBeUndefined();
  });

  test('as a Request goes through untouched', async () => {
    const { fetchLike, sent } = scriptedFetch(() => answer(503));
    const request = new Request(URL);
    await idempotentFetch(fetchLike)(request);
    expect(sent).toMatchObject([{ input: request }]);
    expect(sent[0]!.headers.has('idempotency-key')).toBe(false);
  });

  test('that carries a key is retried', async () => {
    expect((await sendThrice(URL, { headers: { 'Idempotency-Key': 'order-1' } })).method).toBe('GET');
    expect((await sendThrice(new Request(URL, { headers: { 'Idempotency-Key': 'order-1' } }))).bytes).toHaveLength(0);
  });
});

test('the global fetch is the one of the moment of the call', async () => {
  const send = idempotentFetch();
  const { fetchLike, sent } = scriptedFetch(() => answer(201));
  const fetchOfAll = jest.spyOn(globalThis, 'fetch').mockImplementation(fetchLike);
  try {
    await send(URL, { method: 'POST' });
  } finally {
    fetchOfAll.mockRestore();
  }
  expect(sent).toHaveLength(1);
});

test('a fetch that minds what it is called upon is called upon nothing, as browsers want it', async () => {
  const { fetchLike } = scriptedFetch(() => answer(201));
  const upon: unknown[] = [];
  const send = idempotentFetch(function (this: unknown, input: string, init?: RequestInit) {
    upon.push(this);
    return fetchLike(input, init);
  });
  await send(URL, { method: 'POST' });
  await send(URL, { method: 'GET' });
  expect(upon).toEqual([undefined, undefined]);
});

test('the codes that a client is told of are those that the runtime answers with', () => {
  // The assignments fail to compile where one list has a code that the other has not.
  const told = (code: IdempotencyErrorCode): IdempotencyErrorBody['code'] => code;
  const answered = (code: IdempotencyErrorBody['code']): IdempotencyErrorCode => code;
  const codes = Object.values(OUTCOMES).map(({ code }) => code);
  expect(codes.map(told).map(answered)).toEqual(codes);
});
