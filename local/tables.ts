import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { constructIds } from './construct-id';
import type { Deployment } from './deployment';

export const TABLE_TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'] as const;

/** A table as it is created here. */
export interface TablePlan {
  /** The construct id. */
  readonly id: string;
  readonly create: CreateTableCommandInput & { readonly TableName: string };
  /** The attribute of the time to live, where it is switched on. */
  readonly ttlAttribute?: string;
}

/** The tables of a deployment. Capacity, encryption, replicas and streams do not change what a request gets and are left out. */
export function planTables(deployment: Deployment): readonly TablePlan[] {
  const resources = deployment.ofType(...TABLE_TYPES);
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
      ...(ttl?.AttributeName && String(ttl.Enabled) === 'true' ? { ttlAttribute: ttl.AttributeName } : {}),
    };
  });
}

function secondaryIndexes(value: unknown) {
  const indexes = (value ?? []) as NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>;
  if (indexes.length === 0) return undefined;
  return indexes.map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }));
}
