import { constructPathOf, type Output, type Resource, type Stack } from './assembly';
import { arnOf, isSameEnvironment, partitionOf, urlSuffixOf, type Environment } from './environment';
import { NOTHING_GIVEN, type Given } from './given';
import { holds, opened, resolve, resolveString, textOf, type Scope } from './intrinsics';
import { LocalError } from './local-error';
import { nearest } from './nearest';
import { resourceValues, shortId } from './resource-values';
import { StoredValues } from './stored-values';
import { checkedValue, givenFor, isSsmValue, typed } from './template-parameters';

/** A resource of one of the stacks, with its template values at hand. */
export class DeployedResource {
  constructor(
    readonly stack: Stack,
    readonly logicalId: string,
    private readonly resource: Resource,
    private readonly scope: Scope,
  ) {}

  get type(): string {
    return this.resource.Type;
  }

  get environment(): Environment {
    return this.stack.environment;
  }

  /** The construct path below the stack, or the logical id in a template that no CDK wrote. */
  get constructPath(): string {
    return constructPathOf(this.stack, this.logicalId);
  }

  /** The value of `Ref`. */
  get ref(): string {
    return String(this.scope.ref(this.logicalId));
  }

  attribute(name: string): string {
    return String(this.scope.attribute(this.logicalId, name));
  }

  /** A property, or what lies below it, with its intrinsics evaluated; `undefined` where it is absent. */
  property(...path: readonly string[]): unknown {
    const where = this.where(path.join('.'));
    const value = path.reduce<unknown>((object, name) => memberOf(opened(object, this.scope, where), name), this.resource.Properties);
    return resolve(value, this.scope, where);
  }

  string(name: string): string | undefined {
    const value = this.property(name);
    return value === undefined ? undefined : textOf(value, this.where(name));
  }

  number(name: string): number | undefined {
    const text = this.string(name);
    return text === undefined ? undefined : Number(text);
  }

  private where(property: string): string {
    return `${this.stack.name}: ${property} of ${this.type} ${this.logicalId}`;
  }
}

const memberOf = (object: unknown, name: string): unknown =>
  (typeof object === 'object' && object !== null && Object.hasOwn(object, name) ? object[name as keyof typeof object] : undefined);

/** A template's own members, none of an object's. */
const own = <T>(members: Readonly<Record<string, T>>, name: string): T | undefined => (Object.hasOwn(members, name) ? members[name] : undefined);

/**
 * The stacks as if they were deployed: who refers to whom, across stacks too.
 * Values are worked out when asked for, so that what nobody runs need not resolve.
 */
export class Deployment {
  readonly resources: readonly DeployedResource[];
  private readonly scopes = new Map<Stack, Scope>();
  private readonly endpoints = new Map<string, string>();
  private readonly stored: StoredValues;

  constructor(private readonly stacks: readonly Stack[], private readonly given: Given = NOTHING_GIVEN) {
    this.stored = new StoredValues(this, given);
    for (const stack of stacks) this.scopes.set(stack, this.scopeOf(stack));
    this.resources = stacks.filter((stack) => this.isDeployed(stack)).flatMap((stack) => Object.entries(stack.template.Resources)
      .filter(([id, { Condition }]) => isResource(id) && this.meets(stack, Condition))
      .map(([id, resource]) => new DeployedResource(stack, id, resource, this.scopes.get(stack)!)));
  }

  ofType(...types: readonly string[]): readonly DeployedResource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** Tells where a resource is served, for the attributes that hold its URL. */
  setEndpoint(resource: DeployedResource, url: string): void {
    this.endpoints.set(endpointKey(resource.stack, resource.logicalId), url);
  }

  /** Whether its template is there to be run. */
  nests(resource: DeployedResource): boolean {
    return this.nestedIn(resource.stack, resource.logicalId) !== undefined;
  }

  private scopeOf(stack: Stack): Scope {
    const { Resources, Parameters, Conditions, Mappings } = stack.template;
    const values = (logicalId: string) => {
      const resource = own(Resources, logicalId);
      if (!resource) throw unresolved(`${stack.name}: nothing is named ${logicalId}`);
      if (!this.meets(stack, resource.Condition)) {
        throw unresolved(`${stack.name}: ${logicalId} is not there, since its condition ${resource.Condition} does not hold`);
      }
      return resourceValues({
        type: resource.Type,
        environment: stack.environment,
        prefix: stack.prefix,
        logicalId,
        property: (name) => {
          const where = `${stack.name}: ${name} of ${logicalId}`;
          const value = resolve(resource.Properties[name], scope, where);
          return value === undefined ? undefined : textOf(value, where);
        },
        endpoint: () => this.endpoints.get(endpointKey(stack, logicalId)),
      });
    };
    const scope: Scope = {
      ref: (name) => {
        if (name.startsWith('AWS::')) return pseudoParameter(name, stack);
        return Object.hasOwn(Parameters, name) ? this.parameter(stack, name) : values(name).ref;
      },
      attribute: (logicalId, attribute) => {
        const [, output] = /^Outputs\.(.+)$/.exec(attribute) ?? [];
        const nested = output === undefined ? undefined : this.nestedIn(stack, logicalId);
        if (nested) return this.output(nested, output!, stack);
        const value = values(logicalId).attribute(attribute);
        if (value === undefined) throw unresolved(`${stack.name}: the attribute ${attribute} of ${logicalId} is not known locally`);
        return value;
      },
      condition: (name) => {
        const condition = own(Conditions, name);
        if (condition === undefined) throw unresolved(`${stack.name}: no condition is named ${name}`);
        return holds(condition, scope, `${stack.name}: the condition ${name}`);
      },
      mapped: (map, top, second) => {
        const value = memberOf(memberOf(own(Mappings, map), top), second);
        return resolve(value, scope, `${stack.name}: the map ${map}`);
      },
      importValue: (name) => this.importValue(name, stack),
      stackOutput: (stackName, output, region) => this.stackOutput(stackName, output, region, stack),
      dynamicReference: (service, reference, where) => this.stored.reference(service, reference, stack, where),
    };
    return scope;
  }

  private meets(stack: Stack, condition: string | undefined): boolean {
    return condition === undefined || this.scopes.get(stack)!.condition(condition);
  }

  private isDeployed({ parent }: Stack): boolean {
    if (parent === undefined) return true;
    return this.isDeployed(parent.stack) && this.meets(parent.stack, own(parent.stack.template.Resources, parent.logicalId)?.Condition);
  }

  private nestedIn(stack: Stack, logicalId: string): Stack | undefined {
    return this.stacks.find(({ parent }) => parent?.stack === stack && parent.logicalId === logicalId);
  }

  /** What the parent passes or the command line gives, else the default. */
  private parameter(stack: Stack, name: string): unknown {
    const declared = stack.template.Parameters[name]!;
    const passed = stack.parent ? this.passed(stack.parent, name) : givenFor(stack, name, this.given.parameters);
    if (passed === undefined && declared.Default === undefined) {
      throw unresolved(`${stack.name}: the parameter ${name} has no default; give it with --parameter ${name}=VALUE`);
    }
    const value = passed === undefined ? declared.Default : checkedValue(passed, declared, `${stack.name}: the parameter ${name}`);
    return typed(isSsmValue(declared.Type) ? this.stored.parameter(String(value), stack) : value, declared.Type);
  }

  private passed({ stack, logicalId }: NonNullable<Stack['parent']>, name: string): string | undefined {
    const where = `${stack.name}: Parameters.${name} of ${logicalId}`;
    const scope = this.scopes.get(stack)!;
    const { Properties } = stack.template.Resources[logicalId]!;
    const value = resolve(memberOf(opened(Properties.Parameters, scope, where), name), scope, where);
    return Array.isArray(value) ? value.join(',') : value === undefined ? undefined : String(value);
  }

  private importValue(name: string, importer: Stack): unknown {
    const neighbours = this.stacks.filter((stack) => this.isDeployed(stack) && isSameEnvironment(stack.environment, importer.environment));
    const exporting = neighbours.flatMap((stack) => {
      const exported = Object.values(stack.template.Outputs).find((output) => this.exportName(output, stack) === name);
      return exported ? [{ stack, exported }] : [];
    });
    const found = nearest(exporting, importer);
    if (!found) throw unresolved(`${importer.name} imports "${name}", which no stack of its account and region exports; include the stack that does`);
    return resolve(found.exported.Value, this.scopes.get(found.stack)!, `${found.stack.name}: the export ${name}`);
  }

  private exportName({ Export, Condition }: Output, stack: Stack): string | undefined {
    if (!Export || !this.meets(stack, Condition)) return undefined;
    return resolveString(Export.Name, this.scopes.get(stack)!, `${stack.name}: the name of an export`);
  }

  private stackOutput(stackName: string, output: string, region: string | undefined, importer: Stack): unknown {
    const named = this.stacks.filter(({ name, id }) => name === stackName || id === stackName || stackName.includes(`:stack/${name}/`));
    const inRegion = region === undefined ? named : named.filter(({ environment }) => environment.region === region);
    const stack = nearest(inRegion.map((found) => ({ stack: found })), importer)?.stack;
    if (!stack || !Object.hasOwn(stack.template.Outputs, output)) {
      throw unresolved(`${importer.name} reads the output ${output} of the stack ${stackName}, which the assembly does not hold; include that stack`);
    }
    return this.output(stack, output, importer);
  }

  private output(stack: Stack, name: string, reader: Stack): unknown {
    const declared = own(stack.template.Outputs, name);
    if (!declared || !this.meets(stack, declared.Condition)) {
      throw unresolved(`${reader.name} reads the output ${name} of ${stack.name}, which has none of that name`);
    }
    return resolve(declared.Value, this.scopes.get(stack)!, `${stack.name}: output ${name}`);
  }
}

function pseudoParameter(name: string, { name: stackName, environment }: Stack): unknown {
  switch (name) {
    case 'AWS::AccountId': return environment.account;
    case 'AWS::Region': return environment.region;
    case 'AWS::Partition': return partitionOf(environment);
    case 'AWS::URLSuffix': return urlSuffixOf(environment);
    case 'AWS::StackName': return stackName;
    case 'AWS::StackId': return arnOf(environment, 'cloudformation', `stack/${stackName}/${shortId(stackName)}`);
    case 'AWS::NotificationARNs': return [];
    case 'AWS::NoValue': return undefined;
    default: throw unresolved(`${stackName}: the pseudo parameter ${name} is not known locally`);
  }
}

/** `Fn::ForEach::Name` and `Fn::Transform` stand among the resources. */
const isResource = (logicalId: string): boolean => !logicalId.startsWith('Fn::');

const endpointKey = (stack: Stack, logicalId: string) => JSON.stringify([stack.id, logicalId]);
const unresolved = (message: string) => new LocalError('TEMPLATE_UNSUPPORTED', message);
