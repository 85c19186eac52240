import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { NoAnswer, NotOffered, reasonOf, type Answer, type Outgoing } from './answer';

/** Not of HTTP/2 (RFC 9113, section 8.2.2). */
const OF_CONNECTIONS = ['connection', 'host', 'keep-alive', 'transfer-encoding', 'upgrade'];

/**
 * An HTTP/2 connection: by ALPN with https, by prior knowledge with http.
 * Rejects with `NotOffered` where the other side speaks none.
 */
export class Http2 {
  public static open(url: URL, timeoutMs: number): Promise<Http2> {
    return new Promise((resolve, reject) => {
      const session = connect(url.origin);
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        session.destroy();
        reject(new NotOffered('no HTTP/2 is offered', { cause: error }));
      };
      const timer = setTimeout(() => fail(new Error(`no settings within ${timeoutMs / 1000} s`)), timeoutMs);
      session.once('error', fail);
      session.once('close', () => fail(new Error('closed')));
      // Only a peer that speaks it sends settings.
      session.once('remoteSettings', () => {
        clearTimeout(timer);
        session.off('error', fail);
        session.on('error', () => undefined); // Each request is told by its own stream.
        resolve(new Http2(session));
      });
    });
  }

  private constructor(private readonly session: ClientHttp2Session) {}

  public send({ method, url, headers, body }: Outgoing, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sentAt = performance.now();
      const own = headers.map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => !OF_CONNECTIONS.includes(name));
      const stream = this.session.request({ ':method': method, ':path': `${url.pathname}${url.search}`, ...Object.fromEntries(own) });
      const chunks: Buffer[] = [];
      let status = 0;
      let received: Answer['headers'] = [];
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        reject(new NoAnswer(`no answer over HTTP/2: ${reasonOf(error)}`, { cause: error }));
      };
      const timer = setTimeout(() => {
        stream.close(constants.NGHTTP2_CANCEL);
        fail(new Error(`none within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      stream.once('error', fail);
      stream.once('response', (fields) => {
        status = Number(fields[':status']);
        received = Object.entries(fields).filter(([name]) => !name.startsWith(':'))
          .flatMap(([name, value]) => (Array.isArray(value) ? value : [value ?? '']).map((each) => [name, String(each)] as const));
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => {
        clearTimeout(timer);
        if (status === 0) fail(new Error('the stream was closed'));
        else resolve({ status, headers: received, body: Buffer.concat(chunks), version: '2', sentAt, arrivedAt: performance.now() });
      });
      stream.end(body);
    });
  }

  public close(): void {
    this.session.close();
    this.session.destroy();
  }
}
