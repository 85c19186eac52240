import { NESTED_STACK_TYPE, selectStacks, type Assembly, type Stack } from './assembly';
import { planParameters, type StoredParameter } from './aws/parameters';
import { madeUpSecret } from './aws/secret-value';
import { findSecret, planSecrets, secretOf, type Secret } from './aws/secrets';
import { constructIds } from './construct-id';
import { Deployment } from './deployment';
import { FRONTS } from './fronts';
import type { Api } from './fronts/front';
import { FunctionCatalogue, type FunctionPlan } from './functions';
import { NOTHING_GIVEN, type Given } from './given';
import { foreignTables, planImportedTables } from './imported-tables';
import { isMeaninglessLocally } from './known-resources';
import { LocalError } from './local-error';
import { Notices } from './notices';
import { PARAMETER_TYPE, SECRET_TYPE } from './stored-values';
import { planTables, TABLE_TYPES, type TablePlan } from './tables';
import { refuseUndeclared } from './template-parameters';

/** An assembly as it is going to be run. */
export interface Plan {
  readonly deployment: Deployment;
  /** In template order, with the ids that people know them by. */
  readonly apis: readonly { readonly id: string; readonly api: Api }[];
  readonly tables: readonly TablePlan[];
  /** Names of tables that functions may use and that are not made here. */
  readonly foreignTables: readonly string[];
  readonly secrets: readonly Secret[];
  readonly parameters: readonly StoredParameter[];
  /** Names of the buckets that take responses too large for a record; no other bucket is run. */
  readonly overflowBuckets: readonly string[];
  readonly functions: FunctionCatalogue;
  readonly notices: Notices;
}

const READ_ALONG = ['AWS::Lambda::Function', 'AWS::Lambda::LayerVersion', SECRET_TYPE, PARAMETER_TYPE, ...TABLE_TYPES];

/** Throws `TEMPLATE_UNSUPPORTED` where there is no API to serve, or where two stacks cannot be told apart. */
export function planAssembly(
  assembly: Assembly, stackName: string | undefined, temporaryDirectory: () => string, given: Given = NOTHING_GIVEN,
): Plan {
  const { served, all } = selectStacks(assembly, stackName);
  refuseTwins(all);
  refuseUndeclared(given.parameters, assembly.stacks);
  const deployment = new Deployment(all, given);
  const notices = new Notices();
  if (assembly.missingContext.length > 0) {
    notices.warn(`synthesized with placeholders for lookups that need an account (${assembly.missingContext.join(', ')}); "npx cdk synth" fills cdk.context.json`);
  }
  const functions = new FunctionCatalogue(deployment, notices, temporaryDirectory, given.layers, process.env.PATH ?? '');
  const apis = deployment.resources
    .filter(({ stack }) => served.includes(stack))
    .map((resource) => FRONTS.find(({ resourceType }) => resourceType === resource.type)?.plan(resource, { deployment, functions, notices }))
    .filter((api) => api !== undefined);
  if (apis.length === 0) {
    const where = stackName === undefined ? 'the assembly' : `the stack "${stackName}"`;
    throw new LocalError('TEMPLATE_UNSUPPORTED', [`${where} has no API to serve`, ...notices.lines()].join('; '));
  }
  const overflowBuckets = [...new Set(functions.planned.map(({ overflowBucket }) => overflowBucket).filter((name) => name !== undefined))];
  noteSkipped(deployment, overflowBuckets, notices);
  functions.noteOthers();
  functions.noteUnusedLayers();
  noteTransforms(all, notices);
  const declaredTables = planTables(deployment, notices);
  const tables = [...declaredTables, ...planImportedTables(functions.planned, declaredTables, notices)];
  const ids = constructIds(apis.map(({ resource }) => resource));
  return {
    deployment,
    apis: apis.map((api) => ({ id: ids.get(api.resource) ?? api.resource.logicalId, api })),
    tables,
    foreignTables: foreignTables(deployment, tables),
    secrets: withKeySecrets(planSecrets(deployment, given.secrets), functions.planned, notices),
    parameters: planParameters(deployment, given.ssm),
    overflowBuckets,
    functions,
    notices,
  };
}

/** One account and region has one stack of a name: all that belongs to two would be mixed up. */
function refuseTwins(stacks: readonly Stack[]): void {
  const byPrefix = new Map<string, Stack>();
  for (const stack of stacks) {
    const twin = byPrefix.get(stack.prefix);
    byPrefix.set(stack.prefix, stack);
    if (!twin) continue;
    const { account, region } = stack.environment;
    throw new LocalError('TEMPLATE_UNSUPPORTED',
      `the stacks ${twin.path} and ${stack.path} are both named "${stack.name}" in account ${account} and region ${region}; run one of them with --stack ${stack.path}`);
  }
}

/** A secret that keys records has a value even where no stack declares it: without one, every request would fail. */
function withKeySecrets(known: readonly Secret[], functions: readonly FunctionPlan[], notices: Notices): readonly Secret[] {
  const wanted = new Set(functions.flatMap(({ keySecrets }) => keySecrets));
  const absent = [...wanted].filter((arn) => !findSecret(known, arn));
  for (const arn of absent) notices.warn(`the secret ${arn} is not in the assembly: a made-up value stands in; give one with --secret ${arn}=VALUE`);
  return [...known, ...absent.map((arn) => secretOf(arn, madeUpSecret(arn)))];
}

/** What CloudFormation would make of a template before it deploys it. */
function noteTransforms(stacks: readonly Stack[], notices: Notices): void {
  for (const { name, template } of stacks) {
    const macros = template.Transform.filter((macro) => macro !== 'AWS::LanguageExtensions');
    if (macros.length > 0) notices.warn(`${name}: the transform ${macros.join(', ')} is not run; the template is taken as it stands`);
    const loops = Object.keys(template.Resources).filter((id) => id.startsWith('Fn::'));
    if (loops.length > 0) notices.warn(`${name}: the resources of ${loops.join(', ')} are not run: it is not evaluated locally`);
  }
}

function noteSkipped(deployment: Deployment, overflowBuckets: readonly string[], notices: Notices): void {
  const handled = new Set([...READ_ALONG, ...FRONTS.flatMap(({ resourceType, partTypes }) => [resourceType, ...partTypes])]);
  for (const resource of deployment.resources) {
    const isOverflow = resource.type === 'AWS::S3::Bucket' && overflowBuckets.includes(resource.ref);
    const isNested = resource.type === NESTED_STACK_TYPE && deployment.nests(resource);
    if (isNested || isOverflow || handled.has(resource.type) || isMeaninglessLocally(resource.type)) continue;
    notices.skip(resource, resource.type === NESTED_STACK_TYPE ? 'its template is not in the assembly' : undefined);
  }
}
