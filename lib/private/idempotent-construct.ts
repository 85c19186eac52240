import { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Attacher } from './attacher';
import { METRICS, WireCors } from '../contract';
import { IIdempotencyTable } from '../i-idempotency-table';
import { IIdempotencyMetrics, runtimeMetric } from '../idempotency-metrics';
import { idempotencyPolicy } from './idempotency-policy';
import { IdempotencyProps } from '../idempotency-props';
import { IdempotencySettings } from '../idempotency-settings';
import { IdempotencyTable } from '../idempotency-table';
import { LargeResponses } from '../large-responses';
import { defaultNamespace } from './namespace';
import { PROPS, requireTypes } from './option-types';
import { newOverflowBucket } from './overflow-bucket';
import { RelaySettings } from '../relay-settings';

/**
 * What `IdempotentApi`, `IdempotentRestApi` and `Idempotency` have in common.
 *
 * @internal
 */
export abstract class IdempotentConstruct extends Construct implements IIdempotencyMetrics {
  /** Where records are kept. */
  public readonly table: IIdempotencyTable;

  /** @internal */
  protected readonly _attacher: Attacher;
  private readonly metricsNamespace: string;

  constructor(scope: Construct, id: string, props: IdempotencyProps, cors?: WireCors) {
    super(scope, id);
    requireTypes(this, PROPS, props);
    this.metricsNamespace = props.namespace ?? defaultNamespace(this);
    this.table = props.table ?? new IdempotencyTable(this, 'Table');
    this._attacher = new Attacher({
      site: this,
      table: this.table,
      overflowBucket: this.overflowBucket(props.largeResponses),
      settings: props,
      cors,
      routeMetrics: props.routeMetrics,
    });
  }

  /**
   * Environment variables for a function that cannot be redirected and wraps
   * its handler in code, with `idempotent()`. It needs `grantUse` too.
   *
   * @param settings what differs from the settings of this construct; give
   * `processingTimeout` if the function may run for more than 30 seconds
   */
  public environment(settings: IdempotencySettings = {}): { [name: string]: string } {
    return this._attacher.environment(settings);
  }

  /**
   * Grants what the wrapper needs: use of the table, of the bucket for large
   * responses, and reading of the key secrets.
   *
   * @param grantee the function, or whatever else runs the wrapper
   * @param settings those that `environment` was given: a key secret among them is granted as well
   */
  public grantUse(grantee: IGrantable, settings: IdempotencySettings = {}): Grant {
    return this._attacher.grantUse(grantee, settings);
  }

  /**
   * A function that makes another one idempotent and needs nothing of it: it
   * claims, invokes that function with the event and `requestContext.idempotency`,
   * and records what it answers. To be put in its place behind an API, a Function
   * URL or a load balancer. Asked again for the same function it is the same relay.
   *
   * @param target a function of any runtime, a container image, an imported function, or a version or an alias of one
   * @param settings what differs from the settings of this construct, on which routes, and how the relay is deployed
   */
  public relay(target: IFunction, settings: RelaySettings = {}): IFunction {
    return this._attacher.relay(target, settings);
  }

  /**
   * What to publish about keys: which routes take one, when it expires, and
   * which errors to expect (section 2 of draft-ietf-httpapi-idempotency-key-header-07),
   * as the `paths` and `components` of an OpenAPI 3.1 description. It covers the
   * routes added before the call.
   */
  public idempotencyPolicy(): any {
    return idempotencyPolicy(this._attacher.routes, (route) => this._attacher.identityOn(route));
  }

  /** Requests that got a recorded response; by default the sum over 5 minutes. */
  public metricHits(props?: MetricOptions): Metric {
    return this.metric(METRICS.HITS, props);
  }

  /** Requests whose handler ran; by default the sum over 5 minutes. */
  public metricMisses(props?: MetricOptions): Metric {
    return this.metric(METRICS.MISSES, props);
  }

  /** Requests answered 409, because their operation was still being executed; by default the sum over 5 minutes. */
  public metricConflicts(props?: MetricOptions): Metric {
    return this.metric(METRICS.CONFLICTS, props);
  }

  /** Requests answered 422, because their key had come with another request; by default the sum over 5 minutes. */
  public metricMismatches(props?: MetricOptions): Metric {
    return this.metric(METRICS.MISMATCHES, props);
  }

  /** Executions that took over from one whose lease had run out; by default the sum over 5 minutes. */
  public metricTakeovers(props?: MetricOptions): Metric {
    return this.metric(METRICS.TAKEOVERS, props);
  }

  /** Executions that ended after another had taken over; by default the sum over 5 minutes. */
  public metricSuperseded(props?: MetricOptions): Metric {
    return this.metric(METRICS.SUPERSEDED, props);
  }

  /** Requests during which the store failed or did not answer in time; by default the sum over 5 minutes. */
  public metricStoreErrors(props?: MetricOptions): Metric {
    return this.metric(METRICS.STORE_ERRORS, props);
  }

  /** Executions whose response could not be recorded; by default the sum over 5 minutes. */
  public metricUnpersisted(props?: MetricOptions): Metric {
    return this.metric(METRICS.UNPERSISTED, props);
  }

  /** Requests answered 410, because their response is kept no longer; by default the sum over 5 minutes. */
  public metricExpired(props?: MetricOptions): Metric {
    return this.metric(METRICS.EXPIRED, props);
  }

  /** Requests answered 412, because their key is older than keys are remembered; by default the sum over 5 minutes. */
  public metricLate(props?: MetricOptions): Metric {
    return this.metric(METRICS.LATE, props);
  }

  /** Milliseconds that a request spent waiting for the store; by default the 99th percentile over 5 minutes. */
  public metricStoreLatency(props?: MetricOptions): Metric {
    return this.metric(METRICS.STORE_LATENCY, props);
  }

  private overflowBucket(largeResponses: LargeResponses | undefined): IBucket | undefined {
    if (largeResponses === undefined) return undefined;
    return largeResponses._bucket() ?? newOverflowBucket(this, () => this._attacher.longestTtlSeconds());
  }

  private metric(name: string, props?: MetricOptions): Metric {
    return runtimeMetric(this, this.metricsNamespace, name, props);
  }
}
