import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsService } from './endpoint';
import { ask, until } from '../protocol/store-call';
import { systemClock, type Clock, type Millis, type MonotonicMillis } from '../time';

/** One request to a service, and the most that is read of its answer. */
export interface AwsRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Largest answer in bytes; more is an error. */
  readonly maxBytes: number;
}

/** A service refused a request, or gave no answer that could be read. */
export class AwsRequestError extends Error {
  /** The service's own (`AccessDenied`) where it gave one. */
  public readonly code: string;

  /** @param status HTTP status of the last answer; absent where there was none */
  public constructor(
    message: string,
    public readonly status?: number,
    options: { readonly code?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AwsRequestError';
    this.code = options.code ?? 'IDEMPOTENCY_AWS_REQUEST';
  }
}

/** How long requests may take, in milliseconds. */
export interface RequestLimits {
  readonly perTry: number;
  readonly inTotal: number;
  readonly tries: number;
}

export interface SignedRequestsOptions {
  readonly service: AwsService;
  readonly region: string;
  readonly limits: RequestLimits;
  readonly clock?: Clock;
  /** From 0 up to 1, for jitter. */
  readonly random?: () => number;
}

const FIRST_PAUSE = 50;

/**
 * Requests signed with the function's own credentials (Signature Version 4), for
 * services of which one or two calls are needed: the signer and the HTTP handler
 * are there for DynamoDB already, a client of the SDK would come on top. Sent
 * again, with full jitter, while the service is failing or throttling and time
 * is left.
 */
export class SignedRequests {
  readonly #http = new NodeHttpHandler({ connectionTimeout: 1000 });
  readonly #signer: SignatureV4;
  readonly #limits: RequestLimits;
  readonly #clock: Clock;
  readonly #random: () => number;

  public constructor(options: SignedRequestsOptions) {
    const { service, region, limits, clock = systemClock, random = Math.random } = options;
    this.#limits = limits;
    this.#clock = clock;
    this.#random = random;
    this.#signer = new SignatureV4({
      service,
      region,
      credentials: defaultProvider(),
      sha256: Sha256,
    });
  }

  /**
   * The body of the answer.
   *
   * @param signal fires when nobody waits any more: there will be no further try
   * @throws AwsRequestError
   */
  public async send(request: AwsRequest, signal?: AbortSignal): Promise<Uint8Array> {
    const { perTry, inTotal, tries } = this.#limits;
    const deadline = (this.#clock.monotonic() + inTotal) as MonotonicMillis;
    for (let attempt = 1; ; attempt++) {
      const limit = Math.min(perTry, until(deadline, this.#clock)) as Millis;
      const answer = await ask((options) => this.#once(request, options.signal), limit, this.#clock);
      if (answer.known) return answer.value;
      const pause = (this.#random() * FIRST_PAUSE * 2 ** attempt) as Millis;
      const again = attempt < tries && pause < until(deadline, this.#clock) && signal?.aborted !== true && mayPass(answer.cause);
      if (!again) throw asError(answer.cause, request);
      await this.#clock.sleep(pause);
    }
  }

  async #once({ method, url, headers, body, maxBytes }: AwsRequest, signal?: AbortSignal): Promise<Uint8Array> {
    const signed = await this.#signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query: {},
      headers: { ...headers, host: url.host, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      body,
    });
    const { response } = await this.#http.handle(signed as Parameters<NodeHttpHandler['handle']>[0], { abortSignal: signal });
    const answer = await collect(response.body as AsyncIterable<Uint8Array>, maxBytes, method, url);
    if (response.statusCode >= 200 && response.statusCode < 300) return answer;
    const code = errorCode(answer);
    throw new AwsRequestError(`${method} ${url.host}: ${response.statusCode}${code === undefined ? '' : ` ${code}`}`, response.statusCode, { code });
  }
}

/** Refusals are final; what is overloaded, broken or out of reach may recover. */
const mayPass = (cause: unknown): boolean =>
  !(cause instanceof AwsRequestError) || (cause.status !== undefined && (cause.status >= 500 || cause.status === 429)) || cause.code === 'ThrottlingException';

const asError = (cause: unknown, { method, url }: AwsRequest): AwsRequestError =>
  cause instanceof AwsRequestError ? cause : new AwsRequestError(`${method} ${url.host}: no answer`, undefined, { cause });

async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number, method: string, url: URL): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    // Leaving the loop destroys the stream, and the connection with it.
    if (length > maxBytes) {
      throw new AwsRequestError(`${method} ${url.host}: the answer is larger than ${maxBytes} bytes`, undefined, { code: ANSWER_TOO_LARGE });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

export const ANSWER_TOO_LARGE = 'IDEMPOTENCY_ANSWER_TOO_LARGE';

/** The name of an error in S3's XML or in the JSON of the other services, without whatever else is told. */
function errorCode(answer: Uint8Array): string | undefined {
  const text = Buffer.from(answer.subarray(0, 4096)).toString('utf8');
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1] ?? /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z]{1,64})"/.exec(text)?.[1];
}

/** SHA-256 as the signer wants it. */
class Sha256 {
  #hash: Hash | Hmac;
  readonly #fresh: () => Hash | Hmac;

  public constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#fresh = () => (secret === undefined ? createHash('sha256') : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret)));
    this.#hash = this.#fresh();
  }

  public update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  public async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  public reset(): void {
    this.#hash = this.#fresh();
  }
}

const bytesOf = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
