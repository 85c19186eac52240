import type { IdempotencyStore } from './store';
import type { Clock } from '../time';

/** A store that remembers how long its callers have waited for it. */
export interface TimedStore extends IdempotencyStore {
  /** Milliseconds over all calls so far; `undefined` before the first. */
  latency(): number | undefined;
}

export function timed(store: IdempotencyStore, clock: Clock): TimedStore {
  let total: number | undefined;
  const measured = async <T>(call: () => Promise<T>): Promise<T> => {
    const started = clock.monotonic();
    try {
      return await call();
    } finally {
      total = (total ?? 0) + (clock.monotonic() - started);
    }
  };
  const { bodies } = store;
  return {
    limits: store.limits,
    ...(bodies === undefined ? {} : {
      bodies: {
        put: (key, body, options) => measured(() => bodies.put(key, body, options)),
        get: (key, options) => measured(() => bodies.get(key, options)),
      },
    }),
    claim: (claim, options) => measured(() => store.claim(claim, options)),
    complete: (completion, options) => measured(() => store.complete(completion, options)),
    release: (release, options) => measured(() => store.release(release, options)),
    read: (id, options) => measured(() => store.read(id, options)),
    ...(store.commit === undefined ? {} : { commit: (commit, options) => measured(() => store.commit!(commit, options)) }),
    latency: () => total,
  };
}
