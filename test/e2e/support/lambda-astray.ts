import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer of Lambda's. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What becomes of one invocation; `invoke` lets it through to Lambda. */
export type Fate = (invoke: () => Promise<Answered>, response: ServerResponse, number: number) => void | Promise<void>;

/** What lies between a relay and Lambda: it lets an invocation through, or does with it what a test says. */
export class LambdaAstray {
  static async start(): Promise<LambdaAstray> {
    const astray = new LambdaAstray();
    await new Promise<void>((resolve) => astray.server.listen(0, '127.0.0.1', resolve));
    return astray;
  }

  /** Where Lambda itself is; known once it runs. */
  behind: string | undefined;
  invocations = 0;
  private fate: Fate | undefined;
  private readonly server = createServer((request, response) => {
    void this.serve(request, response).catch(() => response.destroy());
  });

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From here on. */
  does(fate: Fate): void {
    this.invocations = 0;
    this.fate = fate;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    const number = (this.invocations += 1);
    await this.fate?.(() => forward(`${this.behind}${request.url}`, request, body), response, number);
  }
}

function forward(url: string, { method, headers }: IncomingMessage, body: Buffer): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers, agent: false }, (response) => {
      bytesOf(response).then((bytes) => resolve({ status: response.statusCode!, headers: response.headers, body: bytes }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What Lambda answered, as it answered. */
export const passOn = ({ status, headers, body }: Answered, response: ServerResponse): void => void response.writeHead(status, headers).end(body);

/** A refusal of Lambda's own. */
export const refuse = (response: ServerResponse, status: number, type: string): void =>
  void response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type }).end('{}');
