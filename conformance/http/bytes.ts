import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { NoAnswer, reasonOf, type Answer, type Outgoing } from './answer';

/** How long what is left over of an answer may take to arrive, where the other side does not close. */
const CLOSING_MS = 500;

/**
 * Requests written on one connection one behind the other, without waiting for
 * an answer, byte for byte as they are: characters that HTTP libraries refuse
 * to send go out. Every answer is held to its own framing. Resolves with the
 * answers that came before the other side closed.
 */
export function overBytes(requests: readonly Outgoing[], timeoutMs: number): Promise<readonly Answer[]> {
  return new Promise((resolve, reject) => {
    const { url } = requests[0]!;
    const sentAt = performance.now();
    const socket = open(url);
    let received = Buffer.alloc(0);
    let grace: NodeJS.Timeout | undefined;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      socket.removeAllListeners('close').destroy();
      settle();
    };
    const fail = (error: unknown): void => {
      const noAnswer = error instanceof NoAnswer ? error : new NoAnswer(`no answer: ${reasonOf(error)}`, { cause: error });
      finish(() => reject(noAnswer));
    };
    const timer = setTimeout(() => fail(new NoAnswer(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);

    const answered = (closed: boolean): void => {
      try {
        const arrivedAt = performance.now();
        const answers = readAnswers(received, requests.map(({ method }) => method), closed)
          .map((answer) => ({ ...answer, sentAt, arrivedAt }));
        if (closed || (requests.length > 1 && answers.length === requests.length)) finish(() => resolve(answers));
        // A server may leave the connection open all the same: then nothing more is coming.
        else if (answers.length === requests.length) grace ??= setTimeout(() => answered(true), CLOSING_MS);
      } catch (error) {
        fail(error);
      }
    };
    socket.once('error', (error) => (received.length > 0 ? answered(true) : fail(error)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      answered(false);
    });
    socket.once('close', () => (received.length > 0 ? answered(true) : fail(new NoAnswer('no answer: the connection was closed'))));
    socket.write(Buffer.concat(requests.map((request, index) => toBytes(request, index === requests.length - 1))));
  });
}

function open(url: URL): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:') return connectTls({ host, port: Number(url.port || 443), servername: host, ALPNProtocols: ['http/1.1'] });
  return connectTcp({ host, port: Number(url.port || 80) });
}

function toBytes({ method, url, headers, body }: Outgoing, last: boolean): Buffer {
  const all = [
    ['Host', url.host], ...headers, ...(body === undefined && method === 'GET' ? [] : [['Content-Length', String(body?.length ?? 0)]]), ...(last ? [['Connection', 'close']] : []),
  ];
  const head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]);
}

type Parsed = Pick<Answer, 'status' | 'headers' | 'body' | 'version'>;

/**
 * The whole answers at the beginning of `bytes`; where the connection is closed,
 * what is left over is an error.
 *
 * @param methods of the requests, for an answer to HEAD has no body
 * @throws NoAnswer on what is not HTTP/1.1, and on a body that is not as long as it says
 */
export function readAnswers(bytes: Buffer, methods: readonly string[], closed: boolean): readonly Parsed[] {
  const answers: Parsed[] = [];
  let rest = bytes;
  while (answers.length < methods.length) {
    const read = readAnswer(rest, methods[answers.length]!, closed);
    if (read === undefined) break;
    rest = rest.subarray(read.length);
    if (read.answer.status >= 200) answers.push(read.answer);
  }
  if (closed && rest.length > 0) throw new NoAnswer(`${rest.length} bytes came that belong to no answer, or to one that is not whole`);
  return answers;
}

function readAnswer(bytes: Buffer, method: string, closed: boolean): { readonly answer: Parsed; readonly length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = /^HTTP\/(1\.[01]) (\d{3})(?: .*)?$/.exec(statusLine);
  if (status === null) throw new NoAnswer(`what came is not HTTP/1.1: ${JSON.stringify(statusLine.slice(0, 60))}`);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const valueOf = (name: string): string | undefined => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  const code = Number(status[2]);
  const answer = (body: Buffer): Parsed => ({ status: code, headers, body, version: status[1]! });
  const start = end + 4;

  if (code < 200 || code === 204 || code === 304 || method === 'HEAD') return { answer: answer(Buffer.alloc(0)), length: start };
  if (valueOf('transfer-encoding')?.toLowerCase().endsWith('chunked')) {
    const body = readChunks(bytes, start);
    return body === undefined ? undefined : { answer: answer(body.content), length: body.end };
  }
  const length = valueOf('content-length');
  if (length === undefined) return closed ? { answer: answer(bytes.subarray(start)), length: bytes.length } : undefined;
  const size = Number(length);
  return bytes.length - start < size ? undefined : { answer: answer(bytes.subarray(start, start + size)), length: start + size };
}

function readChunks(bytes: Buffer, start: number): { readonly content: Buffer; readonly end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size >= 0)) throw new NoAnswer('a chunk does not say how long it is');
    if (size === 0) {
      const end = bytes.indexOf('\r\n\r\n', lineEnd);
      return end < 0 ? undefined : { content: Buffer.concat(chunks), end: end + 4 };
    }
    const chunk = lineEnd + 2;
    if (bytes.length < chunk + size + 2) return undefined;
    chunks.push(bytes.subarray(chunk, chunk + size));
    at = chunk + size + 2;
  }
}
