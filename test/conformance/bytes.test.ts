import { createServer, type AddressInfo, type Server } from 'node:net';
import fc from 'fast-check';
import { NoAnswer } from '../../conformance/http/answer';
import { overBytes, readAnswers } from '../../conformance/http/bytes';

const CRLF = '\r\n';
const message = (...lines: readonly string[]) => Buffer.from(lines.join(CRLF), 'latin1');
const WITH_LENGTH = message('HTTP/1.1 201 Created', 'Content-Type: text/plain', 'Content-Length: 5', '', 'first');
const IN_CHUNKS = message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '3', 'sec', '3;x=y', 'ond', '0', '', '');
const BODILESS = message('HTTP/1.1 204 No Content', '', '');
const CONTINUE = message('HTTP/1.1 100 Continue', '', '');

const told = (bytes: Buffer, methods: readonly string[], closed = false) =>
  readAnswers(bytes, methods, closed).map(({ status, body }) => [status, body.toString()]);

test('answers behind one another are told apart by length, chunks, status and method', () => {
  const ofHead = message('HTTP/1.1 200 OK', 'Content-Length: 99', '', '');
  const all = Buffer.concat([CONTINUE, WITH_LENGTH, IN_CHUNKS, BODILESS, ofHead]);
  expect(told(all, ['POST', 'POST', 'POST', 'HEAD'])).toEqual([[201, 'first'], [200, 'second'], [204, ''], [200, '']]);
});

test('wherever the bytes are cut, what is whole by then is read, and nothing else', () => {
  const all = Buffer.concat([WITH_LENGTH, IN_CHUNKS, BODILESS]);
  const whole = told(all, ['POST', 'POST', 'POST']);
  fc.assert(fc.property(fc.integer({ min: 0, max: all.length }), (length) => {
    const read = told(all.subarray(0, length), ['POST', 'POST', 'POST']);
    expect(read).toEqual(whole.slice(0, read.length));
    const ends = [WITH_LENGTH.length, WITH_LENGTH.length + IN_CHUNKS.length, all.length].filter((end) => end <= length).length;
    expect(read).toHaveLength(ends);
  }));
});

test('a body that is longer or shorter than it says is an error once the connection is closed', () => {
  expect(() => told(Buffer.concat([WITH_LENGTH, Buffer.from('!')]), ['POST'], true)).toThrow(NoAnswer);
  expect(() => told(WITH_LENGTH.subarray(0, -1), ['POST'], true)).toThrow('bytes came that belong to no answer, or to one that is not whole');
});

test('a body without a length ends with the connection', () => {
  const open = message('HTTP/1.0 200 OK', '', 'to the end');
  expect(told(open, ['POST'])).toEqual([]);
  expect(told(open, ['POST'], true)).toEqual([[200, 'to the end']]);
});

test('what is not HTTP/1.1 is an error', () => {
  expect(() => told(message('SSH-2.0-OpenSSH', '', ''), ['POST'])).toThrow('what came is not HTTP/1.1');
});

describe('over a connection', () => {
  const received: Buffer[] = [];
  let server: Server;
  let answer: (text: string) => readonly Buffer[];
  let url: URL;

  beforeAll(async () => {
    server = createServer((socket) => socket.on('data', (chunk) => {
      received.push(chunk);
      if (!chunk.includes('Connection: close')) return;
      for (const each of answer(chunk.toString('latin1'))) socket.write(each);
      socket.end();
    }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pay?now=1`);
  });
  afterAll(() => server.close());

  const request = (key: string) => ({ method: 'POST', url, headers: [['Idempotency-Key', key] as const], body: Buffer.from('{}') });

  test('requests go out as they are, characters included that libraries refuse, and the last one asks to close', async () => {
    received.length = 0;
    answer = () => [WITH_LENGTH, IN_CHUNKS];
    const answers = await overBytes([request('a\u0001'), request('b')], 5000);
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
    const host = url.host;
    expect(Buffer.concat(received).toString('latin1')).toBe([
      'POST /pay?now=1 HTTP/1.1', `Host: ${host}`, 'Idempotency-Key: a\u0001', 'Content-Length: 2', '', '{}POST /pay?now=1 HTTP/1.1',
      `Host: ${host}`, 'Idempotency-Key: b', 'Content-Length: 2', 'Connection: close', '', '{}',
    ].join(CRLF));
  });

  test('a connection that is closed early gives the answers that came', async () => {
    answer = () => [WITH_LENGTH];
    expect(await overBytes([request('a'), request('b')], 5000)).toHaveLength(1);
  });

  test('a connection that is closed without a word is no answer', async () => {
    answer = () => [];
    await expect(overBytes([request('a')], 5000)).rejects.toThrow('no answer: the connection was closed');
  });
});
