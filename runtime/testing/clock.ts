import { epochMillis, type Clock, type EpochMillis, type MonotonicMillis } from '../time';

/** A clock that stands still until it is told to move. */
export interface ControllableClock extends Clock {
  /** Moves both clocks on by `ms` milliseconds; whoever sleeps until then wakes. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as a time server may: nobody wakes. */
  setWallClock(time: number): void;
}

/** @param start milliseconds since the epoch */
export function controllableClock(start = 1_800_000_000_000): ControllableClock {
  let wall = start;
  let monotonic = 0;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: (): EpochMillis => epochMillis(wall),
    monotonic: () => monotonic as MonotonicMillis,
    sleep: (length, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          until: monotonic + length,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        if (signal?.aborted || length <= 0) return resolve();
        signal?.addEventListener('abort', sleeper.wake, { once: true });
        sleepers.add(sleeper);
      }),
    advance(ms) {
      wall += ms;
      monotonic += ms;
      for (const sleeper of [...sleepers].sort((a, b) => a.until - b.until)) if (sleeper.until <= monotonic) sleeper.wake();
    },
    setWallClock(time) {
      wall = time;
    },
  };
}
