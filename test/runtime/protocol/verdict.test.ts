import type { IdempotencyRecord, StoredRecord, StoredResponse } from '../../../runtime/protocol/record';
import { sameBytes } from '../../../runtime/protocol/transitions';
import { judgeAfterCompletion, judgeClaim, judgeCompletion, judgeStanding, type ClaimVerdict, type CompletionVerdict } from '../../../runtime/protocol/verdict';
import type { Claim } from '../../../runtime/stores/store';
import { epochMillis, epochSeconds, millis } from '../../../runtime/time';

const NOW = 1_800_000_000_000;
const RESPONSE: StoredResponse = { statusCode: 201, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } };

const CLAIM: Claim = {
  id: 'payment',
  token: 'mine',
  fingerprint: Uint8Array.of(1, 2, 3),
  now: epochMillis(NOW),
  leaseEnd: epochMillis(NOW + 30_000),
  expiresAt: epochSeconds(NOW / 1000 + 86_430),
  margin: millis(2_000),
  takeover: true,
};

/** Another's execution of the same request, under way. */
const THEIRS: IdempotencyRecord = {
  id: 'payment',
  version: 1,
  status: 'P',
  token: 'theirs',
  attempt: 3,
  claimedAt: epochMillis(NOW - 1_000),
  fingerprint: Uint8Array.of(1, 2, 3),
  leaseEnd: epochMillis(NOW + 29_000),
  expiresAt: epochSeconds(NOW / 1000 + 86_400),
};
const DONE: IdempotencyRecord = { ...THEIRS, status: 'C', leaseEnd: undefined, response: RESPONSE };
const RELEASED: IdempotencyRecord = { ...THEIRS, status: 'R', leaseEnd: undefined };
const OTHER_REQUEST = { fingerprint: Uint8Array.of(1, 2, 4) };
const OTHER_OPERATION = { id: 'refund' };
const UNREADABLE: StoredRecord = { id: 'payment', unreadable: 'newer-version', detail: 'version 2' };
const EXPIRED = { expiresAt: epochSeconds(NOW / 1000 - 3) };

const mine = (record: IdempotencyRecord): IdempotencyRecord => ({ ...record, token: CLAIM.token });

describe('a claim that was applied makes its caller the owner, and tells what the handler may follow', () => {
  const owner = (attempt: number, takeover: boolean, mayFollowUnfinished: boolean): ClaimVerdict => ({ kind: 'owner', attempt, takeover, mayFollowUnfinished });

  test.each<[string, StoredRecord | undefined, ClaimVerdict]>([
    ['nothing: the first attempt', undefined, owner(1, false, false)],
    ['an execution whose lease ran out: a takeover', { ...THEIRS, leaseEnd: epochMillis(NOW - 3_000) }, owner(4, true, true)],
    ['an execution that expired with its record: the key is new again', { ...THEIRS, ...EXPIRED }, owner(4, false, false)],
    ['a response that expired', { ...DONE, ...EXPIRED }, owner(4, false, false)],
    ['a first claim that was given back', { ...RELEASED, attempt: 1 }, owner(2, false, false)],
    ['a later claim that was given back: the one before it may have run', { ...RELEASED, attempt: 2 }, owner(3, false, true)],
    ['something that cannot be read: it may have been unfinished', UNREADABLE, owner(1, true, true)],
  ])('F3: %s', (_, previous, expected) => {
    expect(judgeClaim({ applied: true, previous }, CLAIM, sameBytes)).toEqual(expected);
  });
});

describe('a claim that was refused', () => {
  test.each<[string, StoredRecord, ClaimVerdict]>([
    ['by an execution under way: a conflict', THEIRS, { kind: 'conflict', record: THEIRS }],
    ['F40: by that of another request: a mismatch', { ...THEIRS, ...OTHER_REQUEST }, { kind: 'mismatch', record: { ...THEIRS, ...OTHER_REQUEST } }],
    ['F40: by the response to another request: a mismatch, and never that response', { ...DONE, ...OTHER_REQUEST }, { kind: 'mismatch', record: { ...DONE, ...OTHER_REQUEST } }],
    ['F83: by the response of another operation under the same former id: a mismatch, and never that response', { ...DONE, ...OTHER_OPERATION }, { kind: 'mismatch', record: { ...DONE, ...OTHER_OPERATION } }],
    ['by a response: a replay', DONE, { kind: 'replay', record: DONE }],
    ['F110: by a response that is kept no longer', { ...DONE, responseExpiresAt: EXPIRED.expiresAt }, { kind: 'response-expired', record: { ...DONE, responseExpiresAt: EXPIRED.expiresAt } }],
    ['F5: by its own first send, whose reply was lost: the owner', { ...mine(THEIRS), attempt: 1 }, { kind: 'owner', attempt: 1, takeover: false, mayFollowUnfinished: false }],
    ['F5: by its own earlier send, that replaced something: as good as a takeover', { ...mine(THEIRS), attempt: 2 }, { kind: 'owner', attempt: 2, takeover: true, mayFollowUnfinished: true }],
    ['F8: by its own release: no execution', mine(RELEASED), { kind: 'unavailable', reason: 'released-own-claim' }],
    ['F67: by what a later version wrote: no execution', UNREADABLE, { kind: 'unavailable', reason: 'newer-version' }],
    ['by what has expired by now: claim again', { ...DONE, ...EXPIRED }, { kind: 'claim-again' }],
    ['by what has been given back by now: claim again', RELEASED, { kind: 'claim-again' }],
    ['by a lease that has run out by now: claim again', { ...THEIRS, leaseEnd: epochMillis(NOW - 3_000) }, { kind: 'claim-again' }],
  ])('%s', (_, current, expected) => {
    expect(judgeClaim({ applied: false, current }, CLAIM, sameBytes)).toEqual(expected);
    expect(judgeStanding(current, CLAIM, sameBytes)).toEqual(expected);
  });

  test('F26: by what is not shown says nothing before it is read, and what is gone by then is claimed again', () => {
    expect(judgeClaim({ applied: false }, CLAIM, sameBytes)).toEqual({ kind: 'unseen' });
    expect(judgeStanding(undefined, CLAIM, sameBytes)).toEqual({ kind: 'claim-again' });
  });
});

describe('a completion', () => {
  test('that was applied is recorded, and one that was refused by what is not shown says nothing before that is read', () => {
    expect(judgeCompletion({ applied: true }, CLAIM, sameBytes)).toEqual({ kind: 'recorded' });
    expect(judgeCompletion({ applied: false }, CLAIM, sameBytes)).toEqual({ kind: 'unseen' });
    expect(judgeAfterCompletion(undefined, CLAIM, sameBytes)).toEqual({ kind: 'unrecorded', reason: 'absent' });
  });

  test.each<[string, StoredRecord, CompletionVerdict]>([
    ['F10: finds itself recorded by an earlier send', mine(DONE), { kind: 'recorded' }],
    ['F10: finds its claim still in progress: it has not arrived', mine(THEIRS), { kind: 'unseen' }],
    ['F8: finds its claim given back', mine(RELEASED), { kind: 'unrecorded', reason: 'released' }],
    ['F1: finds the response of whoever took over: that is the answer', DONE, { kind: 'superseded', winner: DONE }],
    ['F1: finds whoever took over still running', THEIRS, { kind: 'superseded-running', winner: THEIRS }],
    ['finds that whoever took over has given the key back', RELEASED, { kind: 'unrecorded', reason: 'released' }],
    ['F40: finds the response to another request: no answer', { ...DONE, ...OTHER_REQUEST }, { kind: 'unrecorded', reason: 'another-request' }],
    ['F83: finds the response of another operation under the same former id: no answer', { ...DONE, ...OTHER_OPERATION }, { kind: 'unrecorded', reason: 'another-request' }],
    ['F40: finds another request running: no answer', { ...THEIRS, ...OTHER_REQUEST }, { kind: 'unrecorded', reason: 'another-request' }],
    ['finds what cannot be read', UNREADABLE, { kind: 'unrecorded', reason: 'unreadable' }],
  ])('%s', (_, current, expected) => {
    expect(judgeCompletion({ applied: false, current }, CLAIM, sameBytes)).toEqual(expected);
    expect(judgeAfterCompletion(current, CLAIM, sameBytes)).toEqual(expected);
  });
});
