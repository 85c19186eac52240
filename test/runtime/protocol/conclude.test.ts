import { DONE, KEY, MINE, NOW, OWNERSHIP, RESPONSE, TERMS, THEIRS, at, scripted } from './scripted';
import { complete, release } from '../../../runtime/protocol/conclude';
import { millis } from '../../../runtime/time';

const applied = { is: { applied: true } };
const unseen = { is: { applied: false } };
const reset = new Error('reset');

/** 8 seconds for it, of which the last two are for the read. */
const completing = ({ ports, clock }: ReturnType<typeof scripted>, deadline = 8_000) =>
  clock.through(complete(OWNERSHIP, RESPONSE, { ttl: TERMS.ttl, remember: millis(60_000) }, ports, at(deadline)));

describe('a completion', () => {
  test('says what is recorded, under the claim’s token, and until when', async () => {
    const store = scripted({ complete: [applied] });
    store.clock.advance(1_000);
    expect(await completing(store)).toEqual({ kind: 'recorded' });
    expect(store.asked.map((one) => one.with)).toEqual([
      { id: KEY.id, token: 'mine', response: RESPONSE, expiresAt: NOW / 1000 + 1 + 86_460, responseExpiresAt: NOW / 1000 + 1 + 86_400 },
    ]);
  });

  test('F9: is sent again while nobody knows what became of it, after longer and longer, and is the same each time', async () => {
    const store = scripted({ complete: [reset, reset, reset, reset, applied] });
    expect(await completing(store)).toEqual({ kind: 'recorded' });
    expect(store.calls()).toEqual(['complete at 0', 'complete at 50', 'complete at 250', 'complete at 1050', 'complete at 3050']);
    expect(new Set(store.asked.map((one) => one.with)).size).toBe(1);
  });

  test('F9, F10: that never gets an answer is looked for at the end, by one read', async () => {
    const store = scripted({ complete: [reset], read: [{ is: { ...DONE, token: 'mine' } }] });
    expect(await completing(store)).toEqual({ kind: 'recorded' });
    expect(store.calls()).toEqual(['complete at 0', 'complete at 50', 'complete at 250', 'complete at 1050', 'complete at 3050', 'read at 3050']);
  });

  test('F9: is not sent into the time of that read', async () => {
    const store = scripted({ complete: [reset], read: ['hangs'] });
    expect(await completing(store, 1_400)).toEqual({ kind: 'unpersisted', reason: 'the store gave no answer', cause: reset });
    expect(store.calls()).toEqual(['complete at 0', 'complete at 50', 'complete at 250', 'read at 250']);
    expect(store.clock.monotonic()).toBe(1_400);
    const exactly = scripted({ complete: [reset], read: [{ is: MINE }] });
    await completing(exactly, 200 / 3);
    expect(exactly.calls()).toEqual(['complete at 0', 'read at 0']);
  });

  test('F31: that hangs leaves the last quarter of the time for the read', async () => {
    const store = scripted({ complete: ['hangs'], read: [{ is: MINE }] });
    expect(await completing(store)).toEqual({
      kind: 'unpersisted', reason: 'the completion did not arrive', cause: expect.objectContaining({ code: 'IDEMPOTENCY_STORE_UNAVAILABLE' }),
    });
    expect(store.calls()).toEqual(['complete at 0', 'read at 6000']);
  });

  test.each([
    ['F1: the winner’s response', DONE, { kind: 'superseded', winner: DONE }],
    ['F1: the winner at work', THEIRS, { kind: 'superseded-running', winner: THEIRS }],
    ['F8: its own release', { ...MINE, status: 'R' }, { kind: 'unpersisted', reason: 'released' }],
    ['F40: another request', { ...DONE, fingerprint: Uint8Array.of(9) }, { kind: 'unpersisted', reason: 'another-request' }],
  ])('that is refused by %s is not sent again, whether the refusal shows it or a read does', async (_, current, expected) => {
    const shown = scripted({ complete: [{ is: { applied: false, current } }] });
    expect(await completing(shown)).toEqual(expected);
    expect(shown.calls()).toEqual(['complete at 0']);
    const read = scripted({ complete: [unseen], read: [{ is: current }] });
    expect(await completing(read)).toEqual(expected);
    expect(read.calls()).toEqual(['complete at 0', 'read at 0']);
    expect(read.asked[1]!.with).toBe(KEY.id);
  });

  test('F12: whose record is gone is not on record', async () => {
    expect(await completing(scripted({ complete: [unseen], read: [{ is: undefined }] }))).toEqual({ kind: 'unpersisted', reason: 'absent' });
  });

  test('F26: that was refused by what nobody can read says why it cannot be read', async () => {
    expect(await completing(scripted({ complete: [unseen], read: [reset] }))).toEqual({ kind: 'unpersisted', reason: 'the store gave no answer', cause: reset });
  });
});

describe('a release', () => {
  const releasing = ({ ports, clock }: ReturnType<typeof scripted>) => clock.through(release(OWNERSHIP, ports, at(500)));

  test('gives back its own claim, and says whether it did', async () => {
    const store = scripted({ release: [applied, unseen] });
    expect([await releasing(store), await releasing(store)]).toEqual([true, false]);
    expect(store.asked[0]!.with).toEqual({ id: KEY.id, token: 'mine' });
  });

  test('F31: that gets no answer has not given it back, as far as anybody knows, and is waited for no longer than there is time', async () => {
    expect(await releasing(scripted({ release: [reset] }))).toBe(false);
    const hanging = scripted({ release: ['hangs'] });
    expect(await releasing(hanging)).toBe(false);
    expect(hanging.clock.monotonic()).toBe(500);
  });
});
