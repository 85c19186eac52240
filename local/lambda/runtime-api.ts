import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deferred, type Deferred } from './deferred';
import type { FunctionError } from './local-function';
import { streamedPayload } from './streamed-payload';

/** Lambda's limit of a synchronous response: 6 MB and some room for an envelope. */
export const RESPONSE_LIMIT_BYTES = 6_291_556;

export interface Invocation {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly functionArn: string;
  /** JSON. */
  readonly clientContext?: string;
  readonly traceId: string;
}

export type Answer =
  | { readonly kind: 'returned'; readonly payload: unknown; readonly body: Buffer }
  | { readonly kind: 'threw'; readonly error: FunctionError };

export interface RuntimeApiEvents {
  /** The runtime has initialised, or is through with its last invocation. */
  onNext(): void;
  onAnswer(answer: Answer): void;
  onInitError(error: FunctionError): void;
}

const PREFIX = '/2018-06-01/runtime/';
/** A stream that failed is ended on one connection while the next invocation is asked for on another. */
const LATE_ANSWER_MS = 1000;

const NO_ANSWER: FunctionError = {
  errorType: 'Runtime.NoResponse',
  errorMessage: 'The runtime asked for its next invocation and had not answered this one.',
};

/**
 * The side of the Lambda Runtime API that Lambda is on, for one sandbox.
 *
 * Source: "Using the Lambda runtime API for custom runtimes", AWS Lambda developer guide.
 */
export class RuntimeApi {
  static async start(events: RuntimeApiEvents): Promise<RuntimeApi> {
    const api = new RuntimeApi(events);
    await new Promise<void>((resolve, reject) => {
      api.server.once('error', reject);
      api.server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  private readonly server: Server;
  private waiting: ServerResponse | undefined;
  private isLoaded = false;
  private unanswered: { readonly requestId: string; readonly read: Deferred<void> } | undefined;

  private constructor(private readonly events: RuntimeApiEvents) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
    // A handler may take longer than any of Node's defaults before the next call on its connection.
    this.server.keepAliveTimeout = 0;
    this.server.requestTimeout = 0;
  }

  /** Host and port. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Only after `onNext`. */
  deliver(invocation: Invocation): void {
    const response = this.waiting;
    this.waiting = undefined;
    this.unanswered = { requestId: invocation.requestId, read: deferred() };
    response?.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
      'Lambda-Runtime-Deadline-Ms': String(invocation.deadline),
      'Lambda-Runtime-Invoked-Function-Arn': invocation.functionArn,
      'Lambda-Runtime-Trace-Id': invocation.traceId,
      ...(invocation.clientContext === undefined ? {} : { 'Lambda-Runtime-Client-Context': invocation.clientContext }),
    });
    response?.end(invocation.event);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${PREFIX}invocation/next`) {
      await this.next(response);
      return;
    }
    const [, id, action] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method === 'POST' && path === `${PREFIX}init/error`) {
      const { body } = await readBody(request);
      if (this.isLoaded) {
        reply(response, 403, { errorType: 'InvalidStateTransition', errorMessage: 'The runtime has asked for an invocation, and so it was loaded.' });
        return;
      }
      reply(response, 202, { status: 'OK' });
      this.events.onInitError(functionError(body));
    } else if (request.method !== 'POST' || id === undefined) {
      reply(response, 404, { errorType: 'NotFound', errorMessage: `No ${request.method} ${path} in the Runtime API.` });
    } else if (this.unanswered === undefined || decodeURIComponent(id) !== this.unanswered.requestId) {
      request.resume();
      reply(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' });
    } else {
      await this.answer(request, response, action);
    }
  }

  private async next(response: ServerResponse): Promise<void> {
    this.isLoaded = true;
    if (this.unanswered !== undefined) {
      await Promise.race([this.unanswered.read.promise, sleep(LATE_ANSWER_MS, undefined, { ref: false })]);
    }
    if (this.unanswered !== undefined) {
      this.unanswered = undefined;
      this.events.onAnswer({ kind: 'threw', error: NO_ANSWER });
    }
    this.waiting = response;
    this.events.onNext();
  }

  private async answer(request: IncomingMessage, response: ServerResponse, action: string): Promise<void> {
    const { body, isTooLarge } = await readBody(request);
    this.unanswered?.read.resolve();
    this.unanswered = undefined;
    if (isTooLarge) {
      const limit = `maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`;
      this.events.onAnswer({
        kind: 'threw',
        error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage: `Response payload size exceeded ${limit}` },
      });
      reply(response, 413, { errorType: 'RequestEntityTooLarge', errorMessage: `Exceeded ${limit}` });
      return;
    }
    this.events.onAnswer(action === 'error' ? { kind: 'threw', error: functionError(body) } : returned(request, body));
    reply(response, 202, { status: 'OK' });
  }
}

/** A body over the limit is read to its end all the same, so that the runtime gets its reply. */
async function readBody(request: IncomingMessage): Promise<{ body: Buffer; isTooLarge: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= RESPONSE_LIMIT_BYTES) {
      chunks.push(chunk);
    }
  }
  const isTooLarge = size > RESPONSE_LIMIT_BYTES;
  return { body: isTooLarge ? Buffer.alloc(0) : Buffer.concat(chunks), isTooLarge };
}

function returned(request: IncomingMessage, body: Buffer): Answer {
  if (request.headers['lambda-runtime-function-response-mode'] !== 'streaming') {
    return { kind: 'returned', payload: parsed(body), body };
  }
  // A stream that fails midway says so after its body, in a trailer.
  const failure = request.trailers['lambda-runtime-function-error-body'];
  if (typeof failure === 'string') return { kind: 'threw', error: functionError(Buffer.from(failure, 'base64')) };
  const payload = streamedPayload(request.headers['content-type'], body);
  return { kind: 'returned', payload, body: Buffer.from(JSON.stringify(payload)) };
}

/** What a runtime posts that is no JSON says nothing, and is passed on all the same. */
function functionError(body: Buffer): FunctionError {
  const { errorType, errorMessage, trace, stackTrace } = (parsed(body) ?? {}) as Readonly<Record<string, unknown>>;
  const stack = trace ?? stackTrace;
  return {
    errorType: typeof errorType === 'string' ? errorType : 'Error',
    errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    ...(Array.isArray(stack) ? { trace: stack.map(String) } : {}),
    document: body,
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
