import { DONE, KEY, MINE, NOW, TERMS, THEIRS, at, scripted } from './scripted';
import { acquire } from '../../../runtime/protocol/acquire';
import type { Claim, Release } from '../../../runtime/stores/store';
import { millis } from '../../../runtime/time';

const refused = { is: { applied: false } };

test('a claim says when its lease and its record end: after the lease come response and remembered key, to whole seconds, none too early', async () => {
  const { ports, asked } = scripted({ claim: [{ is: { applied: true } }] });
  const terms = { ...TERMS, lease: millis(30_001), remember: millis(60_000), takeover: false };
  await acquire(KEY, terms, ports, at(5_000));
  expect(asked.map((one) => one.with)).toEqual([{
    ...KEY, token: 'token-1', now: NOW, leaseEnd: NOW + 30_001, expiresAt: NOW / 1000 + 30 + 86_400 + 60 + 1, margin: 2_000, takeover: false,
  }]);
});

test('F189: a lease of a fraction of a millisecond ends with that millisecond', async () => {
  const { ports, asked } = scripted({ claim: [{ is: { applied: true } }] });
  await acquire(KEY, { ...TERMS, lease: millis(33_333.34) }, ports, at(5_000));
  expect(asked.map((one) => (one.with as Claim).leaseEnd)).toEqual([NOW + 33_334]);
});

test('F15: the owner’s own lease counts from before the claim, however long that took', async () => {
  const { ports, clock } = scripted({ claim: [{ takes: 700, is: { applied: true } }] });
  clock.advance(10);
  expect(await acquire(KEY, TERMS, ports, at(5_000))).toMatchObject({
    kind: 'owner', ownership: { attempt: 1, takeover: false, mayFollowUnfinished: false, leaseDeadline: 30_010, claim: { token: 'token-1' } },
  });
});

test('F3: a takeover is told what it follows', async () => {
  const { ports } = scripted({ claim: [{ is: { applied: true, previous: { ...THEIRS, attempt: 4 } } }] });
  expect(await acquire(KEY, TERMS, ports, at(5_000))).toMatchObject({ kind: 'owner', ownership: { attempt: 5, takeover: true, mayFollowUnfinished: true } });
});

describe('F6: a claim that gets no answer', () => {
  test.each([['within the time for it', 'hangs' as const, 'no answer within 5000 ms'], ['but an error', new Error('socket hang up'), 'socket hang up']])(
    'F6: %s, is released under its token, once, and says that nothing was seen', async (_, fate, message) => {
      const { ports, asked, clock } = scripted({ claim: [fate], release: [{ is: { applied: false } }] });
      expect(await clock.through(acquire(KEY, TERMS, ports, at(5_000)))).toEqual({
        kind: 'unavailable', reason: 'the claim got no answer', cause: expect.objectContaining({ message: expect.stringContaining(message) }), unanswered: true,
      });
      expect(asked.map(({ call }) => call)).toEqual(['claim', 'release']);
      const release = asked[1]!.with as Release;
      expect(release).toEqual({ id: KEY.id, token: (asked[0]!.with as Claim).token });
    },
  );

  test.each([[5_000, 500], [600, 300]])('F31: a release that hangs is waited for no longer than half a second, and never than half of the %i ms there were', async (limit, parting) => {
    const { ports, asked, clock } = scripted({ claim: ['hangs'], release: ['hangs'] });
    await clock.through(acquire(KEY, TERMS, ports, at(limit)));
    expect(asked[1]!.at).toBe(limit);
    expect(clock.monotonic()).toBe(limit + parting);
  });
});

describe('F26: a refusal that does not show the item', () => {
  test.each([
    ['an execution under way', THEIRS, 'conflict'], ['a response', DONE, 'replay'], ['another request', { ...DONE, fingerprint: Uint8Array.of(1) }, 'mismatch'],
  ])('F26: is followed by a read: %s', async (_, is, kind) => {
    const { ports, asked } = scripted({ claim: [refused], read: [{ is }] });
    expect(await acquire(KEY, TERMS, ports, at(5_000))).toEqual({ kind, record: is });
    expect(asked.map(({ call }) => call)).toEqual(['claim', 'read']);
    expect(asked[1]!.with).toBe(KEY.id);
  });

  test('F5: of its own earlier send, by the read: the owner', async () => {
    const { ports } = scripted({ claim: [refused], read: [{ is: { ...MINE, token: 'token-1' } }] });
    expect(await acquire(KEY, TERMS, ports, at(5_000))).toMatchObject({ kind: 'owner', ownership: { attempt: 1, takeover: false } });
  });

  test('F6: and cannot be read either, is released, since it may have met its own earlier send', async () => {
    const cause = new Error('throttled');
    const { ports, asked, clock } = scripted({ claim: [refused], read: [cause], release: [{ is: { applied: true } }] });
    expect(await clock.through(acquire(KEY, TERMS, ports, at(5_000)))).toEqual({ kind: 'unavailable', reason: 'the record could not be read', cause });
    expect(asked.map(({ call }) => call)).toEqual(['claim', 'read', 'release']);
    expect(asked[2]!.with).toEqual({ id: KEY.id, token: 'token-1' });
  });
});

describe('what would have let the claim pass', () => {
  const expired = { is: { applied: false, current: { ...DONE, expiresAt: NOW / 1000 - 3 } } };

  test('is claimed once more, by another token and the clock of that time', async () => {
    const { ports, asked } = scripted({ claim: [{ takes: 40, ...expired }, { is: { applied: true } }] });
    expect(await acquire(KEY, TERMS, ports, at(5_000))).toMatchObject({ kind: 'owner' });
    expect(asked.map((one) => one.with)).toMatchObject([{ token: 'token-1', now: NOW }, { token: 'token-2', now: NOW + 40, leaseEnd: NOW + 30_040 }]);
  });

  test('F26: and no more than that: what changes faster executes nothing', async () => {
    const { ports, asked } = scripted({ claim: [expired] });
    expect(await acquire(KEY, TERMS, ports, at(5_000))).toEqual({ kind: 'unavailable', reason: 'the record changes faster than it can be claimed' });
    expect(asked).toHaveLength(2);
  });

  test('F30: and gets no answer then, has been seen all the same: it does not count as a store that is away', async () => {
    const { ports, clock } = scripted({ claim: [expired, new Error('reset')], release: [{ is: { applied: false } }] });
    const acquired = await clock.through(acquire(KEY, TERMS, ports, at(5_000)));
    expect(acquired).toMatchObject({ kind: 'unavailable', reason: 'the claim got no answer', cause: { message: 'reset' } });
    expect(acquired).not.toHaveProperty('unanswered', true);
  });

  test('and is another’s by then, is a conflict', async () => {
    const { ports } = scripted({ claim: [expired, { is: { applied: false, current: THEIRS } }] });
    expect(await acquire(KEY, TERMS, ports, at(5_000))).toEqual({ kind: 'conflict', record: THEIRS });
  });
});

test('F67: what a later version wrote is neither executed nor touched', async () => {
  const { ports, asked } = scripted({ claim: [{ is: { applied: false, current: { id: KEY.id, unreadable: 'newer-version', detail: '' } } }] });
  expect(await acquire(KEY, TERMS, ports, at(5_000))).toEqual({ kind: 'unavailable', reason: 'newer-version' });
  expect(asked).toHaveLength(1);
});
