import { layerDirectory, locateCode, type CodeLocation } from './code-assets';
import { constructIds } from './construct-id';
import type { DeployedResource, Deployment } from './deployment';
import type { Environment } from './environment';
import type { Given } from './given';
import { keyHeadersOf } from './key-headers';
import { isSupportedRuntime } from './lambda/declared-runtime';
import type { FunctionSpec } from './lambda/local-function';
import { LocalError } from './local-error';
import { nearest } from './nearest';
import type { Notices } from './notices';
import { tableNameIn } from './table-name';
import { ENV } from '../lib/contract';

/** As DESIGN has it: more than a person needs, and few enough for a laptop. */
const DEFAULT_SANDBOXES = 10;
/** AWS::Lambda::Function: what holds where the template says nothing. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** What comes of a function that does not run here: the answer to one that fails. */
const FAILS = 'requests to it get a 500, from a REST API or a function URL a 502';

/** The parts of AWS that run here, by the name of the variable that leads an SDK to them. */
export type Endpoints = Readonly<Partial<Record<
  'AWS_ENDPOINT_URL_DYNAMODB' | 'AWS_ENDPOINT_URL_S3' | 'AWS_ENDPOINT_URL_SECRETS_MANAGER' | 'AWS_ENDPOINT_URL_SSM', string>>>;

/** A function that something calls; its environment is resolved once every endpoint is known. */
export interface FunctionPlan {
  readonly arn: string;
  readonly environment: Environment;
  /** It has the runtime of this package around it. */
  readonly isIdempotent: boolean;
  /** Names of the headers that its keys may come in, in lower case. */
  readonly keyHeaders: readonly string[];
  /** The name of the table of its records. */
  readonly recordTable: string | undefined;
  /** ARNs of the secrets that key its records. */
  readonly keySecrets: readonly string[];
  /** The bucket that takes responses too large for a record, where there is one. */
  readonly overflowBucket: string | undefined;
  spec(endpoints: Endpoints): FunctionSpec;
}

/** The functions of a deployment, planned when first asked for. */
export class FunctionCatalogue {
  private readonly functions: readonly DeployedResource[];
  private readonly ids: ReadonlyMap<DeployedResource, string>;
  private readonly usedLayers = new Set<string>();
  private readonly plans = new Map<DeployedResource, FunctionPlan | undefined>();

  constructor(
    private readonly deployment: Deployment,
    private readonly notices: Notices,
    private readonly temporaryDirectory: () => string,
    private readonly givenLayers: Given['layers'],
  ) {
    this.functions = deployment.ofType('AWS::Lambda::Function');
    this.ids = constructIds(this.functions);
  }

  /** The functions that something has asked for and that can run. */
  get planned(): readonly FunctionPlan[] {
    return [...this.plans.values()].filter((plan) => plan !== undefined);
  }

  /**
   * The function that an integration's URI names: an ARN, with or without a
   * qualifier, bare or within API Gateway's path. `undefined`, and a notice,
   * where it cannot run here.
   */
  find(uri: string, { stack: asker }: DeployedResource): FunctionPlan | undefined {
    const arn = /arn:[^:/]+:lambda:[^:/]+:[^:/]+:function:[^:/]+/.exec(uri)?.[0];
    if (arn === undefined) return undefined;
    const named = this.functions.filter((resource) => resource.attribute('Arn') === arn);
    const found = nearest(named, asker);
    if (!found) {
      const where = named.map(({ stack }) => stack.path).join(' and ');
      this.notices.warn(named.length === 0
        ? `the function ${arn} is not in the assembly: ${FAILS}`
        : `the function ${arn} is in ${where}, which have one account and region: ${FAILS}; give the stages environments of their own`);
      return undefined;
    }
    if (!this.plans.has(found)) this.plans.set(found, this.plan(found));
    return this.plans.get(found);
  }

  /** Names the given layers that no function of these has. */
  noteUnusedLayers(): void {
    for (const arn of this.givenLayers.keys()) {
      if (!this.usedLayers.has(arn)) this.notices.warn(`--layer ${arn}: no function that is run here has it`);
    }
  }

  /** Names the functions that no API leads to. */
  noteUncalled(): void {
    for (const resource of this.functions) {
      if (!this.plans.has(resource)) this.notices.skip(resource, 'no API calls it');
    }
  }

  private plan(resource: DeployedResource): FunctionPlan | undefined {
    const skip = (reason: string) => {
      this.notices.skip(resource, `${reason}; ${FAILS}`);
      return undefined;
    };
    const code = locateCode(resource, 'Code', this.temporaryDirectory);
    if ('absent' in code) return skip(code.absent);
    const runtime = resource.string('Runtime') ?? '';
    if (!isSupportedRuntime(runtime)) return skip(`the runtime ${runtime} is not run`);
    const layers = this.layers(resource);
    if (typeof layers === 'string') return skip(layers);
    const variable = (name: string) => resource.property('Environment', 'Variables', name);
    const recordTable = variable(ENV.TABLE_NAME);
    return {
      arn: resource.attribute('Arn'),
      environment: resource.environment,
      isIdempotent: recordTable !== undefined,
      keyHeaders: keyHeadersOf(variable(ENV.SETTINGS)),
      recordTable: recordTable === undefined ? undefined : tableNameIn(String(recordTable)),
      // A version's id may stand behind the ARN.
      keySecrets: [variable(ENV.KEY_SECRET), variable(ENV.PREVIOUS_KEY_SECRET)]
        .filter((arn) => arn !== undefined).map((arn) => String(arn).split(':').slice(0, 7).join(':')),
      overflowBucket: variable(ENV.OVERFLOW_BUCKET) as string | undefined,
      spec: (endpoints) => ({
        id: this.ids.get(resource) ?? resource.logicalId,
        name: resource.ref,
        handler: resource.string('Handler') ?? '',
        runtime,
        timeoutSeconds: resource.number('Timeout') ?? DEFAULT_TIMEOUT_SECONDS,
        memoryMb: resource.number('MemorySize') ?? DEFAULT_MEMORY_MB,
        environment: environment(resource, endpoints),
        codeDirectory: code.directory,
        layerDirectories: layers,
        maxSandboxes: resource.number('ReservedConcurrentExecutions') ?? DEFAULT_SANDBOXES,
      }),
    };
  }

  /** Their folders, or why the function cannot run. */
  private layers(resource: DeployedResource): readonly string[] | string {
    const arns = (resource.property('Layers') ?? []) as readonly string[];
    const directories: string[] = [];
    for (const arn of arns) {
      const content = this.layer(arn, resource);
      if ('absent' in content) return content.absent;
      directories.push(content.directory);
    }
    return directories;
  }

  private layer(arn: string, { stack }: DeployedResource): CodeLocation {
    const given = this.givenLayers.get(arn);
    if (given !== undefined) {
      this.usedLayers.add(arn);
      return { directory: layerDirectory(arn, given, this.temporaryDirectory) };
    }
    const layer = nearest(this.deployment.ofType('AWS::Lambda::LayerVersion').filter(({ ref }) => ref === arn), stack);
    if (!layer) return { absent: `its layer ${arn} is not in the assembly; give its folder or archive with --layer ${arn}=DIR` };
    const content = locateCode(layer, 'Content', this.temporaryDirectory);
    return 'absent' in content ? { absent: `its layer ${layer.constructPath} cannot be had: ${content.absent}` } : content;
  }
}

function environment(resource: DeployedResource, endpoints: Endpoints): Record<string, string> {
  const variables = (resource.property('Environment', 'Variables') ?? {}) as Readonly<Record<string, unknown>>;
  const own = Object.entries(variables).map(([name, value]) => {
    // An ARN, of another account's table: the databases that run here know names alone.
    if (name === ENV.TABLE_NAME) return [name, tableNameIn(String(value))] as const;
    if (typeof value === 'object') throw new LocalError('TEMPLATE_UNSUPPORTED', `the environment variable ${name} of ${resource.constructPath} is not a string`);
    return [name, String(value)] as const;
  });
  return { ...endpoints, ...Object.fromEntries(own) };
}
