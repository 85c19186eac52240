import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { constructIds } from './construct-id';
import type { DeployedResource, Deployment } from './deployment';
import type { Notices } from './notices';

export const TABLE_TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'] as const;

/** A table as it is created here. */
export interface TablePlan {
  /** The construct id. */
  readonly id: string;
  readonly create: CreateTableCommandInput & { readonly TableName: string };
  /** Its own region first, then those of its replicas: where a server keeps a database a region, it is made in each. */
  readonly regions: readonly [string, ...string[]];
  /** The attribute of the time to live, where it is switched on. */
  readonly ttlAttribute?: string;
}

/**
 * The tables of a deployment. What has one name is one table here, whatever
 * account and region it is in, which is said. Capacity, encryption and streams do not
 * change what a request gets and are left out.
 */
export function planTables(deployment: Deployment, notices: Notices): readonly TablePlan[] {
  const declared = deployment.ofType(...TABLE_TYPES);
  const resources = declared.filter(({ ref }, index) => declared.findIndex((other) => other.ref === ref) === index);
  for (const { ref } of resources) {
    const paths = declared.filter((other) => other.ref === ref).map(({ stack }) => stack.path);
    if (paths.length > 1) notices.warn(`the tables "${ref}" of ${paths.join(' and ')} are ONE table here; --stack runs one of these stacks by itself`);
  }
  const ids = constructIds(resources);
  return resources.map((resource) => {
    const ttl = resource.property('TimeToLiveSpecification') as { AttributeName?: string; Enabled?: boolean | string } | undefined;
    const globalIndexes = secondaryIndexes(resource.property('GlobalSecondaryIndexes'));
    const localIndexes = secondaryIndexes(resource.property('LocalSecondaryIndexes'));
    return {
      id: ids.get(resource) ?? resource.logicalId,
      create: {
        TableName: resource.ref,
        AttributeDefinitions: resource.property('AttributeDefinitions') as CreateTableCommandInput['AttributeDefinitions'],
        KeySchema: resource.property('KeySchema') as CreateTableCommandInput['KeySchema'],
        BillingMode: 'PAY_PER_REQUEST',
        ...(globalIndexes ? { GlobalSecondaryIndexes: globalIndexes } : {}),
        ...(localIndexes ? { LocalSecondaryIndexes: localIndexes } : {}),
      },
      regions: [resource.environment.region, ...replicaRegions(resource)],
      ...(ttl?.AttributeName && String(ttl.Enabled) === 'true' ? { ttlAttribute: ttl.AttributeName } : {}),
    };
  });
}

const replicaRegions = (table: DeployedResource): readonly string[] =>
  ((table.property('Replicas') ?? []) as readonly { readonly Region: string }[])
    .map(({ Region }) => Region)
    .filter((region) => region !== table.environment.region);

function secondaryIndexes(value: unknown) {
  const indexes = (value ?? []) as NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>;
  if (indexes.length === 0) return undefined;
  return indexes.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
}
