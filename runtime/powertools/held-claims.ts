import type { Ownership } from '../protocol/acquire';

/** Most claims that are held by keys alone: an execution that never ends must not hold its own for ever. */
const MOST_BY_KEY = 1_000;

type ByKey = Map<string, Ownership>;

/**
 * The claims that executions of this process hold, by the payload object they
 * were called with. It tells two executions of one key apart, since one that was
 * frozen and taken over must not complete with its successor's token; it stays
 * the same where the function changes it, though the key is then another one; and
 * its claims go when it goes.
 *
 * Payloads that are no objects have no identity: their claims are held by key.
 */
export class HeldClaims {
  readonly #byPayload = new WeakMap<object, ByKey>();
  readonly #byKey: ByKey = new Map();

  public keep(key: string, payload: unknown, ownership: Ownership): void {
    if (isObject(payload)) {
      const claims = this.#byPayload.get(payload) ?? new Map<string, Ownership>();
      this.#byPayload.set(payload, claims.set(key, ownership));
      return;
    }
    this.#byKey.delete(key);
    this.#byKey.set(key, ownership);
    if (this.#byKey.size > MOST_BY_KEY) this.#byKey.delete(this.#byKey.keys().next().value!);
  }

  /** The claim, which is no longer held after this. */
  public take(key: string, payload: unknown): Ownership | undefined {
    const claims = isObject(payload) ? this.#byPayload.get(payload) : this.#byKey;
    if (claims === undefined) return undefined;
    // The only claim of a payload is its own, whatever its key is by now.
    const [held, ownership] = isObject(payload) && claims.size === 1 ? [...claims][0]! : [key, claims.get(key)];
    claims.delete(held);
    return ownership;
  }
}

const isObject = (payload: unknown): payload is object => (typeof payload === 'object' && payload !== null) || typeof payload === 'function';
