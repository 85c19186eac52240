import type { CallOptions } from '../store';

/** Where bodies over the store's item limit go: objects that are written once under a fresh name and only then pointed to. */
export interface OverflowStore {
  /** Resolves once the object is durable. */
  put(key: string, body: Uint8Array, options?: CallOptions): Promise<void>;
  /** @throws where the object is absent or larger than a response may be */
  get(key: string, options?: CallOptions): Promise<Uint8Array>;
}
