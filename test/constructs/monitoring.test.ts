import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Dashboard, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { newFunction, newStack, settingsOf } from './support';
import { Idempotency, IdempotencyMonitoring, IdempotentApi, IdempotentRestApi, IIdempotencyMetrics } from '../../lib';
import { METRICS, WireSettings } from '../../lib/contract';

const nameOf = (metric: Metric) => metric.metricName;
const all = (target: IIdempotencyMetrics): Metric[] => [
  target.metricHits(), target.metricMisses(), target.metricConflicts(), target.metricMismatches(), target.metricTakeovers(),
  target.metricSuperseded(), target.metricStoreErrors(), target.metricUnpersisted(),
  target.metricExpired(), target.metricLate(), target.metricStoreLatency(),
];

describe('metrics', () => {
  test('have the names that the runtime publishes', () => {
    expect(all(new Idempotency(newStack(), 'Idempotency')).map(nameOf)).toEqual([
      METRICS.HITS, METRICS.MISSES, METRICS.CONFLICTS, METRICS.MISMATCHES, METRICS.TAKEOVERS,
      METRICS.SUPERSEDED, METRICS.STORE_ERRORS, METRICS.UNPERSISTED, METRICS.EXPIRED, METRICS.LATE, METRICS.STORE_LATENCY,
    ]);
  });

  test('F77: are counted by the namespace of the construct', () => {
    const stack = newStack();
    const targets = [new Idempotency(stack, 'One'), new IdempotentApi(stack, 'Two', { namespace: 'payments' }), new IdempotentRestApi(stack, 'Three')];
    expect(targets.map((target) => target.metricHits().toMetricConfig().metricStat)).toEqual(
      ['Stack/One', 'payments', 'Stack/Three'].map((value) => expect.objectContaining({
        namespace: 'IdempotentApi', metricName: 'CacheHits', statistic: 'Sum', period: Duration.minutes(5), dimensions: [{ name: 'service', value }],
      })),
    );
  });

  test('can be narrowed to a route, and otherwise changed', () => {
    const metric = new Idempotency(newStack(), 'Idempotency').metricHits({
      dimensionsMap: { service: 'Stack/Idempotency', route: 'POST /payments' }, period: Duration.hours(1), statistic: 'Average',
    });
    expect(metric.dimensions).toEqual({ service: 'Stack/Idempotency', route: 'POST /payments' });
    expect(metric.period).toEqual(Duration.hours(1));
    expect(metric.statistic).toBe('Average');
  });

  test('F77: are counted by route too, unless routeMetrics is off', () => {
    const settingsWith = (routeMetrics?: boolean): WireSettings => {
      const stack = newStack();
      new Idempotency(stack, 'Idempotency', { routeMetrics }).attach(newFunction(stack));
      return settingsOf(Template.fromStack(stack)).defaults;
    };
    expect(settingsWith()).not.toHaveProperty('routeMetrics');
    expect(settingsWith(false).routeMetrics).toBe(false);
  });

  test('of time are percentiles', () => {
    expect(new Idempotency(newStack(), 'Idempotency').metricStoreLatency().statistic).toBe('p99');
  });
});

test.each(['constructs.md', 'operating.md', 'wrapper.md'])('docs/%s names every metric', (page) => {
  const text = readFileSync(path.join(__dirname, '..', '..', 'docs', page), 'utf8');
  const { NAMESPACE: _, DIMENSION_SERVICE: __, DIMENSION_ROUTE: ___, ...names } = METRICS;
  expect(Object.values(names).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

describe('IdempotencyMonitoring', () => {
  test('makes an alarm for everything that someone should look at', () => {
    const stack = newStack();
    const monitoring = new IdempotencyMonitoring(stack, 'Monitoring', { target: new Idempotency(stack, 'Idempotency') });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 5);
    for (const [alarm, MetricName, Threshold] of [
      [monitoring.storeErrorsAlarm, 'StoreErrors', 1], [monitoring.unpersistedAlarm, 'Unpersisted', 1], [monitoring.takeoversAlarm, 'Takeovers', 1],
      [monitoring.supersededAlarm, 'Superseded', 1], [monitoring.mismatchesAlarm, 'Mismatches', 10],
    ] as const) {
      expect(alarm.metric).toBeInstanceOf(Metric);
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        Threshold,
        Namespace: 'IdempotentApi',
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        Dimensions: [{ Name: 'service', Value: 'Stack/Idempotency' }],
        AlarmDescription: Match.stringLikeRegexp('^Stack/Idempotency: '),
        AlarmActions: Match.absent(),
      });
    }
  });

  test('its logical ids are a contract', () => {
    const stack = newStack();
    new IdempotencyMonitoring(stack, 'Monitoring', { target: new Idempotency(stack, 'Idempotency') });
    const template = Template.fromStack(stack);
    expect(Object.keys(template.findResources('AWS::CloudWatch::Alarm')).map((id) => id.slice(0, -8))).toEqual([
      'MonitoringStoreErrorsAlarm', 'MonitoringUnpersistedAlarm', 'MonitoringTakeoversAlarm', 'MonitoringSupersededAlarm', 'MonitoringMismatchesAlarm',
    ]);
    expect(Object.keys(template.findResources('AWS::CloudWatch::Dashboard')).map((id) => id.slice(0, -8))).toEqual(['MonitoringDashboard']);
  });

  test('takes thresholds, period, actions and the name of the dashboard', () => {
    const stack = newStack();
    new IdempotencyMonitoring(stack, 'Monitoring', {
      target: new Idempotency(stack, 'Idempotency'),
      dashboardName: 'payments',
      period: Duration.minutes(1),
      alarmActions: [new SnsAction(new Topic(stack, 'Topic'))],
      storeErrorsThreshold: 2,
      unpersistedThreshold: 3,
      takeoversThreshold: 4,
      supersededThreshold: 5,
      mismatchesThreshold: 6,
    });
    const template = Template.fromStack(stack);
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map((alarm) => alarm.Properties);
    expect(alarms.map(({ MetricName, Threshold }) => [MetricName, Threshold])).toEqual([
      ['StoreErrors', 2], ['Unpersisted', 3], ['Takeovers', 4], ['Superseded', 5], ['Mismatches', 6],
    ]);
    expect(alarms.every(({ Period, AlarmActions }) => Period === 60 && AlarmActions[0].Ref.startsWith('Topic'))).toBe(true);
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'payments' });
  });

  test('adds its graphs to a dashboard of one\'s own', () => {
    const stack = newStack();
    const dashboard = new Dashboard(stack, 'Mine');
    const monitoring = new IdempotencyMonitoring(stack, 'Monitoring', { target: new Idempotency(stack, 'Idempotency'), dashboard });
    expect(monitoring.dashboard).toBe(dashboard);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    const body = JSON.stringify(Object.values(template.findResources('AWS::CloudWatch::Dashboard'))[0]!.Properties.DashboardBody);
    for (const name of Object.values(METRICS).filter((metric) => !['IdempotentApi', 'service', 'route'].includes(metric))) expect(body).toContain(name);
    expect(body).toContain('100 * hits / (hits + misses)');
  });
});
