import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operationOf, type Operation } from './operations';

/** What becomes of a request on its way to DynamoDB, or of the answer on its way back. */
export const FAULTS = [
  'lost reply', 'dropped', '5xx', 'throttled', 'hang', 'delayed', 'refused without the item', 'access denied', 'table missing',
] as const;

export type Fault = typeof FAULTS[number];

const ANSWERS: Partial<Record<Fault, readonly [status: number, type: string]>> = {
  '5xx': [500, 'InternalServerError'],
  'throttled': [400, 'ThrottlingException'],
  'refused without the item': [400, 'ConditionalCheckFailedException'],
  'access denied': [400, 'AccessDeniedException'],
  'table missing': [400, 'ResourceNotFoundException'],
};

export interface Wire {
  readonly endpoint: string;
  /** Carries out what was delayed. */
  deliver(): Promise<void>;
  stop(): Promise<void>;
}

/** The wire to a DynamoDB. `fate` decides for each send of an operation, counted from 1; it need not be said for what passes. */
export async function wireTo(target: string, fate: (operation: Operation, send: number) => Fault | undefined): Promise<Wire> {
  const sends = new Map<Operation, number>();
  const delayed: (() => Promise<unknown>)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks);
      const operation = operationOf(String(request.headers['x-amz-target']), body.toString());
      const send = (sends.get(operation) ?? 0) + 1;
      sends.set(operation, send);
      const fault = fate(operation, send);
      const answer = fault && ANSWERS[fault];
      if (answer !== undefined) return refuse(response, operation, ...answer);
      if (fault === 'dropped') return void request.socket.destroy();
      if (fault === 'hang') return;
      if (fault === 'delayed') return void delayed.push(() => pass(target, request, body));
      void pass(target, request, body).then(([head, text]) => {
        if (fault === 'lost reply') return void request.socket.destroy();
        response.writeHead(head.statusCode!, head.headers).end(text);
      }, () => request.socket.destroy());
    });
  });
  return {
    endpoint: `http://127.0.0.1:${await listen(server)}`,
    deliver: async () => {
      for (const late of delayed.splice(0)) await late();
    },
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** A transaction that an item refuses says so by its place among the reasons. */
function refuse(response: ServerResponse, operation: Operation, status: number, type: string): void {
  const cancelled = operation === 'commit' && type === 'ConditionalCheckFailedException';
  const document = cancelled
    ? { __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException', CancellationReasons: [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }] }
    : { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type };
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(document));
}

function pass(target: string, { url, method, headers }: IncomingMessage, body: Buffer): Promise<readonly [IncomingMessage, Buffer]> {
  const { hostname, port } = new URL(target);
  return new Promise((resolve, reject) => {
    forward({ hostname, port, path: url, method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve([answer, Buffer.concat(chunks)]));
    }).on('error', reject).end(body);
  });
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
