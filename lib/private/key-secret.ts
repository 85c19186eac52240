import { Token, TokenComparison } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey, ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** Reads the secret's value and nothing else; `ISecret.grantRead` would allow to describe it too. */
export function grantKeySecret(secret: ISecret, grantee: IGrantable): Grant {
  if (secret.encryptionKey !== undefined) grantDecrypt(secret.encryptionKey, `secretsmanager.${secret.env.region}.amazonaws.com`, grantee);
  return Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue'],
    // Secrets Manager ends every ARN in six characters of its own, which a partial ARN lacks.
    resourceArns: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
  });
}

/**
 * On the principal wherever that serves, as for the key of the table: the key's own
 * policy would name the function's role, which depends on the key's stack by the
 * secret already, and that of an imported key is not ours to change.
 */
function grantDecrypt(key: IKey, service: string, grantee: IGrantable): void {
  const { grantPrincipal } = grantee;
  const { success } = Grant.addToPrincipal({
    grantee, actions: ['kms:Decrypt'], resourceArns: [key.keyArn], conditions: { StringEquals: { 'kms:ViaService': service } },
  });
  const account = grantPrincipal.principalAccount;
  const isForeign = account !== undefined && Token.compareStrings(account, key.env.account) === TokenComparison.DIFFERENT;
  if (!success || isForeign) key.grantDecrypt(new ViaServicePrincipal(service, grantPrincipal));
}
