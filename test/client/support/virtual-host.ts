import type { ClientHost } from '../../../client';

/** Time that passes only while nothing else goes on, and randomness as told. */
export interface VirtualHost extends ClientHost {
  /** Milliseconds from the start to each timer that has gone off. */
  readonly wentOff: readonly number[];
  /** Timers that are set and have not gone off. */
  pending(): number;
  /** Milliseconds since the start. */
  elapsed(): number;
  /** What `work` comes to; time jumps to the next timer whenever `work` waits for nothing else. */
  run<T>(work: Promise<T>): Promise<T>;
}

export const START = Date.UTC(2026, 0, 1);

/** @param random what each call of `Math.random` gives. UUIDs are all the same: a key differs by its time alone. */
export function virtualHost(random: () => number = () => 0): VirtualHost {
  const timers = new Map<number, { readonly at: number; readonly then: () => void }>();
  const wentOff: number[] = [];
  let now = START;
  let ids = 0;
  const next = () => [...timers].sort(([, a], [, b]) => a.at - b.at)[0];
  return {
    Date: { now: () => now },
    Math: { random },
    crypto: { randomUUID: () => '00000000-0000-4000-8000-000000000000' },
    setTimeout: (then, ms) => {
      timers.set(++ids, { at: now + ms, then });
      return ids;
    },
    clearTimeout: (timer: number) => void timers.delete(timer),
    wentOff,
    pending: () => timers.size,
    elapsed: () => now - START,
    async run(work) {
      let ended = false;
      const end = () => void (ended = true);
      work.then(end, end);
      for (;;) {
        for (let turn = 0; turn < 5 && !ended; turn++) await new Promise((resolve) => setImmediate(resolve));
        if (ended) return work;
        const timer = next();
        if (timer === undefined) throw new Error('The work waits for something that no timer brings.');
        const [id, { at, then }] = timer;
        timers.delete(id);
        now = at;
        wentOff.push(at - START);
        then();
      }
    },
  };
}
