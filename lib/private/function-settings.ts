import { Lazy, Stack } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { ENV, MAX_SETTINGS_BYTES, WireConfiguration, WireSettings } from '../contract';
import { refusalMessage, refuse } from './errors';
import { FunctionHandle } from './function-handle';
import { BY_RELAY, redirect } from './redirection';

/** Nobody else's: users have children of their own below their functions. */
const ID = 'CdkIdempotentApiSettings';

/** Starts a function in another way than Lambda's own. */
export const WRAPPER_SCRIPT = 'AWS_LAMBDA_EXEC_WRAPPER';

/** What the runtime does where the environment is silent, for a route that must say so against other defaults of its function. */
export const RUNTIME_DEFAULTS: WireSettings = {
  headerName: 'Idempotency-Key',
  headerAliases: [],
  required: false,
  minKeyLength: 1,
  ttlSeconds: 86400,
  rememberSeconds: 0,
  keyTime: 'none',
  maxKeyAgeSeconds: 0,
  responseEncryption: 'none',
  processingTimeoutSeconds: 30,
  clockMarginSeconds: 2,
  includeRequestHash: false,
  fingerprint: 'bytes',
  tenant: 'auto',
  keyScope: 'route',
  onConflict: 'reject',
  waitSeconds: 8,
  onStoreError: 'reject',
  storeResponse: 'all',
  thrownErrors: 'store',
  takeover: 'allow',
  errorFormat: 'json',
  replayMarkerAliases: [],
  retryHintHeaders: ['X-Should-Retry'],
  disabled: false,
  routeMetrics: true,
  cors: { allowOrigins: [] },
};

/**
 * What one function is told, gathered from every construct that attaches to it.
 * It is a child of the function, so that all of them find the same one.
 */
export class FunctionSettings extends Construct {
  /** The settings of a function, empty at first. */
  public static of(fn: FunctionHandle): FunctionSettings {
    return fn.construct.node.children.find((child) => child instanceof FunctionSettings) ?? new FunctionSettings(fn);
  }

  private configured = false;
  private defaults?: WireSettings;
  /** Defaults of an API on whose routes the function stands; `attach` outranks them. */
  private routeDefaults?: WireSettings;
  private readonly routes = new Map<string, WireSettings>();
  private readonly variables = new Map<string, string | undefined>();

  private constructor(private readonly fn: FunctionHandle) {
    super(fn.construct, ID);
    this.node.addValidation({ validate: () => this.validateEnvironment() });
  }

  /** Puts the runtime in front of the function's handler and configures it, once however often it is attached. */
  public configureOnce(): void {
    if (this.configured) return;
    if (this.fn.relayTo === undefined) redirect(this.fn);
    this.fn.addVariable(ENV.SETTINGS, Lazy.string({ produce: () => Stack.of(this).toJsonString(this.configuration()) }));
    this.configured = true;
  }

  /**
   * A variable (or its absence) that holds for the whole function, whichever
   * route is called. Returns whether it is new, so that a grant comes with it.
   */
  public setVariable(site: IConstruct, prop: string, name: string, value: string | undefined): boolean {
    if (this.variables.has(name)) {
      if (this.variables.get(name) === value) return false;
      refuse({
        site,
        prop,
        problem: `differs from what ${this.fn.construct.node.path} was attached with before`,
        remedy: `Give the same ${prop} wherever this function is attached, or use a function for each`,
      });
    }
    this.variables.set(name, value);
    if (value === undefined) return false;
    this.fn.addVariable(name, value);
    return true;
  }

  /** What holds for every request that no route names. */
  public setDefaults(site: IConstruct, settings: WireSettings): void {
    if (this.defaults !== undefined) this.requireSame(site, 'attach', this.defaults, settings);
    this.defaults = settings;
  }

  /** What holds for one route, `POST /payments`, of an API with these defaults. */
  public setRoute(site: IConstruct, route: string, settings: WireSettings, apiDefaults: WireSettings): void {
    const before = this.routes.get(route);
    if (before !== undefined) this.requireSame(site, `route ${route}`, before, settings);
    this.routes.set(route, settings);
    this.routeDefaults ??= apiDefaults;
  }

  /** A route whose requests go straight to the handler. */
  public exempt(site: IConstruct, route: string): void {
    const before = this.routes.get(route);
    if (before !== undefined) this.requireSame(site, `route ${route}`, before, { disabled: true });
    this.routes.set(route, { disabled: true });
  }

  private requireSame(site: IConstruct, prop: string, before: WireSettings, now: WireSettings): void {
    const differing = Object.keys({ ...before, ...now })
      .filter((name) => canonical(before[name as keyof WireSettings]) !== canonical(now[name as keyof WireSettings]));
    if (differing.length === 0) return;
    refuse({
      site,
      prop,
      problem: `gives ${this.fn.construct.node.path} other settings than before (${differing.join(', ')})`,
      remedy: 'Give the same settings, set "namespace" alike on both constructs, or use a function for each',
    });
  }

  private configuration(): WireConfiguration {
    // Only an attached function is told anything, so one of the two is there.
    const defaults = (this.defaults ?? this.routeDefaults)!;
    const own = new Map([...this.routes].map(([route, settings]) => [route, difference(settings, defaults)]));
    const differs = (route: string): boolean => Object.keys(own.get(route) ?? {}).length > 0;
    // A route that says nothing would have what its path says for any method.
    const routes = [...own].filter(([route]) => differs(route) || differs(route.replace(/^\S+/, 'ANY')));
    return routes.length === 0 ? { defaults } : { defaults, routes: Object.fromEntries(routes) };
  }

  private validateEnvironment(): string[] {
    if (!this.configured) return [];
    const variables = this.fn.variables();
    return [...this.validateSize(variables), ...this.validateStart(variables)];
  }

  private validateStart(variables: Record<string, unknown>): string[] {
    if (!(WRAPPER_SCRIPT in variables)) return [];
    return [refusalMessage({
      site: this.fn.construct,
      prop: 'environment',
      problem: `has ${WRAPPER_SCRIPT} (${JSON.stringify(variables[WRAPPER_SCRIPT])}), a script that starts the function in another way than Lambda's own: `
        + 'nobody knows whether it would ever run the redirected handler',
      remedy: `Take it out where it only sets NODE_OPTIONS and set those, or leave the function as it is and ${BY_RELAY}`,
    })];
  }

  /** Lambda counts names and values of all variables; tokens have no length yet and are left out. */
  private validateSize(variables: Record<string, unknown>): string[] {
    const bytes = Object.entries(variables)
      .reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 0), 0);
    if (bytes <= MAX_SETTINGS_BYTES) return [];
    const settings = Buffer.byteLength(JSON.stringify(this.configuration()));
    return [refusalMessage({
      site: this.fn.construct,
      prop: 'environment',
      problem: `has ${bytes} bytes, ${settings} of them idempotency settings, where Lambda allows ${MAX_SETTINGS_BYTES}`,
      remedy: 'Give fewer routes settings of their own, or spread the routes over several functions',
    })];
  }
}

/** What a route must say so that, over these defaults, its own settings hold. */
function difference(settings: WireSettings, defaults: WireSettings): WireSettings {
  if (settings.disabled) return settings;
  const own = Object.entries(settings).filter(([name, value]) => canonical(defaults[name as keyof WireSettings]) !== canonical(value));
  const unset = Object.keys(defaults).filter((name) => !(name in settings)) as (keyof WireSettings)[];
  return { ...Object.fromEntries(own), ...Object.fromEntries(unset.map((name) => [name, RUNTIME_DEFAULTS[name]])) };
}

function canonical(value: unknown): string {
  return JSON.stringify(value) ?? '';
}
