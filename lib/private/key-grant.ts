import { Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
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
  // In any region, and of any partition, whose names end otherwise. Nobody but AWS can set it.
  const conditions = { StringLike: { 'kms:ViaService': `${service}.*` } };
  const { grantPrincipal } = grantee;
  const account = grantPrincipal.principalAccount;
  const isForeign = account !== undefined && Token.compareStrings(account, key.env.account) === TokenComparison.DIFFERENT;
  const isOwned = Resource.isOwnedResource(key);
  const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: [isForeign && isOwned ? anyKeyBeside(key) : key.keyArn], conditions });
  if (isOwned && (!grant.success || isForeign)) {
    key.addToResourcePolicy(new PolicyStatement({ actions, resources: ['*'], principals: [grantPrincipal], conditions }));
  }
  return grant;
}

/**
 * The key's own policy, which names the role of another account, can be written only
 * when that role is there: a role that named this very key would have to wait for it.
 */
const anyKeyBeside = (key: IKey): string =>
  Stack.of(key).formatArn({ service: 'kms', resource: 'key', resourceName: '*', account: key.env.account, region: key.env.region });
