import type { Part } from './part';
import { soak as soakFor } from '../../test/e2e/support/soak';
import type { Trend } from '../../test/e2e/support/vitals';

/** Half an hour by default. */
export const soak: Part = {
  name: 'Soak',
  prove: async ({ short, minutes, progress }) => {
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 60_000;
    let told = 0;
    const { requests, answers, unexplained, storeErrors, sandboxes } = await soakFor({
      stack: 'Clean',
      clients: 2,
      goOn: (sent) => {
        if (elapsed() > told + 1) progress(`minute ${++told}: ${count(sent)} requests`);
        return short ? sent < 150 : elapsed() < minutes;
      },
    });
    const control = await soakFor({ stack: 'Leaking', clients: 1, goOn: (sent) => sent < 150 });
    const growing = (what: readonly string[]) => sandboxes.flatMap((trend) => trend.growing.filter((each) => what.includes(each)));
    const judged = sandboxes.length > 0;
    return [
      {
        goal: 'no unexplained answer',
        found: `${count(requests)} requests in ${Math.round(elapsed())} min: ${Object.entries(answers).map(([what, times]) => `${count(times)} ${what}`).join(', ')}; `
          + `unexplained: ${unexplained.length === 0 ? 'none' : [...unexplained, ...storeErrors].join(', ')}`,
        met: unexplained.length === 0,
      },
      {
        goal: 'the memory of a sandbox is flat: by regression it grows by less than 5 % of what it was after the first quarter',
        found: sandboxes.map(shown).join('; '),
        // A few seconds are too short to judge by.
        met: judged && (short || growing(['resident memory', 'heap']).length === 0),
      },
      { goal: 'sockets and timers do not grow', found: judged ? growing(['sockets', 'timers']).join(', ') || 'none grows' : 'not seen', met: judged && growing(['sockets', 'timers']).length === 0 },
      {
        goal: 'the same harness finds what requests leave behind',
        found: control.sandboxes.flatMap((trend) => trend.growing).join(', ') || 'nothing',
        met: control.sandboxes.some((trend) => trend.growing.includes('heap') && trend.growing.includes('timers')),
      },
    ];
  },
};

const shown = ({ minutes, served, rss, rssPerMinute, heap, heapPerRun }: Trend): string =>
  `${minutes.toFixed(1)} min, ${count(served)} runs: ${megabytes(rss)} MB resident, ${kilobytes(rssPerMinute)} KB a minute; `
  + `${megabytes(heap)} MB heap after collection, ${Math.round(heapPerRun)} bytes a run`;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const kilobytes = (bytes: number): string => `${bytes < 0 ? '' : '+'}${(bytes / 1e3).toFixed(1)}`;
const count = (number: number): string => number.toLocaleString('en-US');
