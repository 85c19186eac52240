import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotentApi, TenantSource } from 'cdk-idempotent-api';

/** Keys of one account never meet those of another: the account is a claim of the verified token. */
export class TenantsStack extends Stack {
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const api = new IdempotentApi(this, 'ResourcesApi', { tenant: TenantSource.jwtClaim('account_id') });
    api.addRoutes({
      path: '/api/resources',
      methods: [HttpMethod.POST],
      handler: nodeFunction(this, 'CreateResource', path.join(__dirname, 'handler.ts')),
      authorizer: new HttpJwtAuthorizer('Jwt', 'https://issuer.example', { jwtAudience: ['resources'] }),
    });
  }
}
