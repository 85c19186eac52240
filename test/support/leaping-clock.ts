import { settled } from './shop';
import { controllableClock } from '../../runtime/testing/clock';
import type { Clock } from '../../runtime/time';

export interface LeapingClock extends Clock {
  /** How long each sleep was to be, in order; ended early or not. */
  readonly sleeps: readonly number[];
  /** Time as it passed without anybody asleep: a store that takes long, say. */
  advance(ms: number): void;
  /** Leaps to whoever wakes next, again and again, until `promise` is settled. */
  through<T>(promise: Promise<T>): Promise<T>;
}

/** A clock on which nobody waits: while all sleep, it leaps to the first that wakes. */
export function leapingClock(): LeapingClock {
  const clock = controllableClock();
  const sleeps: number[] = [];
  const asleep = new Set<{ readonly until: number }>();
  return {
    ...clock,
    sleeps,
    async sleep(length, signal) {
      sleeps.push(length);
      const sleeper = { until: clock.monotonic() + length };
      asleep.add(sleeper);
      await clock.sleep(length, signal);
      asleep.delete(sleeper);
    },
    async through<T>(promise: Promise<T>): Promise<T> {
      let over = false;
      const settle = (): void => void (over = true);
      promise.then(settle, settle);
      for (await settled(); !over; await settled()) {
        if (asleep.size === 0) throw new Error('Nobody sleeps, and it is not over: it waits for what never comes.');
        clock.advance(Math.min(...[...asleep].map(({ until }) => until)) - clock.monotonic());
      }
      return promise;
    },
  };
}
