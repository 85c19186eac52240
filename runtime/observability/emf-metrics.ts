import type { IdempotencyMetrics, Measurement } from './metrics';
import { METRICS } from '../../lib/contract';

/**
 * CloudWatch Embedded Metric Format: one JSON line per request on standard
 * output, which CloudWatch turns into metrics without a call. It is written past
 * `console`, whose lines Lambda may wrap into JSON of its own.
 *
 * @param write takes one line, its line break included
 */
export const emfMetrics = (
  write: (line: string) => void = (line) => void process.stdout.write(line),
  now: () => number = Date.now,
): IdempotencyMetrics => ({
  measure: (measurement) => write(`${JSON.stringify(emfDocument(measurement, now()))}\n`),
});

function emfDocument({ service, route, counters, storeLatency }: Measurement, timestamp: number): object {
  return {
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: METRICS.NAMESPACE,
          Dimensions: [[METRICS.DIMENSION_SERVICE], ...(route === undefined ? [] : [[METRICS.DIMENSION_SERVICE, METRICS.DIMENSION_ROUTE]])],
          Metrics: [
            ...counters.map((name) => ({ Name: name, Unit: 'Count' })),
            ...(storeLatency === undefined ? [] : [{ Name: METRICS.STORE_LATENCY, Unit: 'Milliseconds' }]),
          ],
        },
      ],
    },
    [METRICS.DIMENSION_SERVICE]: service,
    ...(route === undefined ? {} : { [METRICS.DIMENSION_ROUTE]: route }),
    ...Object.fromEntries(counters.map((name) => [name, 1])),
    ...(storeLatency === undefined ? {} : { [METRICS.STORE_LATENCY]: storeLatency }),
  };
}
