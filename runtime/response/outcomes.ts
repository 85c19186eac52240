import { prefers } from './accept';
import { corsHeaders } from './cors';
import { retryHints } from './retry-hints';
import type { WireCors } from '../../lib/contract';
import type { HttpRequest, HttpResponse } from '../request/fronts/front';
import type { KeyFault } from '../request/key';

/** Why the wrapper answers in the handler's place. */
export type Refusal =
  | { readonly kind: 'conflict' | 'mismatch' | 'key-missing' | 'tenant-missing' | 'store-unavailable' | 'commit-unknown' | 'result-too-large' | 'response-expired' | 'key-expired' }
  | { readonly kind: 'key-invalid'; readonly reason: KeyFault };

export type IdempotencyErrorCode =
  | 'IDEMPOTENCY_CONFLICT'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IDEMPOTENCY_KEY_MISSING'
  | 'IDEMPOTENCY_KEY_INVALID'
  | 'IDEMPOTENCY_TENANT_MISSING'
  | 'IDEMPOTENCY_STORE_UNAVAILABLE'
  | 'IDEMPOTENCY_RESULT_TOO_LARGE'
  | 'IDEMPOTENCY_RESPONSE_EXPIRED'
  | 'IDEMPOTENCY_KEY_EXPIRED';

/** An error of the wrapper as its clients see it, and as `formatError` is given it. */
export interface IdempotencyError {
  readonly code: IdempotencyErrorCode;
  readonly message: string;
  /** The HTTP status. */
  readonly status: number;
}

interface Outcome {
  readonly status: number;
  readonly code: IdempotencyErrorCode;
  /** What RFC 9457 calls the title: the same at every occurrence. */
  readonly title: string;
  /** Whether the very same request may succeed later; also the value of the retry hint headers. */
  readonly retry: boolean;
  /** Seconds. Never the remaining lease: clients would wait it out, or give up. */
  readonly retryAfter?: number;
}

export const OUTCOMES: Readonly<Record<Refusal['kind'], Outcome>> = {
  'conflict': {
    status: 409,
    code: 'IDEMPOTENCY_CONFLICT',
    title: 'A request is outstanding for this idempotency key',
    retry: true,
    retryAfter: 1,
  },
  'mismatch': { status: 422, code: 'IDEMPOTENCY_KEY_REUSED', title: 'Idempotency key is already used', retry: false },
  'key-missing': { status: 400, code: 'IDEMPOTENCY_KEY_MISSING', title: 'Idempotency key is missing', retry: false },
  'key-invalid': { status: 400, code: 'IDEMPOTENCY_KEY_INVALID', title: 'Idempotency key is invalid', retry: false },
  'tenant-missing': { status: 403, code: 'IDEMPOTENCY_TENANT_MISSING', title: 'Tenant is missing', retry: false },
  'store-unavailable': {
    status: 503,
    code: 'IDEMPOTENCY_STORE_UNAVAILABLE',
    title: 'Idempotency store is unavailable',
    retry: true,
    retryAfter: 1,
  },
  'commit-unknown': {
    status: 503,
    code: 'IDEMPOTENCY_STORE_UNAVAILABLE',
    title: 'Idempotency store is unavailable',
    retry: true,
    retryAfter: 1,
  },
  'result-too-large': { status: 410, code: 'IDEMPOTENCY_RESULT_TOO_LARGE', title: 'Result is not kept', retry: false },
  'response-expired': { status: 410, code: 'IDEMPOTENCY_RESPONSE_EXPIRED', title: 'Response is kept no longer', retry: false },
  'key-expired': { status: 412, code: 'IDEMPOTENCY_KEY_EXPIRED', title: 'Idempotency key is too old', retry: false },
};

const KEY_FAULTS: Readonly<Record<KeyFault, string>> = {
  'empty': 'The idempotency key is empty',
  'several': 'The request has more than one idempotency key',
  'comma': 'The request has more than one idempotency key, or a comma in one that is not quoted',
  'quote': 'The idempotency key is not quoted as a whole: quote both ends or none, and put nothing after it',
  'escape': 'The idempotency key has a backslash before something other than a quote or a backslash',
  'character': 'The idempotency key has something other than visible ASCII characters in it, or a space and no quotes around it',
  'too-long': 'The idempotency key is longer than 255 characters',
  'too-short': 'The idempotency key is shorter than this API accepts',
  'no-time': 'The idempotency key is not a UUID of version 7, which this API takes the time of an operation from',
  'time-missing': 'The header that says when the operation was first sent is missing',
  'time-invalid': 'The header that says when the operation was first sent is not one HTTP date, such as Sun, 06 Nov 1994 08:49:37 GMT',
  'time-ahead': 'The operation was first sent at a time that is more than 5 minutes ahead: look at the clock of the client',
};

/** Where each code is explained; the link's target is part of the public interface. */
const DOCUMENTATION = 'https://github.com/cdk-idempotent-api/cdk-idempotent-api/blob/main/docs/errors.md#';

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

export interface ErrorRules {
  readonly headerName: string;
  readonly errorFormat: 'json' | 'problem';
  /** Headers that tell a client whether a retry makes sense. */
  readonly retryHintHeaders: readonly string[];
  readonly formatError?: (error: IdempotencyError) => unknown;
  readonly cors?: WireCors;
}

export function errorOf(refusal: Refusal, headerName: string): IdempotencyError {
  const { code, status } = OUTCOMES[refusal.kind];
  return { code, message: messageOf(refusal, headerName), status };
}

function messageOf(refusal: Refusal, headerName: string): string {
  switch (refusal.kind) {
    case 'conflict':
      return 'A request with this idempotency key is already being processed';
    case 'mismatch':
      return 'Idempotency key already used for different request';
    case 'key-missing':
      return `The header ${headerName} is required`;
    case 'key-invalid':
      return KEY_FAULTS[refusal.reason];
    case 'tenant-missing':
      return 'The tenant of the caller could not be determined';
    case 'store-unavailable':
      return 'The idempotency record is out of reach, so the request was not executed';
    case 'commit-unknown':
      return 'The idempotency record is out of reach, so it is not known whether the request was executed: send it again with the same key';
    case 'result-too-large':
      return 'The request was executed, and its response was too large to keep';
    case 'response-expired':
      return 'The request was executed, and its response is kept no longer';
    case 'key-expired':
      return 'The idempotency key is older than this API remembers, so the request was not executed';
  }
}

/**
 * The response that a refusal is answered with: `{"code","message","status"}`,
 * or RFC 9457 where it is configured or the client's `Accept` ranks it higher,
 * or what `formatError` makes of it.
 *
 * @param onFormatFailure told why `formatError` gave no body; the client then gets the first form
 */
export function errorResponse(
  refusal: Refusal,
  request: Pick<HttpRequest, 'headers'>,
  rules: ErrorRules,
  onFormatFailure: (cause: unknown) => void,
): HttpResponse {
  const outcome = OUTCOMES[refusal.kind];
  const { contentType, body, link } = bodyOf(outcome, errorOf(refusal, rules.headerName), request, rules, onFormatFailure);
  const hints: readonly (readonly [string, string])[] = [
    ...(outcome.retryAfter === undefined ? [] : [['Retry-After', String(outcome.retryAfter)] as const]),
    ...retryHints(rules.retryHintHeaders, outcome.retry),
  ];
  const origin = request.headers.get('origin')?.[0];
  return {
    statusCode: outcome.status,
    headers: [['Content-Type', contentType], ...(link === undefined ? [] : [['Link', link] as const]), ...hints, ...corsHeaders(rules.cors, origin, hints.map(([name]) => name))],
    cookies: [],
    body,
    isBase64Encoded: false,
  };
}

function bodyOf(
  { title }: Outcome,
  error: IdempotencyError,
  request: Pick<HttpRequest, 'headers'>,
  rules: ErrorRules,
  onFormatFailure: (cause: unknown) => void,
): { readonly contentType: string; readonly body: string; readonly link?: string } {
  const { code, message, status } = error;
  const plain = { contentType: JSON_TYPE, body: JSON.stringify({ code, message, status }), link: linkTo(code) };
  if (rules.formatError !== undefined) {
    try {
      return { contentType: JSON_TYPE, body: formatted(rules.formatError({ ...error })) };
    } catch (cause) {
      onFormatFailure(cause);
      return plain;
    }
  }
  if (rules.errorFormat === 'json' && !prefers(request.headers.get('accept') ?? [], PROBLEM_TYPE, JSON_TYPE)) return plain;
  const type = DOCUMENTATION + code.toLowerCase();
  return { contentType: PROBLEM_TYPE, body: JSON.stringify({ type, title, status, detail: message, code }) };
}

/**
 * What a problem document's `type` is for, where the body has none:
 * draft-ietf-httpapi-idempotency-key-header-07, section 2.7.
 */
const linkTo = (code: IdempotencyErrorCode): string => `<${DOCUMENTATION}${code.toLowerCase()}>; rel="describedby"; type="text/html"`;

/** A string is the body as it stands, anything else that JSON can hold is written as JSON. */
function formatted(result: unknown): string {
  if (typeof result === 'string') return result;
  if (result instanceof Promise) {
    // Nobody waits for it, and an unhandled rejection would end the process.
    result.catch(() => undefined);
    throw new TypeError('formatError returned a promise; return the body itself');
  }
  const json = JSON.stringify(result) as string | undefined;
  if (json === undefined || result === null) throw new TypeError('formatError returned no body; return an object or a string');
  return json;
}
