import { PassThrough, Readable } from 'node:stream';
import { arrayBuffer } from 'node:stream/consumers';

/** What a request of node-fetch 2 and 3 says of itself where it differs from the real `Request`. */
export class NodeFetchRequest {
  public readonly method: string;
  public readonly headers: Headers;
  public readonly body: Buffer | null;
  /** Also of one without a body, once it has been read. */
  public bodyUsed = false;

  public constructor(public readonly url: string, { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
    this.method = method;
    this.headers = new Headers(headers);
    this.body = body === undefined ? null : Buffer.from(body);
  }

  public async arrayBuffer(): Promise<ArrayBuffer> {
    this.bodyUsed = true;
    return Uint8Array.from(this.body ?? []).buffer;
  }
}

/** What an answer of node-fetch 2 and 3 is: a stream of Node.js, or bytes. */
export class NodeFetchResponse {
  public readonly status: number;
  public readonly headers: Headers;
  #body: Readable | Buffer;

  public constructor(body: Readable | ArrayBuffer, { status, headers }: { readonly status: number; readonly headers: Headers }) {
    this.status = status;
    this.headers = headers;
    this.#body = body instanceof Readable ? body : Buffer.from(body);
  }

  /** Both copies hang on one stream, which goes on only while both are read. */
  public clone(): NodeFetchResponse {
    if (!(this.#body instanceof Readable)) return new NodeFetchResponse(Uint8Array.from(this.#body).buffer, this);
    const [mine, theirs] = [new PassThrough(), new PassThrough()];
    this.#body.pipe(mine);
    this.#body.pipe(theirs);
    this.#body = mine;
    return new NodeFetchResponse(theirs, this);
  }

  public async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#body instanceof Readable ? arrayBuffer(this.#body) : Uint8Array.from(this.#body).buffer;
  }

  public async text(): Promise<string> {
    return Buffer.from(await this.arrayBuffer()).toString();
  }
}
