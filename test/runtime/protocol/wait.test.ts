import { DONE, KEY, NOW, TERMS, THEIRS, at, scripted } from './scripted';
import { waitForOutcome } from '../../../runtime/protocol/wait';
import { millis } from '../../../runtime/time';

const CONFLICT = { kind: 'conflict', record: THEIRS } as const;
const running = { is: THEIRS };
const replay = { is: { applied: false, current: DONE } };

const waiting = ({ ports, clock }: ReturnType<typeof scripted>, { deadline = 8_000, terms = TERMS } = {}) =>
  clock.through(waitForOutcome(CONFLICT, KEY, terms, ports, at(deadline), millis(500)));

test('what is awaited is asked for after longer and longer, up to about a second, and claimed once it has ended', async () => {
  const store = scripted({ read: [running, running, running, running, running, running, { is: DONE }], claim: [replay] }, () => 1);
  expect(await waiting(store)).toEqual({ kind: 'replay', record: DONE });
  expect(store.calls()).toEqual([
    'read at 100', 'read at 250', 'read at 500', 'read at 950', 'read at 1800', 'read at 2850', 'read at 3900', 'claim at 3900',
  ]);
  expect(store.asked[0]!.with).toBe(KEY.id);
});

test('an execution that goes on is a conflict still when the time is over, and is not asked for beyond it', async () => {
  const store = scripted({ read: [running] }, () => 0);
  expect(await waiting(store, { deadline: 200 })).toBe(CONFLICT);
  expect(store.calls()).toEqual(['read at 50', 'read at 100', 'read at 150']);
});

test.each<[string, unknown]>([
  ['that is gone', undefined],
  ['that was given back', { ...THEIRS, status: 'R', leaseEnd: undefined }],
  ['whose lease has run out', { ...THEIRS, leaseEnd: NOW - 1_951 }],
  ['that has expired', { ...THEIRS, expiresAt: NOW / 1000 - 3 }],
  ['that nobody can read any more', { id: KEY.id, unreadable: 'malformed', detail: '' }],
])('an execution %s is claimed at once', async (_, is) => {
  const store = scripted({ read: [{ is }], claim: [{ is: { applied: true } }] }, () => 0);
  expect(await waiting(store)).toMatchObject({ kind: 'owner', ownership: { claim: { token: 'token-1', now: NOW + 50 } } });
  expect(store.calls()).toEqual(['read at 50', 'claim at 50']);
});

test.each<[string, unknown, boolean]>([
  ['whose lease has run out less than the margin ago', { ...THEIRS, leaseEnd: NOW - 1_900 }, true],
  ['that may not be taken over', { ...THEIRS, leaseEnd: NOW - 60_000 }, false],
  ['whose lease nobody knows', { ...THEIRS, leaseEnd: undefined }, true],
  ['that expired less than the margin ago', { ...THEIRS, expiresAt: NOW / 1000 - 2 }, true],
])('F14: an execution %s is waited for', async (_, is, takeover) => {
  const store = scripted({ read: [{ is }] }, () => 0);
  expect(await waiting(store, { deadline: 120, terms: { ...TERMS, takeover } })).toBe(CONFLICT);
  expect(store.calls()).toEqual(['read at 50', 'read at 100']);
});

test('F30: a store that fails or hangs meanwhile is asked again, and what it says nothing about stays a conflict', async () => {
  const store = scripted({ read: [new Error('reset'), 'hangs', running] }, () => 0);
  expect(await waiting(store, { deadline: 1_000 })).toBe(CONFLICT);
  expect(store.calls().slice(0, 2)).toEqual(['read at 50', 'read at 100']);
  expect(store.clock.monotonic()).toBeLessThanOrEqual(1_500);
});

test('F31: a read that began in time may take no longer than the grace', async () => {
  const store = scripted({ read: ['hangs'] }, () => 0);
  expect(await waiting(store, { deadline: 100 })).toBe(CONFLICT);
  expect([store.calls(), store.clock.monotonic()]).toEqual([['read at 50'], 600]);
});

test('a claim that comes second is a conflict again, and waits on', async () => {
  const store = scripted({ read: [{ is: undefined }, { is: DONE }], claim: [{ is: { applied: false, current: THEIRS } }, replay] }, () => 0);
  expect(await waiting(store)).toEqual({ kind: 'replay', record: DONE });
  expect(store.calls()).toEqual(['read at 50', 'claim at 50', 'read at 100', 'claim at 100']);
});

test('F6: a claim without an answer waits on, and one that says why nothing may be executed ends it', async () => {
  const unanswered = scripted({ read: [{ is: undefined }], claim: [new Error('reset'), { is: { applied: true } }], release: [{ is: { applied: true } }] }, () => 0);
  expect(await waiting(unanswered)).toMatchObject({ kind: 'owner', ownership: { claim: { token: 'token-2' } } });
  const unreadable = scripted({ read: [{ is: undefined }], claim: [{ is: { applied: false, current: { id: KEY.id, unreadable: 'malformed', detail: '' } } }] }, () => 0);
  expect(await waiting(unreadable)).toEqual({ kind: 'unavailable', reason: 'malformed' });
});
