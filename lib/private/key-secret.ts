import { Stack } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** Reads the secret's value and nothing else; `ISecret.grantRead` would allow to describe it too. */
export function grantKeySecret(secret: ISecret, grantee: IGrantable): Grant {
  secret.encryptionKey?.grantDecrypt(
    new ViaServicePrincipal(`secretsmanager.${Stack.of(secret).region}.amazonaws.com`, grantee.grantPrincipal),
  );
  return Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue'],
    // Secrets Manager ends every ARN in six characters of its own, which a partial ARN lacks.
    resourceArns: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
  });
}
