import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { NoAnswer, reasonOf, type Answer, type Outgoing } from './answer';

export type Framing = 'length' | 'chunked' | 'expect-continue';

/** One connection that a test may use for several requests, one after another. */
export class KeptAlive {
  private readonly http = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  private readonly https = new HttpsAgent({ keepAlive: true, maxSockets: 1 });

  public agentFor(url: URL): HttpAgent {
    return url.protocol === 'https:' ? this.https : this.http;
  }

  public close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}

export interface Http1Options {
  readonly timeoutMs: number;
  readonly framing?: Framing;
  /** Without one, each request has a connection of its own: a pool's limits and leftovers are no part of a test. */
  readonly connection?: KeptAlive;
}

/** Sends a request over HTTP/1.1 and reads its answer. Rejects with `NoAnswer`. */
export function overHttp1(outgoing: Outgoing, { timeoutMs, framing = 'length', connection }: Http1Options): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sentAt = performance.now();
    const request = open(outgoing, framing, connection);
    const fail = (error: unknown): void => reject(error instanceof NoAnswer ? error : new NoAnswer(`no answer: ${reasonOf(error)}`, { cause: error }));
    const timer = setTimeout(() => request.destroy(new NoAnswer(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    request.once('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    request.once('response', (response) => {
      read(response, sentAt).then(resolve, fail).finally(() => clearTimeout(timer));
    });
    if (framing === 'expect-continue') {
      request.once('continue', () => request.end(outgoing.body));
      request.flushHeaders();
    } else if (framing === 'chunked' && outgoing.body !== undefined) {
      const middle = Math.ceil(outgoing.body.length / 2);
      request.write(outgoing.body.subarray(0, middle));
      request.end(outgoing.body.subarray(middle));
    } else {
      request.end(outgoing.body);
    }
  });
}

/** Hangs up in the middle of the body, or as soon as the answer begins. Resolves once it has. */
export function cutShort(outgoing: Outgoing, at: 'body' | 'answer', timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = open(outgoing, 'length');
    const timer = setTimeout(() => request.destroy(new NoAnswer(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    let cut = false;
    const hangUp = (): void => {
      cut = true;
      request.destroy();
    };
    request.once('error', (error) => {
      if (!cut) reject(new NoAnswer(`no answer: ${reasonOf(error)}`, { cause: error }));
    });
    request.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    request.once('response', hangUp);
    if (at === 'answer') {
      request.end(outgoing.body);
    } else {
      const body = outgoing.body ?? Buffer.alloc(0);
      request.write(body.subarray(0, Math.floor(body.length / 2)), hangUp);
    }
  });
}

/** A request that is sent as a whole and given up by the caller: its answer is nobody's. */
export function abandonable(outgoing: Outgoing): { readonly abandon: () => Promise<void> } {
  const request = open(outgoing, 'length');
  request.on('error', () => undefined); // Hung up: there is nobody to tell.
  const closed = new Promise<void>((resolve) => request.once('close', () => resolve()));
  request.end(outgoing.body);
  return {
    abandon: () => {
      request.destroy();
      return closed;
    },
  };
}

function open({ method, url, headers, body }: Outgoing, framing: Framing, connection?: KeptAlive): ClientRequest {
  const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = make(url, { method, agent: connection?.agentFor(url) ?? false, setHost: true });
  for (const [name, values] of byName(headers)) request.setHeader(name, values.length === 1 ? values[0]! : values);
  if (framing === 'expect-continue') request.setHeader('Expect', '100-continue');
  if (framing === 'chunked' && body !== undefined) request.setHeader('Transfer-Encoding', 'chunked');
  else if (body !== undefined) request.setHeader('Content-Length', body.length);
  else if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') request.setHeader('Content-Length', 0);
  return request;
}

function byName(headers: Outgoing['headers']): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of headers) found.set(name, [...(found.get(name) ?? []), value]);
  return found;
}

async function read(response: IncomingMessage, sentAt: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { rawHeaders } = response;
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[2 * index]!, rawHeaders[2 * index + 1]!] as const);
  return {
    status: response.statusCode!, headers, body: Buffer.concat(chunks), version: response.httpVersion, sentAt, arrivedAt: performance.now(),
  };
}
