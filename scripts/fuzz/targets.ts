import type { Target } from './target';
import { canonicalJsonTarget } from './targets/canonical-json';
import { codecTarget } from './targets/codec';
import { frontsTarget } from './targets/fronts';
import { keyTarget } from './targets/key';
import { localServerTarget } from './targets/local-server';
import { logReaderTarget } from './targets/log-reader';
import { settingsTarget } from './targets/settings';
import { storedItemsTarget } from './targets/stored-items';

/** In the order of a request's way, and what only developers and operators meet. */
export const targets = (): readonly Target[] => [
  frontsTarget(), keyTarget(), canonicalJsonTarget(), storedItemsTarget(), codecTarget(), settingsTarget(), logReaderTarget(), localServerTarget(),
] as unknown as readonly Target[];
