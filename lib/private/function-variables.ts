import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IBucket } from 'aws-cdk-lib/aws-s3';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { ENV } from '../contract';
import { IIdempotencyTable } from '../idempotency-table';
import { grantKeySecret } from './key-secret';
import { grantOverflow } from './overflow-bucket';

/** A resource that a whole function uses: the variable that names it, and the grant that goes with it. */
export interface FunctionVariable {
  /** The prop that it comes from. */
  readonly prop: string;
  readonly name: string;
  readonly value?: string;
  readonly grant?: (grantee: IGrantable) => Grant;
}

export interface FunctionResources {
  readonly table: IIdempotencyTable;
  readonly overflowBucket?: IBucket;
  readonly keySecret?: ISecret;
  readonly keySecretVersionId?: string;
  readonly previousKeySecret?: ISecret;
  readonly previousKeySecretVersionId?: string;
}

/** All of them, in one order; those that are not configured have no value. */
export function functionVariables(resources: FunctionResources): FunctionVariable[] {
  const { table, overflowBucket, keySecret, previousKeySecret } = resources;
  return [
    { prop: 'table', name: ENV.TABLE_NAME, value: table.tableName, grant: (grantee) => table.grantUse(grantee) },
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
