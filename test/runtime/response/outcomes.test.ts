import { HEADERS } from '../../../lib/contract';
import type { KeyFault } from '../../../runtime/request/key';
import { errorOf, errorResponse, OUTCOMES, type ErrorRules, type IdempotencyError, type Refusal } from '../../../runtime/response/outcomes';
import { retryHints } from '../../../runtime/response/retry-hints';

const RULES: ErrorRules = { headerName: 'Idempotency-Key', errorFormat: 'json', retryHintHeaders: [HEADERS.SHOULD_RETRY] };
const CONFLICT: Refusal = { kind: 'conflict' };

const answer = (refusal: Refusal, rules: Partial<ErrorRules> = {}, headers: Record<string, readonly string[]> = {}) => {
  const failures: unknown[] = [];
  const response = errorResponse(refusal, { headers: new Map(Object.entries(headers)) }, { ...RULES, ...rules }, (cause) => failures.push(cause));
  return { ...response, failures, header: (name: string) => response.headers.filter(([sent]) => sent === name).map(([, value]) => value) };
};

describe('each outcome', () => {
  test.each<[Refusal, number, string, string, string | undefined, boolean]>([
    [{ kind: 'conflict' }, 409, 'IDEMPOTENCY_CONFLICT', 'A request with this idempotency key is already being processed', '1', true],
    [{ kind: 'mismatch' }, 422, 'IDEMPOTENCY_KEY_REUSED', 'Idempotency key already used for different request', undefined, false],
    [{ kind: 'key-missing' }, 400, 'IDEMPOTENCY_KEY_MISSING', 'The header Idempotency-Key is required', undefined, false],
    [{ kind: 'key-invalid', reason: 'empty' }, 400, 'IDEMPOTENCY_KEY_INVALID', 'The idempotency key is empty', undefined, false],
    [{ kind: 'tenant-missing' }, 403, 'IDEMPOTENCY_TENANT_MISSING', 'The tenant of the caller could not be determined', undefined, false],
    [{ kind: 'store-unavailable' }, 503, 'IDEMPOTENCY_STORE_UNAVAILABLE',
      'The idempotency record is out of reach, so the request was not executed', '1', true],
    [{ kind: 'result-too-large' }, 410, 'IDEMPOTENCY_RESULT_TOO_LARGE',
      'The request was executed, and its response was too large to keep', undefined, false],
  ])('%j is answered with %i %s', (refusal, status, code, message, retryAfter, shouldRetry) => {
    const response = answer(refusal);
    expect(response.statusCode).toBe(status);
    expect(response.body).toBe(`{"code":"${code}","message":"${message}","status":${status}}`);
    expect(response.headers).toEqual([
      ['Content-Type', 'application/json'],
      ['Link', `<https://github.com/cdk-idempotent-api/cdk-idempotent-api/blob/main/docs/errors.md#${code.toLowerCase()}>; rel="describedby"; type="text/html"`],
      ...(retryAfter === undefined ? [] : [['Retry-After', retryAfter]]),
      ['X-Should-Retry', String(shouldRetry)],
    ]);
    expect(response).toMatchObject({ cookies: [], isBase64Encoded: false });
  });

  test('every fault of a key has a message of its own, and none repeats the key', () => {
    const faults: readonly KeyFault[] = ['empty', 'several', 'comma', 'quote', 'escape', 'character', 'too-long', 'too-short'];
    const messages = faults.map((reason) => errorOf({ kind: 'key-invalid', reason }, 'Idempotency-Key').message);
    expect(new Set(messages).size).toBe(faults.length);
    expect(messages.every((message) => message.length > 20)).toBe(true);
  });

  test('F32: a conflict is to be retried soon, whatever is left of the lease', () => {
    expect(OUTCOMES.conflict.retryAfter).toBe(1);
  });

  test('a missing key is named as the API calls it', () => {
    expect(answer({ kind: 'key-missing' }, { headerName: 'X-Request-Token' }).body).toContain('The header X-Request-Token is required');
  });

  test('every retry hint header says the same', () => {
    const response = answer(CONFLICT, { retryHintHeaders: ['X-Should-Retry', 'Stripe-Should-Retry'] });
    expect(response.header('X-Should-Retry')).toEqual(['true']);
    expect(response.header('Stripe-Should-Retry')).toEqual(['true']);
    expect(retryHints(['X-Should-Retry'], false)).toEqual([['X-Should-Retry', 'false']]);
    expect(answer(CONFLICT, { retryHintHeaders: [] }).header('X-Should-Retry')).toEqual([]);
  });
});

describe('problem details (RFC 9457)', () => {
  test('have a type that links to the documentation, a title, the status, the detail and the code', () => {
    const response = answer(CONFLICT, { errorFormat: 'problem' });
    expect(response.header('Content-Type')).toEqual(['application/problem+json']);
    expect(JSON.parse(response.body)).toEqual({
      type: 'https://github.com/cdk-idempotent-api/cdk-idempotent-api/blob/main/docs/errors.md#idempotency_conflict',
      title: 'A request is outstanding for this idempotency key',
      status: 409,
      detail: 'A request with this idempotency key is already being processed',
      code: 'IDEMPOTENCY_CONFLICT',
    });
    expect(response.header('Retry-After')).toEqual(['1']);
    expect(response.header('Link')).toEqual([]);
  });

  test('are what an API with an error format of its own links to in its own way', () => {
    expect(answer(CONFLICT, { formatError: ({ code }) => ({ error: { code } }) }).header('Link')).toEqual([]);
  });

  test.each<[string, boolean]>([
    ['application/problem+json', true],
    ['application/problem+json, application/json;q=0.9', true],
    ['APPLICATION/Problem+JSON ; Q=1.0, application/json;q=0.5', true],
    ['application/json;q=0.2, application/problem+json;q=0.3', true],
    ['application/json;q=0, */*', true],
    ['application/problem+json;charset=utf-8', true],
    ['application/json, application/problem+json', false],
    ['application/problem+json;q=0.9, application/json', false],
    ['application/problem+json;q=0.5, application/*', false],
    ['application/problem+json;q=0', false],
    ['application/problem+json;q=2', false],
    ['application/problem+json;q=high', false],
    ['*/*', false],
    ['application/*', false],
    ['text/html', false],
    [',;,', false],
    ['', false],
  ])('Accept: %s', (accept, problem) => {
    const expected = problem ? 'application/problem+json' : 'application/json';
    expect(answer(CONFLICT, {}, { accept: [accept] }).header('Content-Type')).toEqual([expected]);
  });

  test('a preference may be spread over several Accept headers', () => {
    const response = answer(CONFLICT, {}, { accept: ['application/json;q=0.5', 'application/problem+json'] });
    expect(response.header('Content-Type')).toEqual(['application/problem+json']);
  });

  test('once configured, no Accept header brings the other form back', () => {
    const response = answer(CONFLICT, { errorFormat: 'problem' }, { accept: ['application/json'] });
    expect(response.header('Content-Type')).toEqual(['application/problem+json']);
  });
});

describe('an error envelope of the API\'s own', () => {
  test('formatError gives the body; status and headers stay', () => {
    const seen: IdempotencyError[] = [];
    const response = answer(CONFLICT, {
      errorFormat: 'problem',
      formatError: (error) => {
        seen.push(error);
        return { error: { type: error.code } };
      },
    });
    expect(seen).toEqual([
      { code: 'IDEMPOTENCY_CONFLICT', message: 'A request with this idempotency key is already being processed', status: 409 },
    ]);
    expect(response.statusCode).toBe(409);
    expect(response.body).toBe('{"error":{"type":"IDEMPOTENCY_CONFLICT"}}');
    expect(response.header('Content-Type')).toEqual(['application/json']);
    expect(response.header('Retry-After')).toEqual(['1']);
    expect(response.failures).toEqual([]);
  });

  test('a string is the body as it stands', () => {
    expect(answer(CONFLICT, { formatError: () => '{"error": "busy"}' }).body).toBe('{"error": "busy"}');
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  test.each<[string, () => unknown]>([
    ['throws', () => { throw new Error('no'); }],
    ['returns nothing', () => undefined],
    ['returns null', () => null],
    ['returns a function', () => () => 'body'],
    ['returns what JSON cannot hold', () => cyclic],
    ['returns a promise', () => Promise.resolve('body')],
    ['returns a promise that rejects', () => Promise.reject(new Error('no'))],
  ])('F37: where it %s, the client gets the plain form and the failure is told', async (_name, formatError) => {
    const response = answer(CONFLICT, { formatError, errorFormat: 'problem' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(response.statusCode).toBe(409);
    expect(Object.keys(JSON.parse(response.body) as object)).toEqual(['code', 'message', 'status']);
    expect(response.header('Content-Type')).toEqual(['application/json']);
    expect(response.failures).toHaveLength(1);
    expect(response.failures[0]).toBeInstanceOf(Error);
  });
});
