import type { METRICS, MIGRATION_METRICS } from '../../lib/contract';

/** Names of the counters, as `metricHits()` and its like read them, and those of `DualWriteStore`. */
export type CounterName =
  | (typeof METRICS)['HITS' | 'MISSES' | 'CONFLICTS' | 'MISMATCHES' | 'TAKEOVERS' | 'SUPERSEDED' | 'STORE_ERRORS' | 'UNPERSISTED' | 'EXPIRED' | 'LATE']
  | (typeof MIGRATION_METRICS)[keyof typeof MIGRATION_METRICS];

/** What one request adds to the metrics. The dimensions are a closed set: no key, no tenant. */
export interface Measurement {
  readonly service: string;
  /** `POST /payments/{id}`; absent where `routeMetrics` is off. */
  readonly route?: string;
  /** Each counts one. */
  readonly counters: readonly CounterName[];
  /** Milliseconds spent waiting for the store, all calls of the request together; absent where there was none. */
  readonly storeLatency?: number;
}

export interface IdempotencyMetrics {
  /** Called once per request with a key, at its end; by a `DualWriteStore` besides, where there is something to count. */
  measure(measurement: Measurement): void;
}
