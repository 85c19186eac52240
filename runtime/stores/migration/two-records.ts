import { isReadable, type IdempotencyRecord, type StoredRecord } from '../../protocol/record';
import { isClaimable, isExpired } from '../../protocol/transitions';
import type { Claim } from '../store';

/**
 * Which of two records of one key decides, where they are not of one claim. The
 * later claim does: it was only made because the earlier lease had run out in the
 * store that its host looks at, so the earlier execution is the superseded one. A
 * released record has no say, and one that cannot be read decides against running.
 */
export function deciding(one: StoredRecord | undefined, other: StoredRecord | undefined): StoredRecord | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (!isReadable(one)) return one;
  if (!isReadable(other)) return other;
  if (one.status === 'R' || other.status === 'R') return one.status === 'R' ? other : one;
  return other.claimedAt > one.claimedAt ? other : one;
}

/** Both halves of one claim. */
export const ofOneClaim = (one: StoredRecord | undefined, other: StoredRecord | undefined): boolean =>
  one !== undefined && other !== undefined && isReadable(one) && isReadable(other) && one.token === other.token;

export const isCompleted = (record: StoredRecord | undefined): record is IdempotencyRecord & Required<Pick<IdempotencyRecord, 'response'>> =>
  record !== undefined && isReadable(record) && record.status === 'C' && record.response !== undefined;

export const isInProgress = (record: StoredRecord | undefined): record is IdempotencyRecord =>
  record !== undefined && isReadable(record) && record.status === 'P';

/** Whether the record would refuse the claim: a response within its retention, or an execution within its lease. */
export const standsAgainst = (record: StoredRecord | undefined, claim: Claim): boolean =>
  record !== undefined && !(isReadable(record) && record.status === 'R') && !isClaimable(record, claim);

/** What a claim that applied to both stores replaced, as one record: whichever tells of an unfinished execution. */
export function replaced(one: StoredRecord | undefined, other: StoredRecord | undefined, claim: Claim): StoredRecord | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (!isReadable(one)) return one;
  if (!isReadable(other)) return other;
  const unfinished = [one, other].find((record) => record.status === 'P' && !isExpired(record, claim.now, claim.margin));
  return { ...(unfinished ?? one), attempt: Math.max(one.attempt, other.attempt) };
}
