import { DONE, KEY, MINE, NOW, OWNERSHIP, RESPONSE, TERMS, THEIRS, at, scripted } from './scripted';
import { commit } from '../../../runtime/protocol/commit';

const EFFECTS = { response: RESPONSE, effects: ['an effect'], requestToken: 'once' };
const applied = { is: { applied: true } };
const contended = { is: { applied: false, refusedBy: 'contention', cause: 'busy' } };
const refused = { is: { applied: false, refusedBy: 'effects', reasons: [{ code: 'ConditionalCheckFailed' }], cause: 'cancelled' } };
const byRecord = (current?: unknown) => ({ is: { applied: false, refusedBy: 'record', current } });
const mayStillArrive = ({ is }: { readonly is: object }) => ({ is: { ...is, mayStillArrive: true } });
const reset = new Error('reset');
const mineDone = { is: { ...DONE, token: 'mine' } };

/** 8 seconds for it, of which the last two are for the read. */
const committing = ({ ports, clock }: ReturnType<typeof scripted>, deadline = 8_000) =>
  clock.through(commit(OWNERSHIP, EFFECTS, { ttl: TERMS.ttl }, ports, at(deadline)));

test('F200: response and effects go together, under the claim’s token', async () => {
  const store = scripted({ commit: [applied] });
  expect(await committing(store)).toEqual({ kind: 'recorded' });
  expect(store.asked.map((one) => one.with)).toEqual([{ id: KEY.id, token: 'mine', expiresAt: NOW / 1000 + 86_400, ...EFFECTS }]);
});

test('F201: what gets no answer is sent again, the same to the byte, after pauses of up to twice as long each time, and two seconds at most', async () => {
  const store = scripted({ commit: [reset, reset, reset, reset, reset, reset, reset, applied] }, () => 1);
  expect(await committing(store, 20_000)).toEqual({ kind: 'recorded' });
  expect(store.clock.sleeps.filter((length) => length <= 2_000)).toEqual([50, 100, 200, 400, 800, 1_600, 2_000]);
  expect(new Set(store.asked.map((one) => one.with)).size).toBe(1);
});

describe('F200: effects that are refused', () => {
  test('F200: are refused at once, with their reasons, and the claim stands', async () => {
    const store = scripted({ commit: [refused] });
    expect(await committing(store)).toEqual({ kind: 'refused', reasons: [{ code: 'ConditionalCheckFailed' }], cause: 'cancelled' });
    expect(store.calls()).toEqual(['commit at 0']);
  });

  test('F200: after others stood in the way are refused as well, since nothing of it is on its way', async () => {
    const store = scripted({ commit: [contended, refused] });
    expect(await committing(store)).toMatchObject({ kind: 'refused' });
  });

  test.each([
    ['a send without an answer', [reset, refused]],
    ['a send that the transport sent before', [mayStillArrive(refused)]],
    ['contention after a send that may still arrive', [mayStillArrive(contended), refused]],
  ])('F202: after %s are not believed, unless the record says so', async (_, fates) => {
    const open = scripted({ commit: fates, read: [{ is: MINE }] });
    expect(await committing(open)).toEqual({ kind: 'unknown', cause: 'cancelled' });
    expect(open.calls().at(-1)).toMatch(/^read/);
    expect(await committing(scripted({ commit: fates, read: [mineDone] }))).toEqual({ kind: 'recorded' });
  });
});

describe('others that stand in the way', () => {
  test('for as long as there is time: contended, and nothing was written', async () => {
    const store = scripted({ commit: [contended] }, () => 1);
    expect(await committing(store, 1_000)).toEqual({ kind: 'contended', cause: 'busy' });
    expect(store.calls()).toEqual(['commit at 0', 'commit at 50', 'commit at 150', 'commit at 350']);
  });

  test('a send is not begun with less than a tenth of a second for it', async () => {
    const exactly = scripted({ commit: [contended] }, () => 1);
    await committing(exactly, 200);
    expect(exactly.calls()).toEqual(['commit at 0', 'commit at 50']);
    const less = scripted({ commit: [contended] }, () => 1);
    await committing(less, 199);
    expect(less.calls()).toEqual(['commit at 0']);
  });

  test('F202: after a send that may still arrive: unknown, unless the record says so', async () => {
    const fates = [reset, contended];
    expect(await committing(scripted({ commit: fates, read: [{ is: MINE }] }), 1_000)).toEqual({ kind: 'unknown', cause: 'busy' });
    expect(await committing(scripted({ commit: fates, read: [mineDone] }), 1_000)).toEqual({ kind: 'recorded' });
  });
});

describe('F201: a commit that gets no answer at all', () => {
  test('F201: leaves the last quarter of the time for the read, which hangs no longer than that', async () => {
    const store = scripted({ commit: ['hangs'], read: ['hangs'] });
    expect(await committing(store)).toEqual({ kind: 'unknown', cause: expect.objectContaining({ message: 'The store gave no answer within 6000 ms.' }) });
    expect([store.calls(), store.clock.monotonic()]).toEqual([['commit at 0', 'read at 6000'], 8_000]);
    expect(store.asked[1]!.with).toBe(KEY.id);
  });

  test.each([
    ['the winner’s response', DONE], ['the winner at work', THEIRS], ['its own claim in progress', MINE], ['nothing', undefined], ['another request', { ...DONE, fingerprint: Uint8Array.of(9) }],
  ])('F201: and finds %s: unknown, since it may have landed before, or may land yet', async (_, is) => {
    expect(await committing(scripted({ commit: ['hangs'], read: [{ is }] }))).toMatchObject({ kind: 'unknown' });
  });
});

describe('a commit that the record refuses', () => {
  test.each([
    ['F1: the winner’s response', DONE, { kind: 'superseded', winner: DONE }],
    ['F1: the winner at work', THEIRS, { kind: 'superseded-running', winner: THEIRS }],
    ['F10: itself, recorded by an earlier send', { ...DONE, token: 'mine' }, { kind: 'recorded' }],
    ['F8: its own release', { ...MINE, status: 'R' }, { kind: 'unrecorded', reason: 'released' }],
  ])('and shows %s', async (_, current, expected) => {
    const shown = scripted({ commit: [byRecord(current)] });
    expect(await committing(shown)).toEqual(expected);
    expect(shown.calls()).toEqual(['commit at 0']);
    const read = scripted({ commit: [byRecord()], read: [{ is: current }] });
    expect(await committing(read)).toEqual(expected);
    expect(read.calls()).toEqual(['commit at 0', 'read at 0']);
  });

  test('F12: that is gone is not on record', async () => {
    expect(await committing(scripted({ commit: [byRecord()], read: [{ is: undefined }] }))).toEqual({ kind: 'unrecorded', reason: 'absent' });
  });

  test('F26: and cannot be read: unknown, and why', async () => {
    expect(await committing(scripted({ commit: [byRecord()], read: [reset] }))).toEqual({ kind: 'unknown', cause: reset });
  });

  test('F201: or that is found in progress under its own token, against what it says: unknown', async () => {
    expect(await committing(scripted({ commit: [byRecord()], read: [{ is: MINE }] }))).toEqual({ kind: 'unknown', cause: undefined });
  });
});
