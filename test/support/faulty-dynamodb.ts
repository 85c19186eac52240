import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request on the wire. */
export type Fate =
  | 'pass'
  /** The server carried it out; the connection ends before anybody hears of it. */
  | 'lose-reply'
  /** The connection ends before the server has it. */
  | 'drop'
  | 'throttle'
  /** Refused by DynamoDB under the name of this error, unread. */
  | { readonly refusal: string };

export interface FaultyDynamoDb {
  readonly endpoint: string;
  /** Operation names in the order received, resends included: `UpdateItem`, `GetItem`. */
  readonly sent: string[];
  stop(): Promise<void>;
}

/** The wire to a DynamoDB; `fate` decides what becomes of each request, by the number of its send. */
export async function faultyDynamoDb(target: string, fate: (operation: string, send: number) => Fate): Promise<FaultyDynamoDb> {
  const sent: string[] = [];
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    sent.push(operation);
    const what = fate(operation, sent.length);
    if (what === 'drop') return void request.socket.destroy();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      if (what === 'throttle') return refuse(response, 'ThrottlingException');
      if (typeof what === 'object') return refuse(response, what.refusal);
      pass(target, request, Buffer.concat(chunks), (answer, body) => {
        if (what === 'lose-reply') return void request.socket.destroy();
        response.writeHead(answer.statusCode!, answer.headers).end(body);
      });
    });
  });
  const port = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    sent,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

function pass(target: string, { url, method, headers }: IncomingMessage, body: Buffer, done: (answer: IncomingMessage, body: Buffer) => void): void {
  const { hostname, port } = new URL(target);
  forward({ hostname, port, path: url, method, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(answer, Buffer.concat(chunks)));
  }).end(body);
}

const refuse = (response: ServerResponse, name: string): void =>
  void response
    .writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
    .end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'refused' }));

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
