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
  measure: (measurement) => write(emfLine(measurement, now())),
});

/** JSON, put together from its parts: it is made for each request, and all but five values are always the same. */
function emfLine({ service, route, counters, storeLatency }: Measurement, timestamp: number): string {
  const { NAMESPACE, DIMENSION_SERVICE, DIMENSION_ROUTE, STORE_LATENCY } = METRICS;
  const dimensions = route === undefined ? `["${DIMENSION_SERVICE}"]` : `["${DIMENSION_SERVICE}"],["${DIMENSION_SERVICE}","${DIMENSION_ROUTE}"]`;
  let metrics = '';
  let values = route === undefined ? '' : `,"${DIMENSION_ROUTE}":${JSON.stringify(route)}`;
  const add = (name: string, unit: string, value: number): void => {
    metrics += `${metrics && ','}{"Name":"${name}","Unit":"${unit}"}`;
    values += `,"${name}":${value}`;
  };
  for (const name of counters) add(name, 'Count', 1);
  if (storeLatency !== undefined) add(STORE_LATENCY, 'Milliseconds', storeLatency);
  return `{"_aws":{"Timestamp":${timestamp},"CloudWatchMetrics":[{"Namespace":"${NAMESPACE}","Dimensions":[${dimensions}],"Metrics":[${metrics}]}]},`
    + `"${DIMENSION_SERVICE}":${JSON.stringify(service)}${values}}\n`;
}
