import type { Resource, Stack } from './assembly';
import { arnOf, partitionOf, urlSuffixOf, type Environment } from './environment';
import { resolve, resolveString, type Scope } from './intrinsics';
import { LocalError } from './local-error';
import { resourceValues, shortId } from './resource-values';

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
    return this.stack.constructPaths.get(this.logicalId) ?? this.logicalId;
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
    const value = path.reduce<unknown>(
      (object, name) => (typeof object === 'object' && object !== null && Object.hasOwn(object, name) ? object[name as keyof typeof object] : undefined),
      this.resource.Properties,
    );
    return resolve(value, this.scope, this.where(path.join('.')));
  }

  string(name: string): string | undefined {
    const value = this.resource.Properties[name];
    return value === undefined ? undefined : resolveString(value, this.scope, this.where(name));
  }

  number(name: string): number | undefined {
    const text = this.string(name);
    return text === undefined ? undefined : Number(text);
  }

  private where(property: string): string {
    return `${this.stack.name}: ${property} of ${this.type} ${this.logicalId}`;
  }
}

/**
 * The stacks as if they were deployed: who refers to whom, across stacks too.
 * Values are worked out when asked for, so that what nobody runs need not resolve.
 */
export class Deployment {
  readonly resources: readonly DeployedResource[];
  private readonly scopes = new Map<Stack, Scope>();
  private readonly endpoints = new Map<string, string>();

  constructor(private readonly stacks: readonly Stack[]) {
    for (const stack of stacks) this.scopes.set(stack, this.scopeOf(stack));
    this.resources = stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources).map(([id, resource]) => new DeployedResource(stack, id, resource, this.scopes.get(stack)!)));
  }

  ofType(...types: readonly string[]): readonly DeployedResource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** Tells where a resource is served, for the attributes that hold its URL. */
  setEndpoint(resource: DeployedResource, url: string): void {
    this.endpoints.set(endpointKey(resource.stack, resource.logicalId), url);
  }

  private scopeOf(stack: Stack): Scope {
    const values = (logicalId: string) => {
      const resource = Object.hasOwn(stack.template.Resources, logicalId) ? stack.template.Resources[logicalId] : undefined;
      if (!resource) throw unresolved(`${stack.name}: nothing is named ${logicalId}`);
      return resourceValues({
        type: resource.Type,
        environment: stack.environment,
        prefix: stack.prefix,
        logicalId,
        property: (name) => {
          const value = resource.Properties[name];
          return value === undefined ? undefined : resolveString(value, scope, `${stack.name}: ${name} of ${logicalId}`);
        },
        endpoint: () => this.endpoints.get(endpointKey(stack, logicalId)),
      });
    };
    const scope: Scope = {
      ref: (name) => {
        if (name.startsWith('AWS::')) return pseudoParameter(name, stack);
        if (Object.hasOwn(stack.template.Parameters, name)) return parameter(stack, name);
        return values(name).ref;
      },
      attribute: (logicalId, attribute) => {
        const value = values(logicalId).attribute(attribute);
        if (value === undefined) throw unresolved(`${stack.name}: the attribute ${attribute} of ${logicalId} is not known locally`);
        return value;
      },
      importValue: (name) => this.importValue(name, stack),
      stackOutput: (stackName, output) => this.stackOutput(stackName, output, stack),
    };
    return scope;
  }

  private importValue(name: string, importer: Stack): unknown {
    for (const stack of this.stacks) {
      const scope = this.scopes.get(stack)!;
      for (const { Value, Export } of Object.values(stack.template.Outputs)) {
        const where = `${stack.name}: an output`;
        if (Export && resolveString(Export.Name, scope, where) === name) return resolve(Value, scope, where);
      }
    }
    throw unresolved(`${importer.name} imports "${name}", which no stack of the assembly exports; include the stack that does`);
  }

  private stackOutput(stackName: string, output: string, importer: Stack): unknown {
    const stack = this.stacks.find(({ name, id }) => name === stackName || id === stackName || stackName.includes(`:stack/${name}/`));
    const declared = stack && Object.hasOwn(stack.template.Outputs, output) ? stack.template.Outputs[output] : undefined;
    if (!stack || !declared) {
      throw unresolved(`${importer.name} reads the output ${output} of the stack ${stackName}, which the assembly does not hold; include that stack`);
    }
    return resolve(declared.Value, this.scopes.get(stack)!, `${stack.name}: output ${output}`);
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

function parameter(stack: Stack, name: string): unknown {
  const { Default, Type } = stack.template.Parameters[name] ?? {};
  if (Default === undefined) throw unresolved(`${stack.name}: the parameter ${name} has no default; give it one in the app`);
  return Type === 'CommaDelimitedList' || Type?.startsWith('List<') ? String(Default).split(',') : Default;
}

const endpointKey = (stack: Stack, logicalId: string) => JSON.stringify([stack.id, logicalId]);
const unresolved = (message: string) => new LocalError('TEMPLATE_UNSUPPORTED', message);
