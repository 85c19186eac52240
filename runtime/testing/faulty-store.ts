import type { CallOptions, IdempotencyStore, StoreRequest } from '../stores/store';

/** The four calls of a store. */
export type StoreCall = 'claim' | 'complete' | 'release' | 'read';

/**
 * What becomes of one call: `pass`; `lose-reply`, carried out and then failed;
 * `drop`, failed without effect; `hang`, never answered and without effect.
 */
export type StoreFault = 'pass' | 'lose-reply' | 'drop' | 'hang';

/** The fault that was injected, as a real store's failure would arrive. */
export class InjectedFault extends Error {
  public readonly code = 'IDEMPOTENCY_INJECTED_FAULT';

  public constructor(
    public readonly call: StoreCall,
    public readonly fault: StoreFault,
  ) {
    super(`${call}: ${fault}`);
    this.name = 'InjectedFault';
  }
}

/**
 * A store that fails as told: `fate` decides for each call, numbered from 1 over
 * all of them, of all requests. Bodies beside the records fail of themselves only.
 */
export function faultyStore(store: IdempotencyStore, fate: (call: StoreCall, number: number) => StoreFault): IdempotencyStore {
  let number = 0;
  return faulty(store, (call) => fate(call, ++number));
}

function faulty(store: IdempotencyStore, fate: (call: StoreCall) => StoreFault): IdempotencyStore {
  const through = async <T>(call: StoreCall, carryOut: () => Promise<T>): Promise<T> => {
    const fault = fate(call);
    if (fault === 'hang') return new Promise<T>(() => {});
    if (fault === 'drop') throw new InjectedFault(call, fault);
    const reply = await carryOut();
    if (fault === 'lose-reply') throw new InjectedFault(call, fault);
    return reply;
  };
  return {
    limits: store.limits,
    bodies: store.bodies,
    claim: (claim, options?: CallOptions) => through('claim', () => store.claim(claim, options)),
    complete: (completion, options?: CallOptions) => through('complete', () => store.complete(completion, options)),
    release: (release, options?: CallOptions) => through('release', () => store.release(release, options)),
    read: (id, options?: CallOptions) => through('read', () => store.read(id, options)),
    ...(store.forRequest === undefined ? {} : { forRequest: (request: StoreRequest) => faulty(store.forRequest!(request), fate) }),
  };
}
