import { Cancellation, SignalOnDemand } from '../../../runtime/protocol/cancellation';
import { millis, systemClock } from '../../../runtime/time';

describe('what only the runtime listens to', () => {
  test('calls its listener when it is cancelled, and once', () => {
    const listener = jest.fn();
    const cancellation = new Cancellation();
    cancellation.addEventListener('abort', listener);
    expect([cancellation.aborted, listener.mock.calls.length]).toEqual([false, 0]);
    cancellation.cancel();
    cancellation.cancel();
    expect([cancellation.aborted, listener.mock.calls.length]).toEqual([true, 1]);
  });

  test('calls nobody who has left', () => {
    const listener = jest.fn();
    const cancellation = new Cancellation();
    cancellation.addEventListener('abort', listener);
    cancellation.removeEventListener();
    cancellation.cancel();
    expect(listener).not.toHaveBeenCalled();
  });

  test('F21: ends a wait on the clock of the system, before and while it lasts', async () => {
    const cancellation = new Cancellation();
    const waiting = systemClock.sleep(millis(3_600_000), cancellation);
    cancellation.cancel();
    await waiting;
    await systemClock.sleep(millis(3_600_000), cancellation);
  });
});

describe('a signal for whoever asks', () => {
  test('is one signal, and aborts with its reason', () => {
    const ending = new SignalOnDemand();
    const { signal } = ending;
    expect(ending.signal).toBe(signal);
    expect(signal.aborted).toBe(false);
    const reason = new Error('no time is left');
    ending.abort(reason);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(reason);
  });

  test('is aborted already, with the first reason, for whoever asks afterwards', () => {
    const ending = new SignalOnDemand();
    const reason = new Error('no time is left');
    ending.abort(reason);
    ending.abort(new Error('and over'));
    expect(ending.signal.aborted).toBe(true);
    expect(ending.signal.reason).toBe(reason);
  });
});
