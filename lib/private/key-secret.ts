import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { grantKey } from './key-grant';

/** Reads the secret's value and nothing else; `ISecret.grantRead` would allow to describe it too. */
export function grantKeySecret(secret: ISecret, grantee: IGrantable): Grant {
  if (secret.encryptionKey !== undefined) grantKey(secret.encryptionKey, 'secretsmanager', grantee, ['kms:Decrypt']);
  return Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue'],
    // Secrets Manager ends every ARN in six characters of its own, which a partial ARN lacks.
    resourceArns: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
  });
}
