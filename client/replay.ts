import type { HeadersLike } from './fetch-like';

/**
 * Whether a response is the recorded answer to an earlier request
 * (`X-Idempotent-Replay: true`). In a browser, across origins, the server has
 * to expose the header (`Access-Control-Expose-Headers`).
 */
export const isReplay = (response: { readonly headers: HeadersLike }): boolean => response.headers.get('X-Idempotent-Replay') === 'true';
