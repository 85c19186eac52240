import { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, IConstruct } from 'constructs';
import { METRICS } from './contract';

/**
 * What the runtime counts, over all routes of a construct. For one route only,
 * give `dimensionsMap: { service: <namespace>, route: 'POST /payments' }`.
 */
export interface IIdempotencyMetrics extends IConstruct {
  /**
   * Requests that got a recorded response.
   *
   * @default - sum over 5 minutes
   */
  metricHits(props?: MetricOptions): Metric;

  /**
   * Requests whose handler ran.
   *
   * @default - sum over 5 minutes
   */
  metricMisses(props?: MetricOptions): Metric;

  /**
   * Requests answered 409, because their operation was still being executed.
   *
   * @default - sum over 5 minutes
   */
  metricConflicts(props?: MetricOptions): Metric;

  /**
   * Requests answered 422, because their key had come with another request.
   *
   * @default - sum over 5 minutes
   */
  metricMismatches(props?: MetricOptions): Metric;

  /**
   * Executions that took over from one whose lease had run out: the operation may have run twice.
   *
   * @default - sum over 5 minutes
   */
  metricTakeovers(props?: MetricOptions): Metric;

  /**
   * Executions that ended after another had taken over: the operation has run twice.
   *
   * @default - sum over 5 minutes
   */
  metricSuperseded(props?: MetricOptions): Metric;

  /**
   * Requests during which the store failed or did not answer in time.
   *
   * @default - sum over 5 minutes
   */
  metricStoreErrors(props?: MetricOptions): Metric;

  /**
   * Executions whose response could not be recorded, so that a retry may run again.
   *
   * @default - sum over 5 minutes
   */
  metricUnpersisted(props?: MetricOptions): Metric;

  /**
   * Requests answered 410, because their response is kept no longer and their key still known.
   *
   * @default - sum over 5 minutes
   */
  metricExpired(props?: MetricOptions): Metric;

  /**
   * Requests answered 412, because their key is older than keys are remembered.
   *
   * @default - sum over 5 minutes
   */
  metricLate(props?: MetricOptions): Metric;

  /**
   * Time that a request spent waiting for the store, in milliseconds.
   *
   * @default - 99th percentile over 5 minutes
   */
  metricStoreLatency(props?: MetricOptions): Metric;
}

/** A metric that the runtime publishes under a namespace of its settings. */
export function runtimeMetric(site: Construct, namespace: string, metricName: string, props?: MetricOptions): Metric {
  return new Metric({
    namespace: METRICS.NAMESPACE,
    metricName,
    dimensionsMap: { [METRICS.DIMENSION_SERVICE]: namespace },
    statistic: metricName === METRICS.STORE_LATENCY ? 'p99' : 'Sum',
    ...props,
  }).attachTo(site);
}
