import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { ENV } from '../contract';
import { IIdempotencyTable } from '../i-idempotency-table';
import { grantKeySecret } from './key-secret';
import { grantOverflow } from './overflow-bucket';
import { adviseOnOwner, requireSameRegion, tableAccess } from './table-access';

/** A resource that a whole function uses: the variable that names it, and the grant that goes with it. */
export interface FunctionVariable {
  /** The prop that it comes from. */
  readonly prop: string;
  readonly name: string;
  readonly value?: string;
  readonly grant?: (grantee: IGrantable) => Grant;
}

export interface FunctionResources {
  /** The construct that the user made; refusals name it. */
  readonly site: IConstruct;
  readonly table: IIdempotencyTable;
  readonly overflowBucket?: IBucket;
  readonly keySecret?: ISecret;
  readonly keySecretVersionId?: string;
  readonly previousKeySecret?: ISecret;
  readonly previousKeySecretVersionId?: string;
}

/**
 * All of them, in one order; those that are not configured have no value.
 *
 * @param user the function, or what else will run the wrapper
 */
export function functionVariables(resources: FunctionResources, user: IConstruct): FunctionVariable[] {
  const { site, overflowBucket, keySecret, previousKeySecret } = resources;
  const { table, reference } = tableAccess(site, resources.table, user);
  for (const [prop, resource] of Object.entries({ largeResponses: overflowBucket, keySecret, previousKeySecret })) {
    if (resource === undefined) continue;
    requireSameRegion(site, prop, resource, user);
    adviseOnOwner(site, prop, resource, user);
  }
  return [
    { prop: 'table', name: ENV.TABLE_NAME, value: reference, grant: (grantee) => table.grantUse(grantee) },
    {
      prop: 'largeResponses',
      name: ENV.OVERFLOW_BUCKET,
      ...(overflowBucket && { value: overflowBucket.bucketName, grant: (grantee) => grantOverflow(overflowBucket, grantee) }),
    },
    {
      prop: 'keySecret',
      name: ENV.KEY_SECRET,
      ...(keySecret && ofSecret(keySecret, resources.keySecretVersionId)),
    },
    {
      prop: 'previousKeySecret',
      name: ENV.PREVIOUS_KEY_SECRET,
      ...(previousKeySecret && ofSecret(previousKeySecret, resources.previousKeySecretVersionId)),
    },
  ];
}

function ofSecret(secret: ISecret, versionId: string | undefined): Pick<FunctionVariable, 'value' | 'grant'> {
  return {
    value: versionId === undefined ? secret.secretArn : `${secret.secretArn}:::${versionId}`,
    grant: (grantee) => grantKeySecret(secret, grantee),
  };
}
