import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Api, Exchange, GatewayRequest, GatewayResponse, Invoke } from '../fronts/front';
import { LocalError } from '../local-error';
import { readBody } from './body';

const HOST = '127.0.0.1';

/** A request that has been answered, as the `request` event tells it. */
export interface Answered {
  readonly request: Pick<GatewayRequest, 'id' | 'method' | 'path' | 'headers'>;
  readonly exchange: Exchange;
  readonly ms: number;
}

/** What a request asks for, as it came over the wire. */
export type Target = Pick<GatewayRequest, 'path' | 'query'>;

/** Told of each request that is read to its end, and of its answer. */
export interface Observer {
  arrived(request: Answered['request']): void;
  answered(answered: Answered): void;
}

/** Answers requests that are not the API's, on each API's port. */
export interface SideDoor {
  leads(path: string): boolean;
  respond(target: Target, incoming: http.IncomingMessage, outgoing: http.ServerResponse): void;
}

export interface ApiServer {
  readonly url: string;
  /** Lets requests through to the API as it is now; before that they are answered with 503. */
  open(api: Api, invoke: Invoke): void;
  /** Accepts nothing more; resolves once what was accepted has been answered. */
  drain(): Promise<void>;
  /** Ends every connection. */
  close(): void;
}

/**
 * Serves an API on a port of 127.0.0.1, a free one for 0. Throws `PORT_IN_USE`
 * naming the port where it is taken.
 */
export async function serve(initial: Api, port: number, observer: Observer, sideDoor?: SideDoor): Promise<ApiServer> {
  let api = initial;
  let invoke: Invoke | undefined;
  let draining = false;
  // Node.js would refuse a request without `Host` by itself, and still hand on what was sent after it.
  const server = http.createServer({ requireHostHeader: false }, (incoming, outgoing) => {
    const target = targetOf(incoming);
    if (sideDoor?.leads(target.path)) sideDoor.respond(target, incoming, outgoing);
    else inTurn(incoming.socket, outgoing, () => respond(target, incoming, outgoing).catch(() => outgoing.destroy()));
  });

  /** Whether a connection goes on, once what came over it so far has been answered. */
  const turns = new WeakMap<Socket, Promise<boolean>>();

  /** Requests that are not safe are handled in the order in which they were sent (RFC 9112, section 9.3.2), and none after the last. */
  function inTurn(socket: Socket, outgoing: http.ServerResponse, answer: () => Promise<unknown>): void {
    const before = turns.get(socket) ?? Promise.resolve(true);
    turns.set(socket, before.then(async (goesOn) => {
      if (!goesOn) return false;
      await answer();
      return outgoing.shouldKeepAlive && outgoing.getHeader('connection') !== 'close';
    }));
  }

  async function respond(target: Target, incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    if (!isFramed(incoming)) {
      return send(outgoing, { status: 400, headers: [], body: Buffer.alloc(0) }, { withoutBody: false, close: true });
    }
    const startedAt = performance.now();
    const head = requestHead(target, incoming);
    const body = await readBody(incoming, api.maxBodyBytes);
    if (body === 'aborted') return;
    observer.arrived(head);
    const exchange = body === 'too-large'
      ? { response: api.tooLarge() }
      : await handle({ ...head, body });
    const sent = isSendable(exchange.response) ? exchange : { ...exchange, response: api.failed() };
    // Node.js loses what comes behind a request to upgrade, as far as it came with it.
    const close = draining || body === 'too-large' || incoming.headers.upgrade !== undefined;
    await send(outgoing, sent.response, { withoutBody: incoming.method === 'HEAD', close });
    const ms = Math.round(performance.now() - startedAt);
    await exchange.invocation?.drained;
    observer.answered({ request: head, exchange: sent, ms });
  }

  async function handle(request: GatewayRequest): Promise<Exchange> {
    if (!invoke) return { response: { status: 503, headers: [['retry-after', '1']], body: Buffer.alloc(0) } };
    try {
      return await api.handle(request, invoke);
    } catch {
      return { response: api.failed() };
    }
  }

  await listen(server, port);
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    open: (current, through) => {
      api = current;
      invoke = through;
    },
    drain: () => new Promise((resolve) => {
      draining = true;
      server.close(() => resolve());
    }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: http.Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE'
        ? new LocalError('PORT_IN_USE', `port ${port} is in use; give another one with --port, or --port 0 for free ports`, { cause })
        : new LocalError('PORT_IN_USE', `port ${port} cannot be listened on (${cause.message}); give another one with --port`, { cause }));
    });
    server.listen(port, HOST, resolve);
  });
}

/** Whether it is clear where the request ends, and whom it is for (RFC 9112, sections 3.2 and 6.3). */
function isFramed({ httpVersion, headers }: http.IncomingMessage): boolean {
  const coding = headers['transfer-encoding'];
  return (httpVersion !== '1.1' || headers.host !== undefined) && (coding === undefined || /(^|,)\s*chunked$/i.test(coding));
}

function targetOf({ url = '/' }: http.IncomingMessage): Target {
  // A client that takes this for a proxy sends the whole URL.
  const target = url.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  const queryAt = target.indexOf('?');
  return queryAt < 0 ? { path: target, query: '' } : { path: target.slice(0, queryAt), query: target.slice(queryAt + 1) };
}

function requestHead(target: Target, incoming: http.IncomingMessage): Omit<GatewayRequest, 'body'> {
  return {
    id: randomUUID(),
    receivedAt: new Date(),
    method: incoming.method ?? 'GET',
    ...target,
    headers: pairs(incoming.rawHeaders),
    sourceIp: incoming.socket.remoteAddress ?? HOST,
    protocol: `HTTP/${incoming.httpVersion}`,
    port: incoming.socket.localPort ?? 0,
  };
}

function pairs(rawHeaders: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[2 * index]!, rawHeaders[2 * index + 1]!] as const);
}

function isSendable({ headers }: GatewayResponse): boolean {
  try {
    for (const [name, value] of headers) {
      http.validateHeaderName(name);
      http.validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the answer is out, or the client is gone: either way the request is over. */
async function send(
  outgoing: http.ServerResponse, response: GatewayResponse, { withoutBody, close }: { readonly withoutBody: boolean; readonly close: boolean },
): Promise<void> {
  if (outgoing.destroyed) return;
  const bodiless = response.status === 204 || response.status === 304;
  outgoing.sendDate = !response.headers.some(([name]) => name === 'date');
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  if (!bodiless) outgoing.setHeader('content-length', response.body.length);
  if (close) outgoing.setHeader('connection', 'close');
  outgoing.writeHead(response.status);
  await new Promise<void>((resolve) => {
    outgoing.once('close', resolve);
    outgoing.end(withoutBody || bodiless ? undefined : response.body, resolve);
  });
}
