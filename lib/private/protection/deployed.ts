/** A value of a template: text, a number, a list, an object, or an intrinsic function. */
export type Value = unknown;

/** One resource as it is deployed, whether read from a template or from constructs that are not synthesized yet. */
export interface Deployed {
  /** Nobody else's in the app. */
  readonly id: string;
  /** `AWS::Lambda::Function`. */
  readonly type: string;
  /** Where it is deployed; `{}` for an account or a region that only the deployment knows. */
  readonly environment: { readonly account: string; readonly region: string };
  /** Path of the construct that users know, `Shop/Payments`; without one, its stack and its logical id. */
  readonly path: string;
  readonly properties: Readonly<Record<string, Value>>;
  readonly metadata: Readonly<Record<string, Value>>;
  /** The resources that a value of its properties refers to, in order. */
  referred(value: Value): readonly Deployed[];
}

export const TYPES = {
  HTTP_API: 'AWS::ApiGatewayV2::Api',
  HTTP_ROUTE: 'AWS::ApiGatewayV2::Route',
  HTTP_INTEGRATION: 'AWS::ApiGatewayV2::Integration',
  REST_API: 'AWS::ApiGateway::RestApi',
  REST_RESOURCE: 'AWS::ApiGateway::Resource',
  REST_METHOD: 'AWS::ApiGateway::Method',
  FUNCTION: 'AWS::Lambda::Function',
  SERVERLESS_FUNCTION: 'AWS::Serverless::Function',
  VERSION: 'AWS::Lambda::Version',
  ALIAS: 'AWS::Lambda::Alias',
  LAYER: 'AWS::Lambda::LayerVersion',
  URL: 'AWS::Lambda::Url',
  SERVERLESS_HTTP_API: 'AWS::Serverless::HttpApi',
  SERVERLESS_REST_API: 'AWS::Serverless::Api',
  LOAD_BALANCER: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  LISTENER: 'AWS::ElasticLoadBalancingV2::Listener',
  LISTENER_RULE: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  TARGET_GROUP: 'AWS::ElasticLoadBalancingV2::TargetGroup',
} as const;

const DECIDING: ReadonlySet<string> = new Set(Object.values(TYPES));

/** Whether resources of a type decide about routes. */
export const decides = (type: string): boolean => DECIDING.has(type);

/** Above a resource stands the construct that users know. */
export const userPath = (constructPath: string): string => constructPath.replace(/\/Resource$/, '');

/** What one reference names: a resource by its logical id, and perhaps an attribute of it; another stack's export; or another stack's output. */
export type Reference =
  | { readonly logicalId: string; readonly attribute?: string }
  | { readonly exported: Value }
  | { readonly output: { readonly StackName?: Value; readonly OutputName?: Value } };

/** Everything that a value refers to, however deep. */
export function referencesIn(value: Value): readonly Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const [name, argument] = entries.length === 1 ? entries[0]! : [];
  switch (name) {
    case 'Ref':
      return [{ logicalId: plain(argument) }];
    case 'Fn::GetAtt':
      return [named(Array.isArray(argument) ? argument.map(plain).join('.') : plain(argument))];
    case 'Fn::ImportValue':
      return [{ exported: argument }];
    case 'Fn::GetStackOutput':
      return [{ output: fieldsOf(argument) }];
    case 'Fn::Sub': {
      const [text = argument, given] = listOf(argument);
      return [...[...plain(text).matchAll(/\$\{(\w[\w.]*)/g)].map(([, reference]) => named(reference!)), ...referencesIn(given)];
    }
    default:
      return entries.flatMap(([, member]) => referencesIn(member));
  }
}

/** What a value may be once it is deployed: `Fn::If` leaves a choice. */
export function choicesOf(value: Value): readonly Value[] {
  const [, ...choices] = listOf(fieldsOf(value)['Fn::If']);
  return choices.length === 0 ? [value] : choices.flatMap(choicesOf);
}

const MOST_VARIANTS = 64;

/** The same with every choice within it made; where those are too many to go through, nothing that is known. */
export function variantsOf(value: Value): readonly Value[] {
  const variants = choicesOf(value).flatMap((choice): readonly Value[] => {
    if (Array.isArray(choice)) return combinations(choice);
    const fields = Object.entries(fieldsOf(choice));
    return fields.length === 0 ? [choice] : combinations(fields.map(([, field]) => field))
      .map((members) => Object.fromEntries(fields.map(([name], at) => [name, members[at]])));
  });
  return variants.length > MOST_VARIANTS ? [{}] : variants;
}

function combinations(members: readonly Value[]): readonly (readonly Value[])[] {
  let found: readonly (readonly Value[])[] = [[]];
  for (const member of members) {
    const variants = variantsOf(member);
    found = found.flatMap((before) => variants.map((variant) => [...before, variant]));
    if (found.length > MOST_VARIANTS) break;
  }
  return found;
}

/** Everything that a list may hold once it is deployed. */
export const membersOf = (value: Value): readonly Value[] =>
  choicesOf(value).flatMap(listOf).flatMap(choicesOf).filter((member) => !isAbsent(member));

/** Whether a template leaves a value out. */
export const isAbsent = (value: Value): boolean => value === undefined || value === null || fieldsOf(value).Ref === 'AWS::NoValue';

/** The fields of an object; none of anything else. */
export const fieldsOf = (value: Value): Readonly<Record<string, Value>> =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, Value> : {});

/** The members of a list; none of anything else. */
export const listOf = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);

/** `Fn.Arn`: of what, and which attribute. */
function named(reference: string): Reference {
  const [logicalId, ...attribute] = reference.split('.');
  return { logicalId: logicalId!, attribute: attribute.join('.') };
}

/** What names something in a template is text. An object is none, and may have a `toString` that is no function. */
const plain = (value: Value): string => (typeof value === 'object' && value !== null ? '' : String(value));

/** A value as text, with `{}` or another sign for what is not known before the deployment. */
export function textOf(value: Value, unknown = '{}'): string {
  if (typeof value !== 'object' || value === null) return plain(value);
  const { 'Fn::Join': joined, 'Fn::Sub': substituted } = fieldsOf(value);
  const [separator, parts] = listOf(joined);
  if (Array.isArray(parts)) return parts.map((part) => textOf(part, unknown)).join(plain(separator));
  const [text = substituted] = listOf(substituted);
  return typeof text === 'string' ? text.replace(/\$\{[^}]*\}/g, unknown) : unknown;
}
