import { at } from './scripted';
import { StoreUnavailableError, ask, until } from '../../../runtime/protocol/store-call';
import type { CallOptions } from '../../../runtime/stores/store';
import { millis } from '../../../runtime/time';
import { leapingClock } from '../../support/leaping-clock';
import { settled } from '../../support/shop';

test('an answer is known, and nobody waits for its time to pass', async () => {
  const clock = leapingClock();
  expect(await clock.through(ask(async () => 'an answer', millis(1_000), clock))).toEqual({ known: true, value: 'an answer' });
  expect(clock.monotonic()).toBe(0);
});

test.each<[string, () => Promise<never>]>([
  ['rejects', () => Promise.reject(new Error('reset'))],
  ['throws', () => { throw new Error('reset'); }],
])('F31: a store that %s: what it did is unknown, and why is told', async (_, call) => {
  const clock = leapingClock();
  expect(await ask(call, millis(1_000), clock)).toEqual({ known: false, cause: new Error('reset') });
});

describe('F31: a store that does not answer', () => {
  test('F31: is waited for as long as was said, and told that nobody waits any more', async () => {
    const clock = leapingClock();
    let given: CallOptions | undefined;
    const hangs = (options: CallOptions) => ((given = options), void options.signal, new Promise<never>(() => {}));
    const answer = await clock.through(ask(hangs, millis(1_000.4), clock));
    expect(clock.monotonic()).toBe(1_000.4);
    const cause = (answer as { readonly cause: unknown }).cause;
    expect(cause).toBeInstanceOf(StoreUnavailableError);
    expect(cause).toMatchObject({ name: 'StoreUnavailableError', code: 'IDEMPOTENCY_STORE_UNAVAILABLE', message: 'The store gave no answer within 1000 ms.' });
    expect(answer).toEqual({ known: false, cause });
    expect([given!.signal!.aborted, given!.signal!.reason]).toEqual([true, cause]);
  });

  test('F31: is not listened to afterwards', async () => {
    const clock = leapingClock();
    let answerLate = (_: string): void => {};
    const answer = await clock.through(ask(() => new Promise<string>((resolve) => (answerLate = resolve)), millis(1_000), clock));
    answerLate('late');
    await settled();
    expect(answer).toMatchObject({ known: false });
  });
});

test('a store is told how long it is still waited for, and by its signal no more than that', async () => {
  const clock = leapingClock();
  let given: CallOptions | undefined;
  const answer = ask((options) => ((given = options), clock.sleep(millis(400))), millis(1_000), clock);
  expect(given!.timeLeft!()).toBe(1_000);
  await clock.through(answer);
  expect(given!.timeLeft!()).toBe(600);
  clock.advance(5_000);
  await settled();
  expect([given!.timeLeft!(), given!.signal!.aborted]).toEqual([0, false]);
});

test('what is left until a time that is over is nothing', () => {
  const clock = leapingClock();
  clock.advance(100);
  expect([until(at(150), clock), until(at(100), clock), until(at(50), clock)]).toEqual([50, 0, 0]);
});

test('the error of a store carries its cause', () => {
  const cause = new Error('reset');
  expect(new StoreUnavailableError('gone', { cause }).cause).toBe(cause);
});
