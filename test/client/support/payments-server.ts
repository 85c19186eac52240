import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { httpApiEvent, idempotentWith } from '../../../runtime/testing';
import { observed } from '../../support/quiet';

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** What a payment is answered with. */
export interface Payment {
  /** Who asked for it. */
  readonly call: string;
  /** Which effect it was, of all. */
  readonly effect: number;
}

export interface PaymentsServer extends RunningServer {
  /** One entry for each time that the handler took effect: who asked for it. */
  readonly effects: readonly string[];
  /** How the answers of the wrapper came about: statuses, and replays apart. */
  readonly answers: Readonly<Record<string, number>>;
}

interface Result {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'content-type,idempotency-key',
  'access-control-allow-methods': 'POST',
  'access-control-expose-headers': 'X-Idempotent-Replay,X-Should-Retry,Retry-After',
};

/**
 * A handler under `idempotent()`, with records in memory, behind a real HTTP
 * server. A body is `{"call":"…","takesMs":5}`, or `{"call":"…","untilConflict":true}`
 * for a handler that ends once a duplicate of a request has been told 409.
 */
export async function startPayments(): Promise<PaymentsServer> {
  const effects: string[] = [];
  const answers: Record<string, number> = {};
  const waiting: (() => void)[] = [];
  const { logger, metrics } = observed();
  const handler = idempotentWith({}, async (event: { readonly body: string }) => {
    const { call, takesMs = 0, untilConflict = false } = JSON.parse(event.body) as { call: string; takesMs?: number; untilConflict?: boolean };
    const effect = effects.push(call);
    await new Promise<void>((resolve) => untilConflict ? waiting.push(resolve) : setTimeout(resolve, takesMs));
    return { statusCode: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ call, effect } satisfies Payment) };
  }, { store: new MemoryStore(), includeRequestHash: true, logger, metrics, namespace: 'payments' });

  return {
    ...await listen(async (request, response) => {
      if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end();
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const event = httpApiEvent({ method: request.method, path: request.url, headers, body: (await bytesOf(request)).toString() });
      const result = await handler(event as never, { getRemainingTimeInMillis: () => 30_000 }) as Result;
      const isReplay = new Headers(result.headers).get('x-idempotent-replay') === 'true';
      const kind = isReplay ? 'replay' : String(result.statusCode);
      answers[kind] = (answers[kind] ?? 0) + 1;
      if (kind === '409') waiting.splice(0).forEach((end) => end());
      response.writeHead(result.statusCode, { ...result.headers, ...CORS }).end(result.body);
    }),
    effects,
    answers,
  };
}

export async function listen(serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<RunningServer> {
  const server: Server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
