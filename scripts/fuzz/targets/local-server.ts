import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import type { Api } from '../../../local/fronts/front';
import { serve, type ApiServer } from '../../../local/http/server';
import { equals, holds } from '../holds';
import type { Json, Target } from '../target';

interface Input {
  readonly [name: string]: Json;
  /** What is sent, each piece by itself where `slow`. */
  readonly pieces: readonly string[];
  readonly slow: boolean;
  /** So many headers more in the first head. */
  readonly flood: number;
}

const GOOD = 'POST /after HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const INNER = 'POST /smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';

const line = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('POST /one HTTP/1.1\r\n', 'GET /one HTTP/1.1\r\n', 'POST /one HTTP/1.0\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('POST /one HTTP/1.1\n', 'POST  /one HTTP/1.1\r\n', 'POST http://b/one?x=1 HTTP/1.1\r\n', 'POST * HTTP/1.1\r\n', 'CONNECT a:1 HTTP/1.1\r\n', 'POST /one HTTP/2.0\r\n', 'POST /one\r\n', '\r\nPOST /one HTTP/1.1\r\n', 'PRI * HTTP/2.0\r\n', 'POST /%zz?%zz#x HTTP/1.1\r\n') },
);
const header = fc.oneof(
  fc.constantFrom('Host: a\r\n', 'X-A: b\r\n', 'Connection: keep-alive\r\n', 'Connection: close\r\n'),
  fc.constantFrom(
    'Content-Length: 0\r\n', 'Content-Length: 5\r\n', `Content-Length: ${INNER.length}\r\n`, 'Content-Length: +5\r\n', 'Content-Length: 5, 5\r\n', 'Content-Length: 05\r\n', 'Content-Length: -1\r\n',
    'Content-Length: 99999999999999999999\r\n', 'Content-Length : 5\r\n', 'content-length:5\r\n', 'Content-Length: 5 \r\n', 'Content-Length:\r\n 5\r\n', 'Content-Length: 0x5\r\n', 'Content-Length: 5\n',
  ),
  fc.constantFrom(
    'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: identity\r\n', 'Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding: chunked, gzip\r\n', 'Transfer-Encoding: xchunked\r\n', 'Transfer-Encoding : chunked\r\n',
    'Transfer-Encoding:\tchunked\r\n', 'Transfer-Encoding: chunked\n', 'Transfer-Encoding:\r\n chunked\r\n', 'Transfer-Encoding: "chunked"\r\n', 'transfer-encoding: CHUNKED\r\n', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', 'X: a\rTransfer-Encoding: chunked\r\n',
  ),
  fc.constantFrom('X-A: b\r\n c\r\n', ' X-A: b\r\n', 'X-A\r\n', 'X A: b\r\n', 'X-A: \0\r\n', 'X-A: b\rc\r\n', ': b\r\n', 'Expect: 100-continue\r\n', 'Upgrade: h2c\r\nConnection: Upgrade\r\n', 'X-A: é\r\n'),
);
const body = fc.constantFrom('', 'hello', 'hell', INNER, '5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n', `0\r\n\r\n${INNER}`, `0\r\n\n${INNER}`, '5;a=b\r\nhello\r\n0\r\n\r\n', '5;a\nb\r\nhello\r\n0\r\n\r\n', '5\nhello\r\n0\r\n\r\n', '-1\r\n\r\n', '0x5\r\nhello\r\n0\r\n\r\n', '5 \r\nhello\r\n0\r\n\r\n', 'FFFFFFFFFFFFFFFFF\r\nhello', '5\r\nhelloXX0\r\n\r\n', `0\r\nX: y\r\n\r\n${INNER}`, '00000005\r\nhello\r\n0\r\n\r\n');
const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '', '\r', '\r\n\n');
const request = fc.tuple(line, fc.array(header, { maxLength: 4 }), end, body)
  .map(([first, headers, last, content]) => [first, ...headers, last, content]);

/** Raw bytes on a socket: never more or other requests than an exact reading of them finds, an answer or an end, and a server that lives. */
export const localServerTarget = (serveApi: typeof serve = serve): Target<Input> => {
  const seen: Seen[] = [];
  let started: Promise<ApiServer> | undefined;
  const server = (): Promise<ApiServer> => started ??= start(serveApi, seen);
  return {
    name: 'local-server',
    share: 3,
    inputs: fc.record({
      pieces: fc.array(request, { minLength: 1, maxLength: 2 }).map((requests) => requests.flat()),
      slow: fc.boolean(),
      flood: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(50, 1_000, 5_000) }),
    }) as fc.Arbitrary<Input>,
    async check({ pieces, slow, flood }) {
      const { url } = await server();
      const port = Number(new URL(url).port);
      const sent = flood === 0 ? pieces : [pieces[0]!, 'X-Flood: 1\r\n'.repeat(flood), ...pieces.slice(1)];
      seen.length = 0;
      await exchange(port, sent, slow);
      const found = [...seen];
      const readings = requestsIn(Buffer.from(sent.join(''), 'latin1'));
      // Whatever is refused may be refused earlier than need be, and nothing is taken for what it is not.
      equals(found, readings.slice(0, found.length), 'the requests that were seen');
      seen.length = 0;
      const answer = await exchange(port, [GOOD], false);
      holds(answer.startsWith('HTTP/1.1 200 '), `the server still answers, not ${JSON.stringify(answer.slice(0, 40))}`);
      equals(seen, [{ method: 'POST', target: '/after', body: '' }], 'a request of its own connection');
    },
    async close() {
      (await started)?.close();
      started = undefined;
    },
  };
};

interface Seen {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

async function start(serveApi: typeof serve, seen: Seen[]): Promise<ApiServer> {
  const reply = (status: number) => ({ status, headers: [], body: Buffer.alloc(0) });
  const api = {
    kind: 'http',
    maxBodyBytes: 10_000,
    tooLarge: () => reply(413),
    failed: () => reply(500),
    handle: async ({ method, path, query, body: bytes }) => {
      seen.push({ method, target: query === '' ? path : `${path}?${query}`, body: bytes.toString('latin1') });
      return { response: reply(200) };
    },
  } as Partial<Api> as Api;
  const server = await serveApi(api, 0, { arrived: () => undefined, answered: () => undefined });
  server.open(api, () => Promise.reject(new Error('no function')));
  return server;
}

/** All that comes back until the server ends the connection; the client says that it sends no more. */
async function exchange(port: number, pieces: readonly string[], slow: boolean): Promise<string> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });
  if (slow) {
    for (const piece of pieces) {
      socket.write(piece, 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
  } else {
    socket.end(pieces.join(''), 'latin1');
  }
  await ended;
  return Buffer.concat(chunks).toString('latin1');
}

/**
 * The requests that RFC 9112 finds, and those of another version that Node.js reads in the same way, up to the first
 * that it leaves room to read in two ways: bare CR or LF, obs-fold, white space before a colon, Transfer-Encoding
 * beside Content-Length or not ending in `chunked`, lengths that differ.
 */
function requestsIn(bytes: Buffer): Seen[] {
  const found: Seen[] = [];
  let text = bytes.toString('latin1');
  for (;;) {
    text = text.replace(/^[\r\n]+/, '');
    const head = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([\x21-\xff]+)(?: HTTP\/(1\.[01]|2\.0))?\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n/.exec(text);
    if (head === null) return found;
    const [all, method, target, version, fields] = head as unknown as readonly string[];
    const headers = fields!.split('\r\n').slice(0, -1).map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()] as const);
    const of = (name: string): readonly string[] => headers.filter(([key]) => key === name).map(([, value]) => value);
    const framed = bodyOf(text.slice(all!.length), of('content-length'), of('transfer-encoding').map((value) => value.toLowerCase()));
    if (framed === undefined) return found;
    if (method !== 'CONNECT') {
      if (version === '1.1' && of('host').length === 0) return found;
      found.push({ method: method!, target: originForm(target!), body: framed.body });
    }
    const connection = of('connection').join(',').toLowerCase();
    const goesOn = version === '1.1' ? !connection.includes('close') : connection.includes('keep-alive');
    if (!goesOn || method === 'CONNECT' || of('upgrade').length > 0) return found;
    text = framed.rest;
  }
}

const originForm = (target: string): string => target.replace(/^https?:\/\/[^/?]*/i, '') || '/';

function bodyOf(text: string, lengths: readonly string[], codings: readonly string[]): { readonly body: string; readonly rest: string } | undefined {
  if (codings.length === 0) {
    const [length = '0', ...others] = lengths;
    if (others.length > 0 || !/^\d{1,15}$/.test(length) || text.length < Number(length)) return undefined;
    return { body: text.slice(0, Number(length)), rest: text.slice(Number(length)) };
  }
  const coded = codings.join(',').split(',').map((coding) => coding.trim());
  if (lengths.length > 0 || coded.indexOf('chunked') !== coded.length - 1) return undefined;
  let content = '';
  let rest = text;
  for (;;) {
    const size = /^([0-9a-fA-F]{1,8})(?:;[\t\x20-\x7e]*)?\r\n/.exec(rest);
    if (size === null) return undefined;
    const length = parseInt(size[1]!, 16);
    rest = rest.slice(size[0].length);
    if (length === 0) {
      const trailer = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n/.exec(rest);
      return trailer === null ? undefined : { body: content, rest: rest.slice(trailer[0].length) };
    }
    if (rest.length < length + 2 || rest.slice(length, length + 2) !== '\r\n') return undefined;
    content += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
}
