import type { IncomingMessage } from 'node:http';
import { ANSWER_TOO_LARGE, NO_ANSWER } from './aws-error';
import type { Connections } from './connections';

export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Largest answer in bytes; more is an error. */
  readonly maxBytes: number;
  /** Milliseconds within which there must be a connection that it can be sent on: later it is not. */
  readonly openWithin?: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Name, value, name, value, as they came. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** One request went out, or did not, and no whole answer came back. */
export class ExchangeError extends Error {
  public constructor(
    message: string,
    public readonly code: string,
    /** Whether a byte of the request may have reached the server. */
    public readonly mayHaveArrived: boolean,
    /** The connection had been idle and was closed by the other side: it may have been so for long. */
    public readonly onIdleConnection: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'ExchangeError';
  }
}

/**
 * One request and its whole answer.
 *
 * @param timeLeft milliseconds, asked when there is a connection for the request: waiting for one does not count
 * @param signal fires when nobody waits any more
 * @throws ExchangeError
 */
export function exchange(connections: Connections, outgoing: Outgoing, timeLeft: () => number, signal?: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let settled = false;
    let answering = false;
    let timer: NodeJS.Timeout | undefined;
    let opening: NodeJS.Timeout | undefined;
    const request = connections.request(outgoing.method, outgoing.path, outgoing.headers);

    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      clearTimeout(opening);
      signal?.removeEventListener('abort', abandon);
      return true;
    };
    const fail = (code: string, cause?: unknown): void => {
      if (!settle()) return;
      const idle = !answering && connections.wasIdle(request) && isClosed(cause);
      const mayHaveArrived = connections.wasOpen(request);
      request.destroy();
      reject(new ExchangeError(messageOf(code, cause), code, mayHaveArrived, idle, cause));
    };
    const abandon = (): void => fail(NO_ANSWER, signal!.reason);
    // An answer that came while this process was busy, or frozen, is read first.
    const tooLate = (): void => void setImmediate(() => setImmediate(() => fail(TIMED_OUT)));

    if (outgoing.openWithin !== undefined) {
      opening = setTimeout(() => {
        if (!connections.wasOpen(request)) fail(TIMED_OUT);
      }, Math.min(outgoing.openWithin, LONGEST_TIMER));
    }
    request.on('socket', () => {
      const left = timeLeft();
      if (left > 0) timer = setTimeout(tooLate, Math.min(left, LONGEST_TIMER));
      else fail(TIMED_OUT);
    });
    request.on('response', (answer: IncomingMessage) => {
      answering = true;
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > outgoing.maxBytes) return fail(ANSWER_TOO_LARGE);
        chunks.push(chunk);
      });
      answer.on('end', () => {
        if (!settle()) return;
        resolve({ status: answer.statusCode!, headers: answer.rawHeaders, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length) });
      });
      answer.on('error', (cause) => fail(codeOf(cause), cause));
    });
    request.on('error', (cause) => fail(codeOf(cause), cause));
    if (signal?.aborted) return abandon();
    signal?.addEventListener('abort', abandon, { once: true });
    request.end(outgoing.body);
  });
}

/** What exceeds it, Node's timers take for a millisecond. */
const LONGEST_TIMER = 2 ** 31 - 1;

const TIMED_OUT = 'ETIMEDOUT';

const isClosed = (cause: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(codeOf(cause));

const codeOf = (cause: unknown): string => {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : NO_ANSWER;
};

function messageOf(code: string, cause: unknown): string {
  if (code === TIMED_OUT) return 'there was no answer in time';
  if (code === ANSWER_TOO_LARGE) return 'the answer is larger than it may be';
  const { message } = (cause ?? {}) as { message?: unknown };
  return typeof message === 'string' && message !== '' ? message : `there was no answer (${code})`;
}
