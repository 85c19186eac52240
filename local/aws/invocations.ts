import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { listenOnFreePort, type LocalService } from './service';
import { readBody } from '../http/body';
import type { InvocationRequest, InvocationResult } from '../lambda/local-function';
import { reasonOf } from '../local-error';

/** Lambda's quotas for a payload: 6 MB with request and response, 1 MB as an event. */
const MAX_REQUEST_BYTES = 6 * 1024 * 1024;
const MAX_EVENT_BYTES = 1024 * 1024;

/**
 * How long an invocation may queue, in milliseconds. On Lambda none does: it
 * runs at once or is throttled. What a relay waits for must not begin so late
 * that it outlives the relay's lease.
 */
const LONGEST_WAIT = 5_000;

/** A function as a caller names it: by its name, or by an ARN or the end of one. */
export interface InvokeReference {
  readonly name: string;
  readonly account?: string;
  readonly region?: string;
  /** A version or an alias. */
  readonly qualifier?: string;
}

export interface InvokeTarget {
  /** Without a qualifier. */
  readonly arn: string;
  readonly timeoutSeconds: number;
  run(request: InvocationRequest): Promise<InvocationResult>;
}

/** `undefined` where there is no such function; `absent` says why one cannot run here. */
export type FindTarget = (reference: InvokeReference) => InvokeTarget | { readonly absent: string } | undefined;

/** `123456789012:function:pay:live`, with or without what stands before the name and behind it. */
const NAME = /^(?:arn:[^:]+:lambda:(?<region>[^:]+):)?(?:(?<account>\d{12}):function:)?(?<name>[^:]+)(?::(?<inName>[^:]+))?$/;

/**
 * Invoke of Lambda, for whoever is led here: `POST
 * /2015-03-31/functions/{name}/invocations`. What is invoked as an event runs
 * once; nothing is sent to a dead-letter queue or tried again.
 *
 * Source: "Invoke", AWS Lambda API reference.
 */
export function startInvocations(find: FindTarget, { longestWait = LONGEST_WAIT }: { readonly longestWait?: number } = {}): Promise<LocalService> {
  const server = http.createServer((request, response) => {
    const requestId = randomUUID();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    void answerTo(request, requestId, find, () => AbortSignal.any([gone.signal, AbortSignal.timeout(longestWait)]))
      .catch((error: unknown) => failure(500, 'ServiceException', reasonOf(error), 'Service'))
      .then(({ status, headers, body }) => response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...headers }).end(body));
  });
  // A function may take longer than any of Node's defaults.
  server.requestTimeout = 0;
  return listenOnFreePort(server);
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

async function answerTo(request: http.IncomingMessage, requestId: string, find: FindTarget, waiting: () => AbortSignal): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://lambda');
  const [, encoded] = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/.exec(url.pathname) ?? [];
  const type = header(request, 'x-amz-invocation-type') ?? 'RequestResponse';
  const limit = type === 'Event' ? MAX_EVENT_BYTES : MAX_REQUEST_BYTES;
  const body = await readBody(request, limit);
  if (request.method !== 'POST' || encoded === undefined) return failure(404, 'UnknownOperationException', `${request.method} ${url.pathname} is not run locally: Invoke is`);
  if (body === 'aborted') return { status: 400 };

  const reference = referenceOf(decodeURIComponent(encoded), url.searchParams.get('Qualifier') ?? undefined);
  const target = reference && find(reference);
  if (target === undefined) return failure(404, 'ResourceNotFoundException', `Function not found: ${decodeURIComponent(encoded)}${reference?.qualifier === undefined ? '' : `:${reference.qualifier}`}`);
  if ('absent' in target) return failure(404, 'ResourceNotFoundException', target.absent);
  if (body === 'too-large') return failure(413, 'RequestTooLargeException', `Request must be smaller than ${limit} bytes for the InvokeFunction operation`);
  const event = body.length === 0 ? '{}' : body.toString('utf8');
  const problem = jsonProblem(event);
  if (problem !== undefined) return failure(400, 'InvalidRequestContentException', `Could not parse request body into json: ${problem}`);

  const clientContext = header(request, 'x-amz-client-context');
  const invocation: InvocationRequest = {
    requestId,
    event,
    ...(clientContext === undefined ? {} : { clientContext: Buffer.from(clientContext, 'base64').toString('utf8') }),
    functionArn: reference?.qualifier === undefined ? target.arn : `${target.arn}:${reference.qualifier}`,
  };
  switch (type) {
    case 'RequestResponse':
      return answerOf(await target.run({ ...invocation, refusesToWait: true, signal: waiting() }), requestId, target.timeoutSeconds);
    case 'Event':
      void target.run(invocation);
      return { status: 202 };
    case 'DryRun':
      return { status: 204 };
    default:
      return failure(400, 'InvalidParameterValueException', `The invocation type ${type} is none of RequestResponse, Event and DryRun`);
  }
}

/** A qualifier may stand behind the name as well; two that differ name nothing. */
function referenceOf(text: string, qualifier: string | undefined): InvokeReference | undefined {
  const { name, account, region, inName } = NAME.exec(text)?.groups ?? {};
  if (name === undefined || (qualifier !== undefined && inName !== undefined && qualifier !== inName)) return undefined;
  const named = qualifier ?? inName;
  return {
    name,
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(named === undefined ? {} : { qualifier: named }),
  };
}

function answerOf(result: InvocationResult, requestId: string, timeoutSeconds: number): Answer {
  const headers = { 'x-amz-executed-version': '$LATEST' };
  const failed = (body: Buffer | string) => ({ status: 200, headers: { ...headers, 'x-amz-function-error': 'Unhandled' }, body });
  const sandbox = (errorType: string, message: string) => failed(JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` }));
  switch (result.kind) {
    case 'returned':
      return { status: 200, headers, body: result.body };
    case 'threw': {
      const { document, errorType, errorMessage, trace } = result.error;
      return failed(document ?? JSON.stringify({ errorType, errorMessage, ...(trace ? { trace } : {}) }));
    }
    case 'timed-out':
      return sandbox('Sandbox.Timedout', `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`);
    case 'crashed':
      return sandbox('Runtime.ExitError', result.detail);
    case 'throttled':
      return {
        status: 429,
        headers: { 'x-amzn-errortype': 'TooManyRequestsException' },
        body: JSON.stringify({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User', message: 'Rate Exceeded.' }),
      };
  }
}

const failure = (status: number, type: string, message: string, who: 'User' | 'Service' = 'User'): Answer =>
  ({ status, headers: { 'x-amzn-errortype': type }, body: JSON.stringify({ Type: who, Message: message }) });

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

const header = ({ headers }: http.IncomingMessage, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};
