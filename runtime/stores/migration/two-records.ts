import { isFormer } from './former-state';
import { isReadable, type IdempotencyRecord, type StoredRecord } from '../../protocol/record';
import { isClaimable, isExpired } from '../../protocol/transitions';
import type { Claim } from '../store';

/**
 * Which of two records of one key decides, where they are not of one claim. The
 * later claim does: it was only made because the earlier lease had run out in the
 * store that its host looks at, so the earlier execution is the superseded one. A
 * record of a former system, which nothing fences, counts as the earlier one. A
 * released record has no say, and one that cannot be read decides against running.
 * What another operation has under the same id of a former table decides only
 * where there is nothing else.
 */
export function deciding(one: StoredRecord | undefined, other: StoredRecord | undefined, id: string): StoredRecord | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (!isReadable(one)) return one;
  if (!isReadable(other)) return other;
  if (one.id !== other.id) return one.id === id ? one : other;
  if (one.status === 'R' || other.status === 'R') return one.status === 'R' ? other : one;
  if (isFormer(one) !== isFormer(other)) return isFormer(one) ? other : one;
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
