import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { freePort } from './ports';

export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', AWS_SESSION_TOKEN: 'session' };

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `hang`: never answered; `cut`: the connection ends. */
export type ServiceReply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array }
  | 'hang'
  | 'cut';

/** A server that answers as told, call by call, and keeps what it received. */
export interface TestService {
  readonly endpoint: string;
  readonly received: ReceivedRequest[];
  /** Decides each reply, by the number of the request, 1 for the first. */
  reply: (number: number, request: ReceivedRequest) => ServiceReply;
  /** How many connections there have been. */
  connections(): number;
  /** Ends all connections. */
  disconnect(): void;
  stop(): Promise<void>;
}

export async function startService(): Promise<TestService> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const arrived = { method, path: url, headers, body: Buffer.concat(chunks) };
      const answer = service.reply(received.push(arrived), arrived);
      if (answer === 'hang') return;
      if (answer === 'cut') return void request.socket.destroy();
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  let connections = 0;
  server.on('connection', () => connections++);
  const port = await freePort();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const service: TestService = {
    endpoint: `http://127.0.0.1:${port}`,
    received,
    connections: () => connections,
    disconnect: () => server.closeAllConnections(),
    reply: () => ({ status: 200 }),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return service;
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * The signature that a request should bear, from "Create a signed AWS API
 * request" and not from the library that made it. Without query strings.
 */
export function expectedSignature({ method, path, headers, body }: ReceivedRequest, secret = CREDENTIALS.AWS_SECRET_ACCESS_KEY): string {
  const [, scope, names] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+),/.exec(String(headers.authorization))!;
  const [day, region, service] = scope!.split('/') as [string, string, string];
  const canonicalHeaders = names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonicalRequest = [method, path, '', canonicalHeaders, names, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonicalRequest)].join('\n');
  const key = [region, service, 'aws4_request'].reduce((derived, part) => hmac(derived, part), hmac(`AWS4${secret}`, day));
  return hmac(key, toSign).toString('hex');
}

export const signatureOf = ({ headers }: ReceivedRequest): string => /Signature=([0-9a-f]+)/.exec(String(headers.authorization))![1]!;
