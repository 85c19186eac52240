import { FORMAT_VERSION, isReadable, type IdempotencyRecord, type StoredRecord } from './record';
import type { Claim, ClaimReply, CommitReply, Completion, Release, WriteReply } from '../stores/store';
import { minus, toEpochSeconds, type EpochMillis, type Millis } from '../time';

/**
 * The three writes of the lease protocol as pure functions on the one record of
 * a key. `DynamoDbStore` says the same in conditional expressions, the memory
 * store runs these, and the store contract suite holds every store to them.
 *
 *   absent ──claim──▶ P ──complete──▶ C ──expiry──▶ claimable again
 *                     │ ▲
 *             release │ │ claim by another token, or after lease + margin (takeover)
 *                     ▼ │
 *                     R ┘
 */

/** Expired by more than the margin: TTL deletion lags by days, so every condition and every read judges it. */
export const isExpired = (record: IdempotencyRecord, now: EpochMillis, margin: Millis): boolean =>
  record.expiresAt < toEpochSeconds(minus(now, margin));

/** The response is kept no longer, and the key still is. Judged as the record's own expiry. */
export const isResponseExpired = ({ responseExpiresAt }: IdempotencyRecord, now: EpochMillis, margin: Millis): boolean =>
  responseExpiresAt !== undefined && responseExpiresAt < toEpochSeconds(minus(now, margin));

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** The condition of CLAIM. What cannot be read is not judged here: only a store that others write to has such items. */
export function isClaimable(record: StoredRecord | undefined, claim: Claim): boolean {
  if (record === undefined) return true;
  if (!isReadable(record)) return false;
  if (isExpired(record, claim.now, claim.margin)) return true;
  if (record.token === claim.token) return false;
  if (record.status === 'R') return true;
  return (
    claim.takeover &&
    record.status === 'P' &&
    record.leaseEnd !== undefined &&
    record.leaseEnd < minus(claim.now, claim.margin) &&
    record.id === claim.id &&
    sameBytes(record.fingerprint, claim.fingerprint)
  );
}

export function applyClaim(
  record: StoredRecord | undefined,
  claim: Claim,
): { readonly record: StoredRecord; readonly reply: ClaimReply } {
  if (!isClaimable(record, claim)) {
    return { record: record!, reply: { applied: false, current: record } };
  }
  const previous = record as IdempotencyRecord | undefined;
  return {
    record: {
      id: claim.id,
      version: FORMAT_VERSION,
      status: 'P',
      token: claim.token,
      attempt: (previous?.attempt ?? 0) + 1,
      claimedAt: claim.now,
      fingerprint: claim.fingerprint,
      leaseEnd: claim.leaseEnd,
      expiresAt: claim.expiresAt,
    },
    reply: { applied: true, previous },
  };
}

/** The condition of COMPLETE and of RELEASE: the claim stands, and it is the caller's. The token decides, not the time. */
export const isHeldBy = (record: StoredRecord | undefined, token: string): record is IdempotencyRecord =>
  record !== undefined && isReadable(record) && record.status === 'P' && record.token === token;

export function applyCompletion(
  record: StoredRecord | undefined,
  completion: Completion,
): { readonly record: StoredRecord | undefined; readonly reply: WriteReply } {
  if (!isHeldBy(record, completion.token)) return { record, reply: { applied: false, current: record } };
  return {
    record: {
      ...record,
      status: 'C',
      leaseEnd: undefined,
      expiresAt: completion.expiresAt,
      response: completion.response,
      ...(completion.responseExpiresAt === undefined ? {} : { responseExpiresAt: completion.responseExpiresAt }),
    },
    reply: { applied: true },
  };
}

/** COMPLETE and effects as one: what the record refuses has no effect. `effects` says whether they could be carried out. */
export function applyCommit(
  record: StoredRecord | undefined,
  commit: Completion,
  effects: Extract<CommitReply, { refusedBy: 'effects' }> | 'carried-out',
): { readonly record: StoredRecord | undefined; readonly reply: CommitReply } {
  const { record: after, reply } = applyCompletion(record, commit);
  if (!reply.applied) return { record, reply: { ...reply, refusedBy: 'record' } };
  return effects === 'carried-out' ? { record: after, reply } : { record, reply: effects };
}

export function applyRelease(
  record: StoredRecord | undefined,
  release: Release,
): { readonly record: StoredRecord | undefined; readonly reply: WriteReply } {
  if (!isHeldBy(record, release.token)) return { record, reply: { applied: false, current: record } };
  return { record: { ...record, status: 'R', leaseEnd: undefined }, reply: { applied: true } };
}
