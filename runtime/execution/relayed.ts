import { remainingTime } from './call';
import type { AnyHandler } from './call-handler';
import { idempotencyOf, RetryableError, type IdempotentExecution } from './in-handler';
import { InvokeFailure } from './invoke-failure';
import { compact, withWrittenDigits } from './written-digits';
import { AwsRequestError } from '../aws/aws-error';
import type { InvokeReply, InvokeRequest } from '../aws/lambda-invoke';
import { detectFront } from '../request/fronts/detect';
import { asText, field } from '../request/fronts/parts';
import { isPayloadV2 } from '../request/fronts/payload-v2';
import { asPassedOn } from '../response/result-size-on-demand';

export interface Target {
  /** Of the alias or the version, where it is one. */
  readonly arn: string;
  /** Whether its executions have names: they are made of the record's id then. */
  readonly durable: boolean;
  /** Whether it is known to run on Lambda's own Python. */
  readonly python: boolean;
  /** Milliseconds for which it may go on once it is invoked: the lease has to cover them. */
  readonly longest: number;
}

export type Invoke = (request: InvokeRequest) => Promise<InvokeReply>;

/** Name of the derived key that the target is given. */
const DOWNSTREAM = 'downstream';

const LEASE_TOO_SHORT = 'The target has not been invoked: it might go on for longer than the lease.';

/** Lambda's quota for the event of a request-response invocation, in bytes. */
const LARGEST_EVENT = 6_291_456;

/** Kept for answering before Lambda ends the relay, in milliseconds. */
const PARTING_TIME = 250;

/** Pauses before an invocation that was refused for the target's set-up is sent again, in milliseconds. */
const SET_UP_PAUSES = [100, 300, 900];

/**
 * What Lambda could not set up, so that the function has not run: 502, 408 or 409.
 * Not `EFSIOException`, which may be of a file that the handler had open. Source:
 * "Invoke", Lambda API reference, errors.
 */
const SET_UP_FAILED =
  /^(EC2(AccessDenied|Throttled|Unexpected)|ENILimitReached|EFSMount(Connectivity|Failure|Timeout)|InvalidRuntime|InvalidSecurityGroupID|InvalidSubnetID|InvalidZipFile|KMS(AccessDenied|Disabled|InvalidState|NotFound)|SnapStart(NotReady|Timeout)?|SubnetIPAddressLimitReached|ResourceNotReady)Exception$/;

/**
 * A handler that is an invocation of another function. What an execution came to
 * is only what that one says: see the table of outcomes in docs/how-it-works.md.
 */
export const relayed = (target: Target, invoke: Invoke, random: () => number = Math.random): AnyHandler => async (event, context) => {
  const given = context as object;
  const execution = idempotencyOf(given);
  const payload = JSON.stringify(execution === undefined ? event : {
    ...(event as object),
    requestContext: {
      ...(field(event, 'requestContext') as object),
      idempotency: {
        id: execution.id,
        attempt: execution.attempt,
        isTakeover: execution.isTakeover,
        leaseExpiresAt: execution.leaseExpiresAt.toISOString(),
        key: execution.derivedKey(DOWNSTREAM),
      },
    },
  });
  const size = Buffer.byteLength(payload);
  // Lambda may end the connection before it has read what is too large, and nobody would know then that it has refused it.
  if (size > LARGEST_EVENT) {
    throw new InvokeFailure('not-executed', `The target has not run: the event would be ${size} bytes with what the relay adds, and Lambda passes on ${LARGEST_EVENT}.`);
  }
  const sendBy = performance.now() + (execution === undefined ? Infinity : execution.leaseExpiresAt.getTime() - Date.now() - target.longest);
  const durableExecutionName = target.durable && execution !== undefined ? nameOf(execution) : undefined;
  for (const pause of [...SET_UP_PAUSES, undefined]) {
    const begin = sendBy - performance.now();
    if (begin <= 0) throw new InvokeFailure('not-executed', LEASE_TOO_SHORT);
    const limit = Math.max(1, remainingTime(given) - PARTING_TIME);
    const reply = await invoke({ functionName: target.arn, payload, begin, limit, durableExecutionName }).catch(refusedBy);
    if (!SET_UP_FAILED.test(reply.code ?? '')) return resultOf(reply, event, target.python);
    if (pause === undefined || remainingTime(given) < pause + PARTING_TIME) {
      throw new InvokeFailure('not-executed', `The target has not run: ${answered(reply)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pause * random()));
  }
  throw new InvokeFailure('not-executed', 'The target has not run.');
};

/**
 * Lambda begins no second execution of a name. One that followed an execution
 * which has ended, and asked for a retry, needs another name for that; a takeover
 * must not have it, because the execution before it may be running still.
 */
const nameOf = ({ id, attempt, isTakeover }: IdempotentExecution): string => (attempt === 1 || isTakeover ? id : `${id}-${attempt}`);

/** What Lambda answered, where the transport takes it for an error. */
function refusedBy(cause: unknown): InvokeReply {
  if (!(cause instanceof AwsRequestError)) throw cause;
  const { status, code, message, mayHaveTakenEffect } = cause;
  if (status === 502 && SET_UP_FAILED.test(code)) return { status, code, payload: Buffer.alloc(0) };
  throw mayHaveTakenEffect
    ? new InvokeFailure('unknown', `The target may or may not have run: ${message}`, { cause })
    : new InvokeFailure('not-executed', `The target has not run: ${message}`, { cause });
}

const answered = ({ status, code }: InvokeReply): string => `Lambda answered the invocation with ${status}${code === undefined ? '' : ` ${code}`}`;

/** 400, 403, 404 and 413: refused before anything ran. */
const REFUSED = new Set([400, 403, 404, 413]);

const BEGUN_BEFORE = 'an execution of this key was begun before, and what became of it is not known here';

function resultOf(reply: InvokeReply, event: unknown, isPython: boolean): unknown {
  const { status, code, functionError, payload } = reply;
  if (status !== 200) {
    const fate = REFUSED.has(status) ? 'not-executed' : 'unknown';
    const why = code !== undefined && ALREADY_STARTED.test(code) ? `: ${BEGUN_BEFORE}` : '';
    throw new InvokeFailure(fate, `${answered(reply)}${why}.`);
  }
  const text = payload.toString('utf8');
  const result = parsed(text);
  if (functionError === undefined) {
    if (result === undefined) throw new InvokeFailure('ended', 'The target returned what is no JSON.');
    if (isPayloadV2(event)) return isBare(result) ? asResponse(text) : withWrittenDigits(text, result, true);
    return detectFront(event) === undefined ? result : withWrittenDigits(text, result, false);
  }
  const type = beginningOf(asText(field(result, 'errorType')) ?? '');
  const message = asText(field(result, 'errorMessage')) ?? (result === undefined ? text : '');
  if (RETURNED_IN_VAIN.test(type)) throw new InvokeFailure('ended', `The target's result could not be handed on: ${type}.`);
  if (isOfLoading(type, result, isPython)) throw new InvokeFailure('not-executed', `The target has not run, because its code could not be loaded: ${type}.`);
  if (isOfSandbox(type, message)) throw new InvokeFailure('unknown', `The target died: ${type || 'it timed out or exited'}.`);
  if (RETRYABLE.test(type)) throw new RetryableError(beginningOf(message));
  throw Object.assign(new Error(beginningOf(message)), { name: type || 'Error' });
}

/** Source: "Idempotency" of durable functions, AWS Lambda developer guide, which calls it by another name than the API reference. */
const ALREADY_STARTED = /^DurableExecutionAlready(Started|Exists)/;

/** The class by itself, or with its package, module or enclosing class, in the way of Java, Rust, and Ruby, which says `Function<...>`. */
const RETRYABLE = /^(Function<)?([\w.$]+[.$]|(\w+::)+)?RetryableError>?$/;

/** Of a message of megabytes each line of the log would be one as well. */
const MESSAGE_LENGTH = 1000;
const beginningOf = (message: string): string => (message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message);

/** What payload format 2.0 takes for a body. A bare string is one without its quotes, and has no digits to lose. */
const isBare = (result: unknown): boolean => typeof result !== 'string' && field(result, 'statusCode') === undefined;

/** The response that the gateway makes of a bare result. */
const asResponse = (json: string): object => asPassedOn({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: compact(json) });

/** Told by a runtime that has not come to the handler; `Runtime.InvalidEntrypoint` by Lambda itself. */
const NOT_LOADED = new Set(['ImportModuleError', 'UserCodeSyntaxError', 'HandlerNotFound', 'MalformedHandlerName', 'BuiltInModuleConflict', 'InvalidEntrypoint']
  .map((name) => `Runtime.${name}`));

/**
 * Code that threw while it was loaded has the error's own type, and only two
 * runtimes tell it from the handler: Ruby's says `Init<...>`, which Lambda takes
 * from no runtime that has asked for an invocation, and Python's names no
 * request. Others may never name one: theirs are of a handler that has run.
 */
const isOfLoading = (type: string, result: unknown, isPython: boolean): boolean =>
  NOT_LOADED.has(type)
  || (Array.isArray(field(result, 'stackTrace'))
    && (RUBY_INIT.test(type) || (isPython && field(result, 'requestId') === '' && !isOfSandbox(type, ''))));

/** With the class of the error, in its modules. */
const RUBY_INIT = /^Init<[A-Z]\w*(::[A-Z]\w*)*>$/;

/**
 * The handler has returned: its result is larger than Lambda passes on, its
 * runtime (Python, Node.js) could not put it in JSON, or could not read or send it (Ruby's `Runtime<...>`).
 */
const RETURNED_IN_VAIN = /^(Function\.ResponseSizeTooLarge|Runtime\.(Marshal|JSONStringify)Error)$|^Runtime</;

/** Lambda's own errors (`Sandbox.Timedout`, `Runtime.ExitError`), of which older runtimes name no type. */
const isOfSandbox = (type: string, message: string): boolean =>
  /^(Sandbox|Runtime|Extension)\./.test(type) || (type === '' && /Task timed out after|Process exited before|Runtime exited/.test(message));

/** `undefined` where it is no JSON: a runtime may send what it likes, and Python's sends `NaN`. */
function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
