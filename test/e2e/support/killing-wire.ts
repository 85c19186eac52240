import { createServer, request as forward, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** When somebody is killed: by what is on its way to or from DynamoDB at that moment. */
export interface Point {
  readonly operation: 'UpdateItem' | 'TransactWriteItems';
  /**
   * - `before`: it never arrives
   * - `late`: it arrives when `deliver` is called, long after who sent it is dead
   * - `untold`: it is carried out, and its answer is lost
   * - `told`: it is carried out, and its answer is on its way
   */
  readonly when: 'before' | 'late' | 'untold' | 'told';
}

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The wire to a DynamoDB, on which one message is the last that somebody sends. */
export class KillingWire {
  static async to(target: string): Promise<KillingWire> {
    const wire = new KillingWire(target);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  #armed: { readonly point: Point; readonly kill: () => void } | undefined;
  #late: Message | undefined;
  readonly #server: Server;

  private constructor(private readonly target: string) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        void this.#carry({ headers: request.headers, body: Buffer.concat(chunks) }, response);
      });
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Kills at the next message of the point's. */
  arm(point: Point, kill: () => void): void {
    this.#armed = { point, kill };
  }

  get armed(): boolean {
    return this.#armed !== undefined;
  }

  /** Lets what was held arrive; its answer. */
  async deliver(): Promise<{ readonly status: number; readonly body: string }> {
    const { status, body } = await this.#pass(this.#late!);
    return { status, body: body.toString() };
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #carry(message: Message, response: ServerResponse): Promise<void> {
    const struck = this.#strikeOf(message);
    if (struck !== undefined && (struck.point.when === 'before' || struck.point.when === 'late')) {
      struck.kill();
      this.#late = message;
      return void response.destroy();
    }
    const { status, headers, body } = await this.#pass(message);
    if (struck?.point.when === 'untold') {
      struck.kill();
      return void response.destroy();
    }
    response.writeHead(status, headers).end(body, () => struck?.kill());
  }

  #strikeOf({ headers }: Message): { readonly point: Point; readonly kill: () => void } | undefined {
    const armed = this.#armed;
    if (armed === undefined || !String(headers['x-amz-target']).endsWith(`.${armed.point.operation}`)) return undefined;
    this.#armed = undefined;
    return armed;
  }

  #pass({ headers, body }: Message): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }> {
    return new Promise((resolve, reject) => {
      forward(this.target, { method: 'POST', headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
          resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) });
        });
      }).on('error', reject).end(body);
    });
  }
}
