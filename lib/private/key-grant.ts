import { Token, TokenComparison } from 'aws-cdk-lib';
import { Grant, IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * The use of a key by way of one service alone: whatever else the key protects,
 * the grantee opens nothing of it.
 *
 * It is granted on the principal wherever that serves. The key's own policy would
 * name the function's role, which may depend on the key's stack already, and that
 * of an imported key is not ours to change.
 */
export function grantKey(key: IKey, service: 'dynamodb' | 's3' | 'secretsmanager', grantee: IGrantable, actions: string[]): Grant {
  // Of any region, as DynamoDB's guide has it, and of China's, whose names end in ".cn".
  const conditions = { StringLike: { 'kms:ViaService': `${service}.*.amazonaws.com*` } };
  const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: [key.keyArn], conditions });
  const { grantPrincipal } = grantee;
  const account = grantPrincipal.principalAccount;
  const isForeign = account !== undefined && Token.compareStrings(account, key.env.account) === TokenComparison.DIFFERENT;
  if (!grant.success || isForeign) {
    key.addToResourcePolicy(new PolicyStatement({ actions, resources: ['*'], principals: [grantPrincipal], conditions }));
  }
  return grant;
}
