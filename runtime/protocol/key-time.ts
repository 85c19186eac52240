import { lengthOf, type Retention } from './retention';
import { CLIENT_SKEW_SECONDS } from '../../lib/contract';
import { minus, plus, seconds, type EpochMillis, type Millis } from '../time';

/** How far a client's clock may be from a host's. */
export const CLIENT_SKEW = seconds(CLIENT_SKEW_SECONDS);

export interface KeyTimeTerms extends Retention {
  /** How far apart the clocks of two hosts may be. */
  readonly margin: Millis;
  /**
   * How old a key may be, where that is less than the record's length.
   *
   * @default 0, as long as a record is kept
   */
  readonly maxAge?: Millis;
}

const mostAge = (terms: KeyTimeTerms): Millis => (terms.maxAge || lengthOf(terms)) as Millis;

/**
 * What the time of an operation's first sending, by its client's clock, says.
 * Once a record is gone, forgotten and new look alike; the time tells them apart:
 *
 *     first sending ──────────────── record (TTL, remembered) ──────────▶ may be gone
 *     client's clock: up to S off         in time ─────────────────▶│ late, S and M before
 *
 * A record ends no sooner than the first sending and its retention, so what is in
 * time still has its record if it ever ran.
 *
 * `ahead`: no clock that is right to S says so, and its lateness could not be told.
 */
export function judgeKeyTime(sent: EpochMillis, now: EpochMillis, terms: KeyTimeTerms, skew: Millis = CLIENT_SKEW): 'in-time' | 'late' | 'ahead' {
  if (sent > plus(now, skew)) return 'ahead';
  return sent < plus(minus(now, mostAge(terms)), (skew + terms.margin) as Millis) ? 'late' : 'in-time';
}

/** Otherwise clocks that are as they may be leave no time in which a retry is let through. */
export const leavesTimeToRetry = (terms: KeyTimeTerms): boolean => mostAge(terms) > 2 * (CLIENT_SKEW + terms.margin);
