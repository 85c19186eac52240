import { decides, referencesIn, userPath, type Deployed, type Reference, type Value } from '../lib/private/protection/deployed';
import { constructPathOf, rootOf, type Resource, type Stack } from '../local/assembly';
import { isSameEnvironment } from '../local/environment';

/** A resource of an assembly that decides about routes, and the stack that declares it. */
export interface DeployedResource extends Deployed {
  readonly stack: Stack;
}

/**
 * What of these stacks decides about routes, as their templates have it.
 * References are followed into nested stacks and out of them, and from stack to
 * stack by exports and outputs.
 */
export class DeployedResources {
  readonly all: readonly DeployedResource[];
  private readonly byId: ReadonlyMap<string, DeployedResource>;

  constructor(private readonly stacks: readonly Stack[]) {
    this.all = stacks.flatMap((stack) => Object.entries(stack.template.Resources)
      .filter(([, { Type }]) => decides(Type))
      .map(([logicalId, resource]) => this.deployed(stack, logicalId, resource)));
    this.byId = new Map(this.all.map((resource) => [resource.id, resource]));
  }

  private deployed(stack: Stack, logicalId: string, { Type, Properties, Metadata = {} }: Resource): DeployedResource {
    return {
      stack,
      id: idOf(stack, logicalId),
      type: Type,
      environment: stack.environment,
      path: userPath(`${rootOf(stack).path}/${constructPathOf(stack, logicalId)}`),
      properties: Properties,
      metadata: Metadata,
      referred: (value) => this.referred(stack, value),
    };
  }

  private referred(stack: Stack, value: Value): readonly DeployedResource[] {
    return referencesIn(value).flatMap((reference) => this.followed(stack, reference));
  }

  private followed(stack: Stack, reference: Reference): readonly DeployedResource[] {
    if ('exported' in reference) return this.exported(stack, reference.exported);
    if ('output' in reference) return this.stackOutput(reference.output);
    const { logicalId, attribute = '' } = reference;
    const resource = this.byId.get(idOf(stack, logicalId));
    if (resource !== undefined) return [resource];
    const output = /^Outputs\.(.+)$/.exec(attribute)?.[1];
    if (output !== undefined) {
      const nested = this.stacks.find(({ parent }) => parent?.stack === stack && parent.logicalId === logicalId);
      return nested === undefined ? [] : this.referred(nested, nested.template.Outputs[output]?.Value);
    }
    return this.passed(stack, logicalId);
  }

  /** A parameter of a nested stack is what its parent passes. */
  private passed({ parent }: Stack, parameter: string): readonly DeployedResource[] {
    if (parent === undefined) return [];
    const { Parameters } = parent.stack.template.Resources[parent.logicalId]!.Properties as { Parameters?: Readonly<Record<string, Value>> };
    return this.referred(parent.stack, Parameters?.[parameter]);
  }

  private exported(importer: Stack, name: Value): readonly DeployedResource[] {
    const wanted = JSON.stringify(name);
    return this.stacks
      .filter(({ environment }) => isSameEnvironment(environment, importer.environment))
      .flatMap((stack) => Object.values(stack.template.Outputs)
        .filter(({ Export }) => JSON.stringify(Export?.Name) === wanted)
        .flatMap(({ Value }) => this.referred(stack, Value)));
  }

  private stackOutput({ StackName, OutputName }: { readonly StackName?: Value; readonly OutputName?: Value }): readonly DeployedResource[] {
    return this.stacks
      .filter(({ name }) => name === StackName)
      .flatMap((stack) => this.referred(stack, typeof OutputName === 'string' ? stack.template.Outputs[OutputName]?.Value : undefined));
  }
}

/** No two stacks of an assembly have one artifact id in one place of the construct tree. */
const idOf = ({ path, id }: Stack, logicalId: string): string => JSON.stringify([path, id, logicalId]);
