import type { CallOptions } from './call-options';
import type { OverflowStore } from './overflow/overflow-store';
import type { Claim, ClaimReply, Completion, IdempotencyStore, Release, StoreLimits, WriteReply } from './store';
import type { StoredRecord } from '../protocol/record';
import type { Clock } from '../time';

/** A store that remembers how long its callers have waited for it. There is one for each request, so that it is made of little. */
export class TimedStore implements IdempotencyStore {
  #total: number | undefined;

  public constructor(
    private readonly store: IdempotencyStore,
    private readonly clock: Clock,
  ) {}

  /** Milliseconds over all calls so far; `undefined` before the first. */
  public latency(): number | undefined {
    return this.#total;
  }

  public get limits(): StoreLimits {
    return this.store.limits;
  }

  public get bodies(): OverflowStore | undefined {
    const { bodies } = this.store;
    return bodies && {
      put: (key, body, options) => this.#measured(() => bodies.put(key, body, options)),
      get: (key, options) => this.#measured(() => bodies.get(key, options)),
    };
  }

  public get commit(): IdempotencyStore['commit'] {
    const { store } = this;
    return store.commit && ((commit, options) => this.#measured(() => store.commit!(commit, options)));
  }

  public claim(claim: Claim, options?: CallOptions): Promise<ClaimReply> {
    return this.#measured(() => this.store.claim(claim, options));
  }

  public complete(completion: Completion, options?: CallOptions): Promise<WriteReply> {
    return this.#measured(() => this.store.complete(completion, options));
  }

  public release(release: Release, options?: CallOptions): Promise<WriteReply> {
    return this.#measured(() => this.store.release(release, options));
  }

  public read(id: string, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#measured(() => this.store.read(id, options));
  }

  async #measured<T>(call: () => Promise<T>): Promise<T> {
    const started = this.clock.monotonic();
    try {
      return await call();
    } finally {
      this.#total = (this.#total ?? 0) + (this.clock.monotonic() - started);
    }
  }
}
