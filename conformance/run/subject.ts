import type { Profile } from '../profiles';
import type { Settled } from '../target';
import type { Effects } from './effects';

/** A target, and what two requests have shown of it. */
export interface Subject {
  readonly target: Settled;
  readonly profile: Profile;
  readonly effects: Effects;
  /** By an endpoint, and not by answers that differ. */
  readonly counted: boolean;
  /** The form of a key that the target takes: the profile's own, if it does. */
  readonly keyForm: 'quoted' | 'bare';
  /** Two operations of one body are answered differently: answers tell executions apart. */
  readonly fresh: boolean;
}
