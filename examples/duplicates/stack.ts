import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotencyMonitoring, IdempotentApi } from 'cdk-idempotent-api';

/** Duplicates that are logged and counted: a hook in the handler's module, and a dashboard with alarms. */
export class DuplicatesStack extends Stack {
  public constructor(scope: Construct, id: string) {
    super(scope, id);
    const api = new IdempotentApi(this, 'WatchedApi');
    api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: nodeFunction(this, 'PayWatched', path.join(__dirname, 'handler.ts')) });
    new IdempotencyMonitoring(this, 'Monitoring', { target: api });
  }
}
