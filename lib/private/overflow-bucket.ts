import { Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { OVERFLOW_PREFIX } from '../contract';
import { grantKey } from './key-grant';

const DAY_SECONDS = Duration.days(1).toSeconds();

/**
 * A bucket for responses that are too large for a record.
 *
 * @param longestTtlSeconds asked at synth, when all settings are known
 */
export function newOverflowBucket(site: Construct, longestTtlSeconds: () => number): Bucket {
  return new Bucket(site, 'LargeResponses', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    encryption: BucketEncryption.S3_MANAGED,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{
      id: 'ExpireWithTheirRecords',
      prefix: OVERFLOW_PREFIX,
      // A day more than the record that points here, which is rounded up to whole days as S3 has them.
      expiration: Duration.days(Lazy.number({ produce: () => Math.ceil(longestTtlSeconds() / DAY_SECONDS) + 1 })),
    }],
  });
}

/** Get and put below the prefix, and the key of the bucket where it has one. */
export function grantOverflow(bucket: IBucket, grantee: IGrantable): Grant {
  const onObjects = Grant.addToPrincipal({
    grantee,
    actions: ['s3:GetObject', 's3:PutObject'],
    resourceArns: [bucket.arnForObjects(`${OVERFLOW_PREFIX}*`)],
  });
  const { encryptionKey } = bucket;
  return encryptionKey === undefined ? onObjects : onObjects.combine(grantKey(encryptionKey, 's3', grantee, ['kms:Decrypt', 'kms:GenerateDataKey']));
}
