import {
  CfnElement, CfnResource, DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, Stack, Stage, StringConcat, Token,
  Tokenization,
} from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { decides, Deployed, referencesIn, userPath, Value } from './deployed';

/**
 * The resources that decide about routes, of all stacks that are synthesized
 * together with a construct: as they would be in the templates now, with whatever
 * escape hatches have put in.
 */
export function deployedConstructs(site: IConstruct): readonly Deployed[] {
  const found = Stage.of(site)!.node.findAll().filter((construct): construct is CfnResource =>
    CfnResource.isCfnResource(construct) && decides(construct.cfnResourceType));
  const byId = new Map<string, Deployed>();
  for (const resource of found) byId.set(idOf(resource), deployed(resource, byId));
  return [...byId.values()];
}

const idOf = (element: CfnElement): string => logicalIdIn(element.stack, element.stack.resolve(element.logicalId) as string);
const logicalIdIn = (stack: Stack, logicalId: string): string => `${stack.node.addr}.${logicalId}`;

function deployed(resource: CfnResource, byId: ReadonlyMap<string, Deployed>): Deployed {
  const { Properties, Metadata } = rendered(resource);
  return {
    id: idOf(resource),
    type: resource.cfnResourceType,
    environment: { account: knownOr(resource.stack.account), region: knownOr(resource.stack.region) },
    path: userPath(resource.node.path),
    properties: Properties,
    metadata: Metadata,
    referred: (value) => referencesIn(value).flatMap((reference) => {
      const id = 'logicalId' in reference ? reference.logicalId : '';
      return byId.get(id) ?? byId.get(logicalIdIn(resource.stack, id)) ?? [];
    }),
  };
}

const knownOr = (text: string, unknown = '{}'): string => (Token.isUnresolved(text) ? unknown : text);

interface Rendered {
  readonly Properties: Readonly<Record<string, Value>>;
  readonly Metadata: Readonly<Record<string, Value>>;
}

/** The properties of one resource as they would be in the template now. */
export const renderedProperties = (resource: CfnResource): Readonly<Record<string, Value>> => rendered(resource).Properties;

/** A value of a resource as it would be in the template now, but for its references. */
export const renderedValue = (scope: IConstruct, value: unknown): Value => Tokenization.resolve(value, { scope, resolver: new GlobalReferences() });

/** The CDK has no public way to one resource of the template. */
function rendered(resource: CfnResource): Rendered {
  const template = (resource as unknown as { _toCloudFormation(): object })._toCloudFormation();
  const { Resources } = renderedValue(resource, template) as { Resources: Record<string, Partial<Rendered>> };
  const { Properties = {}, Metadata = {} } = Object.values(Resources)[0]!;
  return { Properties, Metadata };
}

/** References under ids that hold in all stacks: those between stacks become exports only later. */
class GlobalReferences extends DefaultTokenResolver {
  constructor() {
    super(new Joined());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): any {
    if (Reference.isReference(token) && CfnElement.isCfnElement(token.target)) return { Ref: idOf(token.target) };
    return super.resolveToken(token, context, postProcessor);
  }
}

/** Keeps what is not text for `textOf` to tell. */
class Joined extends StringConcat {
  public override join(left: any, right: any): any {
    return { 'Fn::Join': ['', [left, right].filter((part) => part !== undefined)] };
  }
}
