export type { ClientHost } from './host';
export { IdempotentFetchError } from './errors';
export type { IdempotencyErrorBody } from './error-body';
export type { FetchLike, GlobalFetch, HeadersLike, ResponseLike } from './fetch-like';
export { idempotentFetch, keyOf } from './idempotent-fetch';
export { keyFrom } from './key-from';
export type { Attempt, IdempotentFetchOptions } from './options';
export { isReplay } from './replay';
