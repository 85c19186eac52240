import { NESTED_STACK_TYPE, type Assembly, type Resource, type Stack } from '../local/assembly';

/** The events of SAM's functions are read as they stand; the other makes no resources but those of `Fn::ForEach`. */
const READ_AS_THEY_STAND: ReadonlySet<string> = new Set(['AWS::Serverless-2016-10-31', 'AWS::LanguageExtensions']);

/** What reaches functions otherwise than this audit reads, by the type of its resource. */
const NOT_READ: Readonly<Record<string, (properties: Properties) => boolean>> = {
  'AWS::ApiGatewayV2::Api': ({ ProtocolType }) => ProtocolType === 'WEBSOCKET',
  'AWS::AppSync::DataSource': ({ Type }) => Type === 'AWS_LAMBDA',
  'AWS::Serverless::GraphQLApi': () => true,
  'AWS::VpcLattice::TargetGroup': ({ Type }) => Type === 'LAMBDA',
};

/** What makes resources of templates that are elsewhere. */
const MAKES_OTHERS = /^AWS::(Serverless::Application|CloudFormation::StackSet|ServiceCatalog::CloudFormationProvisionedProduct)$|::MODULE$/;

type Properties = Resource['Properties'];

/** What the templates of an assembly do not show: a line for each. */
export function unseen({ stacks, missingContext }: Assembly): readonly string[] {
  const placeholders = missingContext.length === 0 ? [] : [
    `synthesized with placeholders for lookups that need an account (${missingContext.join(', ')}); "npx cdk synth" fills cdk.context.json`,
  ];
  return [...placeholders, ...stacks.flatMap((stack) => unseenOf(stack, stacks))];
}

function unseenOf(stack: Stack, stacks: readonly Stack[]): readonly string[] {
  const { name, template: { Resources, Transform } } = stack;
  const isThere = (nested: string): boolean => stacks.some(({ parent }) => parent?.stack === stack && parent.logicalId === nested);
  return [
    ...Object.entries(Resources)
      .filter(([logicalId, { Type }]) => Type === NESTED_STACK_TYPE && !isThere(logicalId))
      .map(([logicalId]) => `${name}: the template of the nested stack ${logicalId} is not in the assembly; its routes are not listed`),
    ...Object.entries(Resources)
      .filter(([, { Type, Properties }]) => NOT_READ[Type]?.(Properties))
      .map(([logicalId, { Type }]) => `${name}: ${logicalId} (${Type}) is not read; what it sends to functions is not listed`),
    ...Object.entries(Resources)
      .filter(([, { Type }]) => MAKES_OTHERS.test(Type))
      .map(([logicalId, { Type }]) => `${name}: ${logicalId} (${Type}) makes resources of another template; their routes are not listed`),
    ...Object.keys(Resources)
      .filter((logicalId) => logicalId.startsWith('Fn::'))
      .map((loop) => `${name}: ${loop} is not evaluated; the routes that it makes are not listed`),
    ...Transform
      .filter((macro) => !READ_AS_THEY_STAND.has(macro))
      .map((macro) => `${name}: the transform ${macro} is not run; the template is taken as it stands`),
  ];
}
