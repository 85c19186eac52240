import type { IdempotencyStore, StoreRequest } from './store';

/** `store.forRequest`, where there is one. A store that cannot tell where the request's record lies is out of reach. */
export function forRequest(store: IdempotencyStore, request: StoreRequest): IdempotencyStore {
  try {
    return store.forRequest?.(request) ?? store;
  } catch (cause) {
    const unknown = (): Promise<never> => Promise.reject(cause);
    return { limits: store.limits, claim: unknown, complete: unknown, release: unknown, read: unknown };
  }
}
