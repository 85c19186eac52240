import { Stack } from 'aws-cdk-lib';
import { MultiRegionConsistency } from 'aws-cdk-lib/aws-dynamodb';
import { ATTRIBUTES } from '../contract';
import { refuse } from './errors';
import { TableBase } from './table-base';

/** As much of either table's resource as is looked at. */
interface Schema {
  readonly keySchema: readonly { readonly attributeName: string; readonly keyType: string }[];
  readonly attributeDefinitions: readonly { readonly attributeName: string; readonly attributeType: string }[];
  readonly timeToLiveSpecification?: { readonly attributeName?: string };
  /** Only of the newer of the two. */
  readonly multiRegionConsistency?: string;
}

/** A table with other keys would refuse every write, and one without a time to live would keep records for good. */
export function requireSchema(table: TableBase): void {
  const resource = table._resourceOfThisApp();
  if (resource === undefined) return;
  const { keySchema, attributeDefinitions, timeToLiveSpecification } = resource;
  const { multiRegionConsistency } = resource as Pick<Schema, 'multiRegionConsistency'>;
  const schema = { keySchema, attributeDefinitions, timeToLiveSpecification, multiRegionConsistency };
  const problem = problemOf(Stack.of(resource).resolve(schema) as Schema);
  if (problem === undefined) return;
  refuse({
    site: table,
    prop: `table ${resource.node.scope!.node.path}`,
    problem,
    remedy: `Give one with the partition key "${ATTRIBUTES.ID}" (S), no sort key, and the time to live "${ATTRIBUTES.EXPIRES_AT}", `
      + 'as IdempotencyTable makes it',
  });
}

function problemOf({ keySchema, attributeDefinitions, timeToLiveSpecification, multiRegionConsistency }: Schema): string | undefined {
  const named = (keyType: string): string | undefined => keySchema.find((key) => key.keyType === keyType)?.attributeName;
  const partition = named('HASH');
  const type = attributeDefinitions.find(({ attributeName }) => attributeName === partition)?.attributeType;
  if (partition !== ATTRIBUTES.ID || type !== 'S') return `has the partition key "${partition}" (${type})`;
  if (named('RANGE') !== undefined) return `has a sort key "${named('RANGE')}"`;
  const ttl = timeToLiveSpecification?.attributeName;
  // DynamoDB has none for these.
  if (ttl === undefined && multiRegionConsistency === MultiRegionConsistency.STRONG) return undefined;
  if (ttl === undefined) return 'has no time to live';
  return ttl === ATTRIBUTES.EXPIRES_AT ? undefined : `has the time to live "${ttl}"`;
}
