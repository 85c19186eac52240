import type { Completion } from '../stores/store';
import { plus, toEpochSeconds, toEpochSecondsUp, type EpochMillis, type Millis } from '../time';

/** How long a response is kept, and for how long after that its key is still known. */
export interface Retention {
  readonly ttl: Millis;
  /** @default 0 */
  readonly remember?: Millis;
}

/** How long a record is kept after its execution, all in all. */
export const lengthOf = ({ ttl, remember = 0 as Millis }: Retention): Millis => (ttl + remember) as Millis;

/** When a record ends whose response is recorded at `now`, and when the response in it does. */
export const endsOf = (now: EpochMillis, retention: Retention): Pick<Completion, 'expiresAt' | 'responseExpiresAt'> => ({
  expiresAt: toEpochSecondsUp(plus(now, lengthOf(retention))),
  ...(retention.remember === undefined || retention.remember === 0 ? {} : { responseExpiresAt: toEpochSeconds(plus(now, retention.ttl)) }),
});
