import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { adviseOnRequestHash, adviseOnSettings } from './advice';
import { ENV, WireCors, WireSettings } from './contract';
import { refuse } from './errors';
import { FunctionSettings } from './function-settings';
import { HeaderNames } from './header-names';
import { IdempotencySettings } from './idempotency-settings';
import { IIdempotencyTable } from './idempotency-table';
import { grantKeySecret } from './key-secret';
import { functionBehind, redirectable } from './redirection';
import { requireNoStackCycle } from './stack-cycle';
import { defined, toWireSettings } from './wire-settings';

/** Lambda's own, which the CDK leaves out of the template. */
const FUNCTION_TIMEOUT_SECONDS = 3;
const PROCESSING_TIMEOUT_SECONDS = 30;
const TTL_SECONDS = Duration.hours(24).toSeconds();

export interface AttacherProps {
  /** The construct that the user made; refusals name it, and its path is the namespace unless one is given. */
  readonly site: IConstruct;
  readonly table: IIdempotencyTable;
  readonly settings: IdempotencySettings;
  /** As configured on the API, so that the wrapper's own responses follow it. */
  readonly cors?: WireCors;
}

/** The routes of an API that one function serves. */
export interface Routes {
  readonly api: IConstruct;
  readonly handler: IFunction;
  /** `METHOD template`. */
  readonly routes: readonly string[];
  readonly settings: IdempotencySettings;
}

/** The function that was attached, and what holds on its routes. */
export interface AttachedRoutes {
  readonly fn: LambdaFunction;
  readonly settings: WireSettings;
}

/**
 * Attaches functions on behalf of one construct: the settings that the user
 * gave it, the nearest winning, and the grants that go with them.
 */
export class Attacher {
  /** Headers that requests may carry and responses may bring, over all settings seen so far. */
  public readonly headers = new HeaderNames();

  private readonly site: IConstruct;
  private readonly table: IIdempotencyTable;
  private readonly settings: IdempotencySettings;
  private readonly cors?: WireCors;

  constructor(props: AttacherProps) {
    this.site = props.site;
    this.table = props.table;
    this.settings = { ...props.settings, namespace: props.settings.namespace ?? props.site.node.path };
    this.cors = props.cors;

    const given = toWireSettings(this.site, this.settings);
    this.requireTtlOverLease(given);
    adviseOnSettings(this.site, given);
    adviseOnRequestHash(this.site, given.includeRequestHash);
    this.headers.note(given);
  }

  public attach(handler: IFunction, settings: IdempotencySettings): void {
    const fn = redirectable(this.site, handler);
    const wire = this.settingsFor(fn, settings);
    this.prepare(fn, settings).setDefaults(this.site, wire);
  }

  public attachRoutes({ api, handler, routes, settings }: Routes): AttachedRoutes {
    const fn = redirectable(this.site, handler);
    requireNoStackCycle(this.site, api, fn, [
      ...this.variables(settings),
      { prop: 'encryptionKey of the table', value: this.table.encryptionKey?.keyArn },
    ]);
    const wire = this.settingsFor(fn, settings);
    const target = this.prepare(fn, settings);
    const apiDefaults = withLease(this.merged({}), fn);
    routes.forEach((route) => target.setRoute(this.site, route, wire, apiDefaults));
    return { fn, settings: wire };
  }

  /** Routes that opt out, of a function that other routes may have attached or yet attach. */
  public exempt(handler: IFunction, routes: readonly string[]): void {
    const fn = functionBehind(handler);
    if (!(fn instanceof LambdaFunction)) return;
    routes.forEach((route) => FunctionSettings.of(fn).exempt(this.site, route));
  }

  public environment(settings: IdempotencySettings): Record<string, string> {
    const wire = this.merged(settings);
    this.requireTtlOverLease(wire);
    const variables = this.variables(settings).filter((variable) => variable.value !== undefined);
    return {
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value!])),
      [ENV.SETTINGS]: Stack.of(this.site).toJsonString({ defaults: wire }),
    };
  }

  public grantUse(grantee: IGrantable): Grant {
    return this.variables({})
      .flatMap(({ grant }) => grant === undefined ? [] : [grant(grantee)])
      .reduce((all, one) => all.combine(one));
  }

  private prepare(fn: LambdaFunction, settings: IdempotencySettings): FunctionSettings {
    const target = FunctionSettings.of(fn);
    for (const { prop, name, value, grant } of this.variables(settings)) {
      if (target.setVariable(this.site, prop, name, value)) grant?.(fn);
    }
    target.redirectOnce();
    return target;
  }

  /** What holds for a whole function, and the grant that each of it needs. */
  private variables(settings: IdempotencySettings): Variable[] {
    const { keySecret, previousKeySecret } = { ...this.settings, ...defined(settings) };
    return [
      { prop: 'table', name: ENV.TABLE_NAME, value: this.table.tableName, grant: (grantee) => this.table.grantUse(grantee) },
      keySecretVariable('keySecret', ENV.KEY_SECRET, keySecret),
      keySecretVariable('previousKeySecret', ENV.PREVIOUS_KEY_SECRET, previousKeySecret),
    ];
  }

  private merged(settings: IdempotencySettings): WireSettings {
    return defined({ ...toWireSettings(this.site, { ...this.settings, ...defined(settings) }), cors: this.cors });
  }

  private settingsFor(fn: LambdaFunction, settings: IdempotencySettings): WireSettings {
    const merged = this.merged(settings);
    adviseOnSettings(this.site, merged);
    this.requireLeaseOverTimeout(merged, fn);
    const wire = withLease(merged, fn);
    this.requireTtlOverLease(wire);
    this.headers.note(wire);
    return wire;
  }

  /** Otherwise a retry could take over while the first execution is still running. */
  private requireLeaseOverTimeout({ processingTimeoutSeconds: lease }: WireSettings, fn: LambdaFunction): void {
    const timeout = timeoutOf(fn);
    if (lease === undefined || Token.isUnresolved(lease) || timeout === undefined || lease >= timeout) return;
    refuse({
      site: this.site,
      prop: 'processingTimeout',
      problem: `is ${lease} seconds, shorter than the ${timeout} seconds of ${fn.node.path}, so two executions could overlap`,
      remedy: `Give at least ${timeout} seconds, leave it out, or shorten the function's timeout`,
    });
  }

  private requireTtlOverLease({ ttlSeconds, processingTimeoutSeconds }: WireSettings): void {
    const ttl = ttlSeconds ?? TTL_SECONDS;
    const lease = processingTimeoutSeconds ?? PROCESSING_TIMEOUT_SECONDS;
    if (Token.isUnresolved(ttl) || Token.isUnresolved(lease) || ttl > lease) return;
    refuse({
      site: this.site,
      prop: 'ttl',
      problem: `is ${ttl} seconds, not longer than the processing timeout of ${lease} seconds`,
      remedy: 'Give a longer ttl: a record must outlive the execution it stands for',
    });
  }
}

interface Variable {
  readonly prop: string;
  readonly name: string;
  readonly value?: string;
  readonly grant?: (grantee: IGrantable) => Grant;
}

function keySecretVariable(prop: string, name: string, secret: ISecret | undefined): Variable {
  if (secret === undefined) return { prop, name };
  return { prop, name, value: secret.secretArn, grant: (grantee) => grantKeySecret(secret, grantee) };
}

/** The lease that a function gets where none is given: never shorter than the time it may run. */
function withLease(settings: WireSettings, fn: LambdaFunction): WireSettings {
  const given = settings.processingTimeoutSeconds;
  if (given !== undefined && Token.isUnresolved(given)) return settings;
  const timeout = timeoutOf(fn);
  if (timeout === undefined) return settings;
  return { ...settings, processingTimeoutSeconds: Math.max(given ?? PROCESSING_TIMEOUT_SECONDS, timeout) };
}

/** In seconds; undefined where it is a token. */
function timeoutOf(fn: LambdaFunction): number | undefined {
  if (fn.timeout === undefined) return FUNCTION_TIMEOUT_SECONDS;
  return fn.timeout.isUnresolved() ? undefined : fn.timeout.toSeconds();
}
