import type { Scenario } from './scenario';
import type { LeaseTerms } from '../../../../runtime/protocol/acquire';
import { judgeKeyTime } from '../../../../runtime/protocol/key-time';
import { lengthOf } from '../../../../runtime/protocol/retention';
import { epochMillis, millis, plus, type EpochMillis } from '../../../../runtime/time';

const LEASE = millis(2_000);
const TTL = millis(4_000);

/** When everything begins, in epoch milliseconds. */
export const START = 1_000_000;

export function termsOf({ remember = millis(0), margin, skew }: Scenario): LeaseTerms {
  return { lease: LEASE, ttl: TTL, remember, margin: margin ?? skew ?? millis(0), takeover: true };
}

/** Whether a host finds, by its clock, that the key's time is over. */
export function isLate(scenario: Scenario, now: EpochMillis): boolean {
  const { keyTime } = scenario;
  if (keyTime === undefined || keyTime.judged === 'never') return false;
  return judgeKeyTime(plus(epochMillis(START), keyTime.clientAhead), now, termsOf(scenario), keyTime.skew) === 'late';
}

/** When a jump of time ends that begins at `time`. */
export function jumped(scenario: Scenario, to: string, time: number): number {
  const terms = termsOf(scenario);
  const afterLease = terms.lease + terms.margin + 1_000;
  switch (to) {
    case 'second':
      return time + 1_000;
    case 'lease':
      return time + afterLease;
    case 'retention':
      return time + afterLease + lengthOf(terms) + 1_000;
    default: {
      // The last moment at which the second request's host does not find its key too old.
      const { keyTime, skew = 0 } = scenario;
      return Math.max(time, START + keyTime!.clientAhead + lengthOf(terms) - keyTime!.skew - terms.margin - skew);
    }
  }
}
