import type { METRICS } from '../../lib/contract';

/** Names of the counters, as `metricHits()` and its like read them. */
export type CounterName = (typeof METRICS)[
  'HITS' | 'MISSES' | 'CONFLICTS' | 'MISMATCHES' | 'TAKEOVERS' | 'SUPERSEDED' | 'STORE_ERRORS' | 'UNPERSISTED'];

/** What one request adds to the metrics. The dimensions are a closed set: no key, no tenant. */
export interface Measurement {
  readonly service: string;
  /** `POST /payments/{id}`. */
  readonly route: string;
  /** Each counts one. */
  readonly counters: readonly CounterName[];
  /** Milliseconds spent waiting for the store, all calls of the request together; absent where there was none. */
  readonly storeLatency?: number;
}

export interface IdempotencyMetrics {
  /** Called once per request with a key, at its end. */
  measure(measurement: Measurement): void;
}
