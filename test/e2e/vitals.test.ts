import { trendsOf, type Vitals } from './support/vitals';
import { seededRandom } from '../support/seeded-random';

const MB = 1_000_000;

/** A process that was looked at each second for five minutes, 20 requests each time, with the noise that processes have. */
function process(change: (second: number) => Partial<Vitals> = () => ({})): readonly Vitals[] {
  const random = seededRandom('vitals');
  return Array.from({ length: 300 }, (_, second) => ({
    pid: 7,
    at: second * 1_000,
    served: second * 20,
    rss: 120 * MB + random() * 2 * MB,
    heap: 12 * MB + random() * 100_000,
    sockets: 2 + Math.floor(random() * 2),
    timers: Math.floor(random() * 2),
    ...change(second),
  }));
}

const growing = (vitals: readonly Vitals[]) => trendsOf(vitals).map((trend) => trend.growing);

test('noise is no growth, and what a process takes at first is none either', () => {
  expect(growing(process())).toEqual([[]]);
  expect(growing(process((second) => (second < 60 ? { rss: 60 * MB + second * MB, heap: 5 * MB } : {})))).toEqual([[]]);
});

test.each<[string, (second: number) => Partial<Vitals>]>([
  ['resident memory', (second) => ({ rss: 120 * MB + second * 40_000 })],
  ['heap', (second) => ({ heap: 12 * MB + second * 20 * 200 })],
  ['sockets', (second) => ({ sockets: 2 + Math.floor(second / 100) })],
  ['timers', (second) => ({ timers: Math.floor(second / 100) })],
])('F176: growth is found: %s', (what, change) => {
  expect(growing(process(change))).toEqual([[what]]);
});

test('trends are by the minute and by the run, of each process for itself', () => {
  const steady = { rss: 100 * MB, heap: 10 * MB };
  const vitals = [
    ...process((second) => ({ rss: steady.rss + second * 1_000, heap: steady.heap + second * 60 })),
    ...process(() => ({ ...steady, pid: 8 })),
  ];
  const trends = trendsOf(vitals);
  expect(trends.map(({ pid, samples }) => [pid, samples])).toEqual([[7, 225], [8, 225]]);
  expect(trends[0]!.rssPerMinute).toBeCloseTo(60_000);
  expect(trends[0]!.heapPerRun).toBeCloseTo(3);
  expect([trends[1]!.rssPerMinute, trends[1]!.heapPerRun]).toEqual([0, 0]);
});

test('a process that was seen a few times only is not judged', () => {
  expect(trendsOf(process().slice(0, 11))).toEqual([]);
});
