import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import { CfnMethod } from 'aws-cdk-lib/aws-apigateway';
import { CfnRoute } from 'aws-cdk-lib/aws-apigatewayv2';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { adviseOnKeySecret, adviseOnRequestHash, adviseOnSettings, adviseOnTenant, adviseOnTimeout, adviseOnWait, Gateway } from './advice';
import { AttachSettings } from '../attach-settings';
import { ENV, WireCors, WireSettings } from '../contract';
import { refuse } from './errors';
import { FunctionHandle, handleOf } from './function-handle';
import { FunctionSettings } from './function-settings';
import { FunctionVariable, functionVariables } from './function-variables';
import { HeaderNames } from './header-names';
import { IIdempotencyTable } from '../i-idempotency-table';
import { IdempotencySettings } from '../idempotency-settings';
import { IdempotentRouteOptions } from '../idempotent-route-options';
import { requireLeaseOverTimeout, requireTimeToRetry, requireTtlOverLease, ttlOf, withLease } from './lease';
import { adviseOnNamespace, defaultNamespace } from './namespace';
import { requireTypes, TARGET } from './option-types';
import { adviseOnVersion, functionBehind, redirectable, redirectableResource } from './redirection';
import { RelayFunction } from './relay-function';
import { Relays } from './relays';
import { identityOf, RouteIdentity } from './route-identity';
import { RelaySettings } from '../relay-settings';
import { requireRoute } from './route-name';
import { requireNoStackCycle } from './stack-cycle';
import { defined, toWireSettings } from './wire-settings';

export interface AttacherProps {
  /** The construct that the user made; refusals name it. */
  readonly site: Construct;
  readonly table: IIdempotencyTable;
  /** For responses over the item limit. */
  readonly overflowBucket?: IBucket;
  readonly settings: IdempotencySettings;
  /** As configured on the API, so that the wrapper's own responses follow it. */
  readonly cors?: WireCors;
  readonly routeMetrics?: boolean;
}

/** The routes of an API that one function serves. */
export interface Routes {
  readonly handler: IFunction;
  /** `METHOD template`. */
  readonly routes: readonly string[];
  readonly settings: IdempotencySettings;
  readonly gateway: Gateway;
}

/**
 * Attaches functions on behalf of one construct: the settings that the user
 * gave it, the nearest winning, and the grants that go with them.
 */
export class Attacher {
  /** Headers that requests may carry and responses may bring, over all settings seen so far. */
  public readonly headers = new HeaderNames();
  /** What holds on each route attached so far, by `METHOD template`. */
  public readonly routes = new Map<string, WireSettings>();
  /** Functions attached so far. */
  public readonly functions = new Set<Construct>();
  /** What the construct itself was given. */
  public readonly defaults: WireSettings;
  /** Relays made so far. */
  public readonly relays: Relays;
  private readonly ttls = new Set<number>();
  /** What a gateway has of each route. */
  private readonly gatewayRoutes = new Map<string, CfnRoute | CfnMethod>();

  constructor(private readonly props: AttacherProps) {
    this.relays = new Relays(props.site);
    const given = this.merged({});
    this.defaults = given;
    requireTtlOverLease(props.site, given);
    requireTimeToRetry(props.site, given);
    adviseOnSettings(props.site, given);
    adviseOnRequestHash(props.site, given.includeRequestHash);
    adviseOnKeySecret(props.site, props.settings);
    this.note(given);
  }

  public attach(handler: IFunction, settings: AttachSettings): void {
    requireTypes(this.props.site, TARGET, { handler });
    this.attachFunction(this.functionOf(handler), settings);
  }

  public attachResource(resource: CfnResource, settings: AttachSettings): void {
    this.attachFunction(redirectableResource(this.props.site, resource), settings);
  }

  /** The relay before a function, attached. */
  public relay(handler: IFunction, { targetTimeout, memorySize, logGroup, ...settings }: RelaySettings): RelayFunction {
    requireTypes(this.props.site, TARGET, { handler, targetTimeout });
    const relay = this.relays.before(handler, { targetTimeout, memorySize, logGroup });
    this.attach(relay, settings);
    return relay;
  }

  /** What a gateway calls on routes where a key counts: their function, or the relay before it. */
  public invoked({ handler, relay = false, targetTimeout, idempotent }: IdempotentRouteOptions): IFunction {
    const { site } = this.props;
    if (!relay) {
      if (targetTimeout !== undefined) refuse({ site, prop: 'targetTimeout', problem: 'is given without relay: true', remedy: 'Give both, or neither' });
      return handler;
    }
    if (idempotent === false) {
      refuse({ site, prop: 'relay', problem: 'is true beside idempotent: false, where nothing is claimed', remedy: 'Leave one of them out' });
    }
    return this.relays.before(handler, { targetTimeout });
  }

  /** Attaches the function behind some routes, and returns what holds there. */
  public attachRoutes({ handler, routes, settings, gateway }: Routes): WireSettings {
    const { site, table, overflowBucket } = this.props;
    const { keySecret, previousKeySecret } = { ...this.props.settings, ...defined(settings) };
    const fn = this.functionOf(handler);
    requireNoStackCycle(site, fn.construct, [
      ...this.variables(settings, fn.construct),
      { prop: 'encryptionKey of the table', value: table.encryptionKey?.keyArn },
      { prop: 'encryptionKey of the bucket of largeResponses', value: overflowBucket?.encryptionKey?.keyArn },
      { prop: 'encryptionKey of the keySecret', value: keySecret?.encryptionKey?.keyArn },
      { prop: 'encryptionKey of the previousKeySecret', value: previousKeySecret?.encryptionKey?.keyArn },
    ]);
    const wire = this.settingsFor(fn, settings);
    const target = this.prepare(fn, settings);
    const apiDefaults = withLease(this.merged({}), fn);
    for (const route of routes) {
      target.setRoute(site, route, wire, apiDefaults);
      this.routes.set(route, wire);
      adviseOnWait(site, route, wire, gateway);
      adviseOnTimeout(site, route, fn, gateway);
    }
    return wire;
  }

  /** To be told once the gateway has the route: its authorizer may come from the API or from a class of the user's own. */
  public adviseOnIdentity(route: string, resource: CfnRoute | CfnMethod): void {
    this.gatewayRoutes.set(route, resource);
    const settings = this.routes.get(route);
    const identity = identityOf(resource);
    if (settings !== undefined && identity !== undefined) adviseOnTenant(this.props.site, route, settings.tenant, identity);
  }

  /** What is known of the callers of a route as it is now; nothing of one that no gateway of this construct has. */
  public identityOn(route: string): RouteIdentity | undefined {
    const resource = this.gatewayRoutes.get(route);
    return resource && identityOf(resource);
  }

  /** Routes that opt out, of a function that other routes may have attached or yet attach. */
  public exempt(handler: IFunction, routes: readonly string[]): void {
    const fn = functionBehind(handler);
    const handle = handleOf(fn);
    if (handle === undefined) return;
    routes.forEach((route) => FunctionSettings.of(handle).exempt(this.props.site, route));
  }

  public environment(settings: IdempotencySettings): Record<string, string> {
    const wire = this.merged(settings);
    this.adviseOnNamespace(settings);
    requireTtlOverLease(this.props.site, wire);
    requireTimeToRetry(this.props.site, wire);
    this.note(wire);
    const variables = Object.fromEntries(this.variables(settings, this.props.site).map(({ name, value }) => [name, value]));
    return { ...defined(variables) as Record<string, string>, [ENV.SETTINGS]: Stack.of(this.props.site).toJsonString({ defaults: wire }) };
  }

  public grantUse(grantee: IGrantable, settings: IdempotencySettings): Grant {
    return this.variables(settings, Construct.isConstruct(grantee) ? grantee : this.props.site)
      .flatMap(({ grant }) => grant === undefined ? [] : [grant(grantee)])
      .reduce((all, one) => all.combine(one));
  }

  /** The longest that any record is kept, in seconds; what expires with the records must know it at synth. */
  public longestTtlSeconds(): number {
    const ttls = [...this.ttls];
    if (!ttls.some((ttl) => Token.isUnresolved(ttl))) return Math.max(...ttls);
    return refuse({
      site: this.props.site,
      prop: 'largeResponses',
      problem: 'needs a bucket whose objects outlive a ttl that is not known at synth',
      remedy: 'Give the ttl as a number, or a bucket of your own with LargeResponses.bucket()',
    });
  }

  private attachFunction(fn: FunctionHandle, { routes = {}, ...settings }: AttachSettings): void {
    const { site } = this.props;
    Object.keys(routes).forEach((route) => requireRoute(site, route));
    const wire = this.settingsFor(fn, settings);
    const target = this.prepare(fn, settings);
    target.setDefaults(site, wire);
    for (const [route, own] of Object.entries(routes)) {
      const ofRoute = { ...settings, ...defined(own) };
      const wireOfRoute = this.settingsFor(fn, ofRoute);
      this.prepare(fn, ofRoute).setRoute(site, route, wireOfRoute, wire);
      this.routes.set(route, wireOfRoute);
    }
  }

  private functionOf(handler: IFunction): FunctionHandle {
    const fn = redirectable(this.props.site, handler);
    adviseOnVersion(this.props.site, handler);
    return fn;
  }

  private prepare(fn: FunctionHandle, settings: IdempotencySettings): FunctionSettings {
    const target = FunctionSettings.of(fn);
    this.functions.add(fn.construct);
    adviseOnKeySecret(this.props.site, settings);
    for (const { prop, name, value, grant } of this.variables(settings, fn.construct)) {
      if (target.setVariable(this.props.site, prop, name, value)) grant?.(fn.grantee);
    }
    target.configureOnce();
    return target;
  }

  private variables(settings: IdempotencySettings, user: Construct): FunctionVariable[] {
    const { site, table, overflowBucket } = this.props;
    return functionVariables({ ...this.props.settings, ...defined(settings), site, table, overflowBucket }, user);
  }

  private settingsFor(fn: FunctionHandle, settings: IdempotencySettings): WireSettings {
    const { site } = this.props;
    const merged = this.merged(settings);
    adviseOnSettings(site, merged);
    this.adviseOnNamespace(settings);
    requireLeaseOverTimeout(site, merged, fn);
    const wire = withLease(merged, fn);
    requireTtlOverLease(site, wire);
    requireTimeToRetry(site, wire);
    this.note(wire);
    return wire;
  }

  private merged(settings: IdempotencySettings): WireSettings {
    const { site, cors, routeMetrics } = this.props;
    const given = toWireSettings(site, { ...this.props.settings, ...defined(settings) });
    return defined({ ...given, namespace: given.namespace ?? defaultNamespace(site), cors: given.cors ?? cors, routeMetrics });
  }

  private adviseOnNamespace(settings: IdempotencySettings): void {
    adviseOnNamespace(this.props.site, this.props.table, settings.namespace ?? this.props.settings.namespace);
  }

  private note(settings: WireSettings): void {
    this.headers.note(settings);
    this.ttls.add(ttlOf(settings));
  }
}
