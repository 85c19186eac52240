/** How a process was at one moment. */
export interface Vitals {
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Handlers that it has run so far. */
  readonly served: number;
  /** Bytes: of the process, and of its heap after a collection. */
  readonly rss: number;
  readonly heap: number;
  readonly sockets: number;
  /** Those that keep the process alive. */
  readonly timers: number;
}

/** By regression, over what is left of a process's time without its first quarter. */
export interface Trend {
  readonly pid: number;
  readonly samples: number;
  readonly served: number;
  readonly minutes: number;
  /** At the end, bytes. */
  readonly rss: number;
  readonly rssPerMinute: number;
  readonly heap: number;
  readonly heapPerRun: number;
  /** What has grown and should not have. */
  readonly growing: readonly string[];
}

/** Of memory over the time that is looked at. What is compiled and learnt at first takes some. */
const MAY_GROW = 0.05;
const LEAST_SAMPLES = 12;

/** Of each process that was seen often enough. */
export function trendsOf(vitals: readonly Vitals[]): readonly Trend[] {
  return [...new Set(vitals.map(({ pid }) => pid))].flatMap((pid) => {
    const all = vitals.filter((each) => each.pid === pid);
    return all.length < LEAST_SAMPLES ? [] : [trendOf(all.slice(Math.floor(all.length / 4)))];
  });
}

function trendOf(samples: readonly Vitals[]): Trend {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const rss = slope(samples.map(({ at, rss: y }) => [at, y]));
  const heap = slope(samples.map(({ served, heap: y }) => [served, y]));
  const half = Math.ceil(samples.length / 2);
  const grows = (of: (sample: Vitals) => number) => median(samples.slice(half).map(of)) > median(samples.slice(0, half).map(of));
  const growing = {
    'resident memory': rss * (last.at - first.at) > MAY_GROW * first.rss,
    'heap': heap * (last.served - first.served) > MAY_GROW * first.heap,
    'sockets': grows(({ sockets }) => sockets),
    'timers': grows(({ timers }) => timers),
  };
  return {
    pid: first.pid,
    samples: samples.length,
    served: last.served - first.served,
    minutes: (last.at - first.at) / 60_000,
    rss: last.rss,
    rssPerMinute: rss * 60_000,
    heap: last.heap,
    heapPerRun: heap,
    growing: Object.entries(growing).flatMap(([what, is]) => (is ? [what] : [])),
  };
}

/** Of the straight line with the least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
