import { NO_CODE_OF_IMAGES, layerDirectory, locateCode, type CodeLocation } from './code-assets';
import { constructIds, longName } from './construct-id';
import type { DeployedResource, Deployment } from './deployment';
import type { Environment } from './environment';
import type { Given } from './given';
import { keyHeadersOf } from './key-headers';
import type { FunctionSpec } from './lambda/local-function';
import { RUNTIMES_RUN, runtimeProblem } from './lambda/runtimes';
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

/** What comes of one that only other functions call, a relay say. */
const IS_REFUSED = `a relay, or whatever else invokes it, gets a 404: what a relay leads to must be of ${RUNTIMES_RUN}`;

/** The parts of AWS that run here, by the name of the variable that leads an SDK to them. */
export type Endpoints = Readonly<Partial<Record<
  'AWS_ENDPOINT_URL_DYNAMODB' | 'AWS_ENDPOINT_URL_LAMBDA' | 'AWS_ENDPOINT_URL_S3' | 'AWS_ENDPOINT_URL_SECRETS_MANAGER' | 'AWS_ENDPOINT_URL_SSM', string>>>;

/** A function that can run here; its environment is resolved once every endpoint is known. */
export interface FunctionPlan {
  readonly resource: DeployedResource;
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
  /** Its sandboxes are all that it may have, and not only all that a laptop is asked for. */
  readonly isConcurrencyReserved: boolean;
  spec(endpoints: Endpoints): FunctionSpec;
}

/** Why a function cannot run here, for the middle of a line. */
export interface Absent {
  readonly absent: string;
}

/** The functions of a deployment, planned when first asked for. */
export class FunctionCatalogue {
  readonly functions: readonly DeployedResource[];
  private readonly ids: ReadonlyMap<DeployedResource, string>;
  private readonly plans = new Map<DeployedResource, FunctionPlan | Absent>();
  /** Those that an API calls. */
  private readonly called = new Set<DeployedResource>();
  private readonly usedLayers = new Set<string>();

  constructor(
    private readonly deployment: Deployment,
    private readonly notices: Notices,
    private readonly temporaryDirectory: () => string,
    private readonly givenLayers: Given['layers'],
    /** PATH: where the programs of runtimes are looked for. */
    private readonly path: string,
  ) {
    this.functions = deployment.ofType('AWS::Lambda::Function');
    this.ids = constructIds(this.functions);
  }

  /** The functions that an API calls and that can run. */
  get planned(): readonly FunctionPlan[] {
    return [...this.called].map((resource) => this.planOf(resource)).filter((plan): plan is FunctionPlan => !('absent' in plan));
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
    const plan = this.planOf(found);
    if ('absent' in plan && !this.called.has(found)) this.notices.skip(found, `${plan.absent}; ${FAILS}`);
    this.called.add(found);
    return 'absent' in plan ? undefined : plan;
  }

  /** The plan of a function, whoever calls it, or why it cannot run. */
  planOf(resource: DeployedResource): FunctionPlan | Absent {
    const plan = this.plans.get(resource) ?? this.plan(resource);
    this.plans.set(resource, plan);
    return plan;
  }

  /** Whether a function can be invoked by that version or alias: there is one version here, whatever number it is asked for by. */
  isQualifier(resource: DeployedResource, qualifier: string | undefined): boolean {
    if (qualifier === undefined || /^(\$LATEST|\d+)$/.test(qualifier)) return true;
    return this.deployment.ofType('AWS::Lambda::Alias').some((alias) => alias.ref === `${resource.attribute('Arn')}:${qualifier}`);
  }

  /** Names the given layers that no function of these has. */
  noteUnusedLayers(): void {
    for (const arn of this.givenLayers.keys()) {
      if (!this.usedLayers.has(arn)) this.notices.warn(`--layer ${arn}: no function that is run here has it`);
    }
  }

  /** Names what no API leads to and no other function will reach either, and what is run otherwise than on AWS. */
  noteOthers(): void {
    for (const resource of this.functions) {
      const problem = this.called.has(resource) ? undefined : this.problem(resource);
      if (problem !== undefined) this.notices.skip(resource, `${problem}; ${IS_REFUSED}`);
      else if (resource.property('DurableConfig') !== undefined) this.notices.warn(`the function ${longName(resource)}: durable execution is not run, it is invoked as any other`);
    }
  }

  /** What its declaration alone tells. */
  private problem(resource: DeployedResource): string | undefined {
    if (resource.property('Code', 'ImageUri') !== undefined) return NO_CODE_OF_IMAGES;
    return runtimeProblem(resource.string('Runtime') ?? '', { path: this.path });
  }

  private plan(resource: DeployedResource): FunctionPlan | Absent {
    const problem = this.problem(resource);
    if (problem !== undefined) return { absent: problem };
    const code = locateCode(resource, 'Code', this.temporaryDirectory);
    if ('absent' in code) return code;
    const layers = this.layers(resource);
    if ('absent' in layers) return layers;
    const variable = (name: string) => resource.property('Environment', 'Variables', name);
    const recordTable = variable(ENV.TABLE_NAME);
    const concurrency = resource.number('ReservedConcurrentExecutions');
    return {
      resource,
      arn: resource.attribute('Arn'),
      environment: resource.environment,
      isIdempotent: recordTable !== undefined,
      keyHeaders: keyHeadersOf(variable(ENV.SETTINGS)),
      recordTable: recordTable === undefined ? undefined : tableNameIn(String(recordTable)),
      // A version's id may stand behind the ARN.
      keySecrets: [variable(ENV.KEY_SECRET), variable(ENV.PREVIOUS_KEY_SECRET)]
        .filter((arn) => arn !== undefined).map((arn) => String(arn).split(':').slice(0, 7).join(':')),
      overflowBucket: variable(ENV.OVERFLOW_BUCKET) as string | undefined,
      isConcurrencyReserved: concurrency !== undefined,
      spec: (endpoints) => ({
        id: this.ids.get(resource) ?? resource.logicalId,
        name: resource.ref,
        handler: resource.string('Handler') ?? '',
        runtime: resource.string('Runtime') ?? '',
        timeoutSeconds: resource.number('Timeout') ?? DEFAULT_TIMEOUT_SECONDS,
        memoryMb: resource.number('MemorySize') ?? DEFAULT_MEMORY_MB,
        environment: environment(resource, endpoints),
        codeDirectory: code.directory,
        layerDirectories: layers.directories,
        maxSandboxes: concurrency ?? DEFAULT_SANDBOXES,
      }),
    };
  }

  /** Their folders, or why the function cannot run. */
  private layers(resource: DeployedResource): { readonly directories: readonly string[] } | Absent {
    const arns = (resource.property('Layers') ?? []) as readonly string[];
    const directories: string[] = [];
    for (const arn of arns) {
      const content = this.layer(arn, resource);
      if ('absent' in content) return content;
      directories.push(content.directory);
    }
    return { directories };
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
