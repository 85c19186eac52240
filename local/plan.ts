import { selectStacks, type Assembly, type Stack } from './assembly';
import { planSecrets, SECRET_TYPE, type Secret } from './aws/secrets';
import { constructIds } from './construct-id';
import { Deployment } from './deployment';
import { FRONTS } from './fronts';
import type { Api } from './fronts/front';
import { FunctionCatalogue } from './functions';
import { isMeaninglessLocally } from './known-resources';
import { LocalError } from './local-error';
import { Notices } from './notices';
import { planTables, TABLE_TYPES, type TablePlan } from './tables';

/** An assembly as it is going to be run. */
export interface Plan {
  readonly deployment: Deployment;
  /** In template order, with the ids that people know them by. */
  readonly apis: readonly { readonly id: string; readonly api: Api }[];
  readonly tables: readonly TablePlan[];
  readonly secrets: readonly Secret[];
  /** Names of the buckets that take responses too large for a record; no other bucket is run. */
  readonly overflowBuckets: readonly string[];
  readonly functions: FunctionCatalogue;
  readonly notices: Notices;
}

const READ_ALONG = ['AWS::Lambda::Function', 'AWS::Lambda::LayerVersion', SECRET_TYPE, ...TABLE_TYPES];

/** Throws `TEMPLATE_UNSUPPORTED` where there is no API to serve, or where two stacks cannot be told apart. */
export function planAssembly(assembly: Assembly, stackName: string | undefined, temporaryDirectory: () => string): Plan {
  const { served, all } = selectStacks(assembly, stackName);
  refuseTwins(all);
  const deployment = new Deployment(all);
  const notices = new Notices();
  if (assembly.missingContext.length > 0) {
    notices.warn(`synthesized with placeholders for lookups that need an account (${assembly.missingContext.join(', ')}); "npx cdk synth" fills cdk.context.json`);
  }
  const functions = new FunctionCatalogue(deployment, notices, temporaryDirectory);
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
  functions.noteUncalled();
  const ids = constructIds(apis.map(({ resource }) => resource));
  return {
    deployment,
    apis: apis.map((api) => ({ id: ids.get(api.resource) ?? api.resource.logicalId, api })),
    tables: planTables(deployment, notices),
    secrets: planSecrets(deployment),
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

function noteSkipped(deployment: Deployment, overflowBuckets: readonly string[], notices: Notices): void {
  const handled = new Set([...READ_ALONG, ...FRONTS.flatMap(({ resourceType, partTypes }) => [resourceType, ...partTypes])]);
  for (const resource of deployment.resources) {
    const isOverflow = resource.type === 'AWS::S3::Bucket' && overflowBuckets.includes(resource.ref);
    if (!handled.has(resource.type) && !isMeaninglessLocally(resource.type) && !isOverflow) notices.skip(resource);
  }
}
