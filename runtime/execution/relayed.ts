import { remainingTime } from './call';
import type { AnyHandler } from './call-handler';
import { idempotencyOf, RetryableError } from './in-handler';
import { InvokeFailure } from './invoke-failure';
import { AwsRequestError } from '../aws/aws-error';
import type { InvokeReply, InvokeRequest } from '../aws/lambda-invoke';
import { field } from '../request/fronts/parts';

export interface Target {
  /** Of the alias or the version, where it is one. */
  readonly arn: string;
  /** Whether its executions have names: then the record's id is the name. */
  readonly durable: boolean;
  /** Milliseconds for which it may go on once it is invoked: the lease has to cover them. */
  readonly longest: number;
}

export type Invoke = (request: InvokeRequest) => Promise<InvokeReply>;

/** Name of the derived key that the target is given. */
const DOWNSTREAM = 'downstream';

const LEASE_TOO_SHORT = 'The target has not been invoked: it might go on for longer than the lease.';

/** Kept for answering before Lambda ends the relay, in milliseconds. */
const PARTING_TIME = 250;

/** Pauses before an invocation that was refused for the target's set-up is sent again, in milliseconds. */
const SET_UP_PAUSES = [100, 300, 900];

/** 502: what Lambda could not set up, so that the function has not run. Source: "Invoke", Lambda API reference, errors. */
const SET_UP_FAILED =
  /^(EC2(AccessDenied|Throttled|Unexpected)|ENILimitReached|EFS(IO|MountConnectivity|MountFailure|MountTimeout)|InvalidRuntime|InvalidSecurityGroupID|InvalidSubnetID|InvalidZipFile|KMS(AccessDenied|Disabled|InvalidState|NotFound)|SnapStart(NotReady|Timeout)?|SubnetIPAddressLimitReached|ResourceNotReady)Exception$/;

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
  const sendBy = performance.now() + (execution === undefined ? Infinity : execution.leaseExpiresAt.getTime() - Date.now() - target.longest);
  const durableExecutionName = target.durable ? execution?.id : undefined;
  for (const pause of [...SET_UP_PAUSES, undefined]) {
    const begin = sendBy - performance.now();
    if (begin <= 0) throw new InvokeFailure('not-executed', LEASE_TOO_SHORT);
    try {
      const limit = Math.max(1, remainingTime(given) - PARTING_TIME);
      return resultOf(await invoke({ functionName: target.arn, payload, begin, limit, durableExecutionName }));
    } catch (cause) {
      if (!(cause instanceof AwsRequestError)) throw cause;
      const notSetUp = cause.status === 502 && SET_UP_FAILED.test(cause.code);
      if (!notSetUp && cause.mayHaveTakenEffect) throw new InvokeFailure('unknown', `The target may or may not have run: ${cause.message}`, { cause });
      if (!notSetUp || pause === undefined || remainingTime(given) < pause + PARTING_TIME) {
        throw new InvokeFailure('not-executed', `The target has not run: ${cause.message}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, pause * random()));
    }
  }
  throw new InvokeFailure('not-executed', 'The target has not run.');
};

/** 400, 403, 404 and 413: refused before anything ran. */
const REFUSED = new Set([400, 403, 404, 413]);

function resultOf({ status, code, functionError, payload }: InvokeReply): unknown {
  if (status !== 200) {
    const fate = REFUSED.has(status) ? 'not-executed' : 'unknown';
    throw new InvokeFailure(fate, `Lambda answered the invocation with ${status}${code === undefined ? '' : ` ${code}`}.`);
  }
  const text = payload.toString('utf8');
  const result = parsed(text);
  if (functionError === undefined) {
    if (result === undefined) throw new InvokeFailure('ended', 'The target returned what is no JSON.');
    return result;
  }
  const type = String(field(result, 'errorType') ?? '');
  const message = String(field(result, 'errorMessage') ?? (result === undefined ? text : ''));
  if (RETURNED_IN_VAIN.has(type)) throw new InvokeFailure('ended', `The target's result could not be handed on: ${type}.`);
  if (isOfSandbox(type, message)) throw new InvokeFailure('unknown', `The target died: ${type || 'it timed out or exited'}.`);
  if (type === 'RetryableError') throw new RetryableError(message);
  throw Object.assign(new Error(message), { name: type || 'Error' });
}

/** The handler has returned: its result is larger than Lambda passes on, or its runtime (Python, Node.js) could not put it in JSON. */
const RETURNED_IN_VAIN = new Set(['Function.ResponseSizeTooLarge', 'Runtime.MarshalError', 'Runtime.JSONStringifyError']);

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
