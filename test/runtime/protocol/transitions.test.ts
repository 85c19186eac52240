import type { IdempotencyRecord, StoredRecord, StoredResponse } from '../../../runtime/protocol/record';
import { applyClaim, applyCommit, applyCompletion, isClaimable, isResponseExpired, sameBytes } from '../../../runtime/protocol/transitions';
import type { Claim, Commit } from '../../../runtime/stores/store';
import { epochMillis, epochSeconds, millis } from '../../../runtime/time';

const LEASE_END = 1_800_000_030_000;
const MARGIN = millis(2_000);
const RESPONSE: StoredResponse = { statusCode: 201, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } };

/** In progress, with a lease that `TAKEOVER` finds run out. */
const RUNNING: IdempotencyRecord = {
  id: 'payment',
  version: 1,
  status: 'P',
  token: 'first',
  attempt: 1,
  claimedAt: epochMillis(1_800_000_000_000),
  fingerprint: Uint8Array.of(1, 2, 3),
  leaseEnd: epochMillis(LEASE_END),
  expiresAt: epochSeconds(1_800_086_430),
};
const TAKEOVER: Claim = {
  id: 'payment',
  token: 'second',
  fingerprint: Uint8Array.of(1, 2, 3),
  now: epochMillis(LEASE_END + MARGIN + 1),
  leaseEnd: epochMillis(LEASE_END + MARGIN + 30_001),
  expiresAt: epochSeconds(1_800_086_470),
  margin: MARGIN,
  takeover: true,
};
const COMMIT: Commit = { id: 'payment', token: 'first', expiresAt: epochSeconds(1_800_086_400), response: RESPONSE, effects: [], requestToken: 'once' };
const UNREADABLE: StoredRecord = { id: 'payment', unreadable: 'newer-version', detail: 'version 2' };

describe('what is taken over', () => {
  test('F3: the same request, once lease and margin are over', () => {
    expect(isClaimable(RUNNING, TAKEOVER)).toBe(true);
    expect(isClaimable(RUNNING, { ...TAKEOVER, now: epochMillis(LEASE_END + MARGIN) })).toBe(false);
    expect(isClaimable(RUNNING, { ...TAKEOVER, takeover: false })).toBe(false);
  });

  test.each<[string, readonly number[]]>([
    ['the last byte', [1, 2, 4]], ['the first byte', [0, 2, 3]], ['all that is there, and is shorter', [1, 2]], ['all, and is longer', [1, 2, 3, 4]], ['none', []],
  ])('F40, F213: never a request that agrees in a part: other in %s', (_, bytes) => {
    const other = Uint8Array.from(bytes);
    expect(isClaimable(RUNNING, { ...TAKEOVER, fingerprint: other })).toBe(false);
    expect(isClaimable({ ...RUNNING, fingerprint: other }, TAKEOVER)).toBe(false);
    expect(sameBytes(RUNNING.fingerprint, other)).toBe(false);
  });

  test.each<[string, StoredRecord]>([
    ['the execution of another operation, which a former table keeps under the same id', { ...RUNNING, id: 'refund' }],
    ['one in progress whose lease nobody knows', { ...RUNNING, leaseEnd: undefined }],
    ['a completed one, whatever lease somebody left in it', { ...RUNNING, status: 'C', response: RESPONSE }],
    ['what cannot be read', UNREADABLE],
  ])('F214: never %s', (_, record) => {
    expect(isClaimable(record, TAKEOVER)).toBe(false);
    expect(applyClaim(record, TAKEOVER)).toEqual({ record, reply: { applied: false, current: record } });
  });
});

describe('F110: a response that ends before its record', () => {
  const ENDS = 1_800_000_300;
  const completed: IdempotencyRecord = { ...RUNNING, status: 'C', leaseEnd: undefined, response: RESPONSE };
  const at = (record: IdempotencyRecord, ms: number) => isResponseExpired(record, epochMillis(ms), MARGIN);

  test('F110: is replayed in its last second and in the margin after it, and no longer', () => {
    const ending = { ...completed, responseExpiresAt: epochSeconds(ENDS) };
    expect([at(ending, ENDS * 1000), at(ending, ENDS * 1000 + MARGIN + 999), at(ending, (ENDS + 1) * 1000 + MARGIN)]).toEqual([false, false, true]);
  });

  test('F110: one that ends with its record never ends before it', () => {
    expect(at(completed, 2 * LEASE_END)).toBe(false);
  });
});

describe('F200: a commit', () => {
  test('F200: whose effects were carried out completes the record, as a completion would', () => {
    const { record, reply } = applyCommit(RUNNING, COMMIT, 'carried-out');
    expect(reply).toEqual({ applied: true });
    expect(record).toEqual(applyCompletion(RUNNING, COMMIT).record);
    expect(record).toMatchObject({ status: 'C', response: RESPONSE });
  });

  test('F200: whose effects were refused leaves the record as it was, and says what refused it', () => {
    const refused = { applied: false, refusedBy: 'effects', reasons: [{ code: 'ConditionalCheckFailed' }] } as const;
    expect(applyCommit(RUNNING, COMMIT, refused)).toEqual({ record: RUNNING, reply: refused });
  });

  test('F200: of an execution that was taken over is refused by the record, whatever became of the effects', () => {
    const taken = applyClaim(RUNNING, TAKEOVER).record;
    for (const effects of ['carried-out', { applied: false, refusedBy: 'effects', reasons: [] }] as const) {
      expect(applyCommit(taken, COMMIT, effects)).toEqual({ record: taken, reply: { applied: false, refusedBy: 'record', current: taken } });
    }
    expect(applyCommit(undefined, COMMIT, 'carried-out')).toEqual({ record: undefined, reply: { applied: false, refusedBy: 'record', current: undefined } });
  });
});
