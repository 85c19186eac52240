/** What the two readings of the rules differ in. */
export interface Rules {
  readonly name: 'ietf' | 'stripe';
  readonly statuses: { readonly malformed: number; readonly mismatch: number };
  readonly marker: string;
  /** The operation that a header names; a message where it names none. */
  parseKey(header: string): { readonly key: string } | { readonly fault: string };
  /** Methods whose keys are honoured. */
  honours(method: string): boolean;
  errorBody(error: RefusalError): object;
}

export interface RefusalError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

const MAX_LENGTH = 255;

/** RFC 8941, section 4.2.5; and bare, as most clients send it. */
function stringOrBare(header: string): { readonly key: string } | { readonly fault: string } {
  const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(header);
  const key = quoted === null ? header : quoted[1]!.replace(/\\(["\\])/g, '$1');
  if (quoted === null && !/^[\x21\x23-\x2b\x2d-\x7e]*$/.test(header)) return { fault: 'The key is not an RFC 8941 string' };
  if (key === '') return { fault: 'The key is empty' };
  return key.length > MAX_LENGTH ? { fault: `The key is longer than ${MAX_LENGTH} characters` } : { key };
}

export const IETF: Rules = {
  name: 'ietf',
  parseKey: stringOrBare,
  statuses: { malformed: 400, mismatch: 422 },
  marker: 'X-Idempotent-Replay',
  honours: (method) => !['GET', 'HEAD', 'OPTIONS'].includes(method),
  errorBody: (error) => error,
};

export const STRIPE: Rules = {
  name: 'stripe',
  parseKey: (header) => {
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(header)) return { fault: 'The key has a control character in it' };
    return header.length > MAX_LENGTH ? { fault: `The key is longer than ${MAX_LENGTH} characters` } : { key: header };
  },
  statuses: { malformed: 400, mismatch: 400 },
  marker: 'Idempotent-Replayed',
  honours: (method) => method === 'POST',
  errorBody: ({ code, message }) => ({ error: { type: 'idempotency_error', code: code.toLowerCase(), message } }),
};
