import type { Seal, SealFor } from './seal';

/** Few APIs encrypt: what it takes is loaded when one does, in the layer from a file of its own. */
export function sealOnDemand(what: SealFor): Seal {
  let made: Seal | undefined;
  const seal = (): Seal => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    made ??= (require('./seal') as typeof import('./seal')).sealFor(what);
    return made;
  };
  return {
    seal: (part, about, bytes) => seal().seal(part, about, bytes),
    open: (part, about, sealed) => seal().open(part, about, sealed),
  };
}
