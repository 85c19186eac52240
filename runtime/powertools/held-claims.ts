import type { Ownership } from '../protocol/acquire';

/**
 * The claims that executions of this process hold, by key and by the payload they
 * were called with. The payload tells two executions of one key apart: one that
 * was frozen and taken over must not complete with its successor's token.
 */
export class HeldClaims {
  readonly #byKey = new Map<string, Map<unknown, Ownership>>();

  public keep(key: string, payload: unknown, ownership: Ownership): void {
    const claims = this.#byKey.get(key) ?? new Map<unknown, Ownership>();
    claims.set(payload, ownership);
    this.#byKey.set(key, claims);
  }

  /** The claim, which is no longer held after this. */
  public take(key: string, payload: unknown): Ownership | undefined {
    const claims = this.#byKey.get(key);
    const ownership = claims?.get(payload);
    claims?.delete(payload);
    if (claims?.size === 0) this.#byKey.delete(key);
    return ownership;
  }
}
