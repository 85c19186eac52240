import path from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { nodeFunction } from '../function';
import { IdempotentApi } from 'cdk-idempotent-api';

/** A transfer takes milliseconds. The lease is as short, since a takeover is harmless where effects are committed. */
const TIMEOUT = Duration.seconds(3);

/** Transfers between accounts that happen exactly once, crash or not. */
export class LedgerStack extends Stack {
  public constructor(scope: Construct, id: string, entry = path.join(__dirname, 'handler.ts')) {
    super(scope, id);
    const partitionKey = { name: 'id', type: AttributeType.STRING };
    const accounts = new TableV2(this, 'Accounts', { partitionKey });
    const entries = new TableV2(this, 'Entries', { partitionKey });
    const environment = { ACCOUNTS: accounts.tableName, ENTRIES: entries.tableName };
    const transfer = nodeFunction(this, 'Transfer', entry, environment, TIMEOUT);
    accounts.grant(transfer, 'dynamodb:UpdateItem');
    entries.grant(transfer, 'dynamodb:PutItem');

    const api = new IdempotentApi(this, 'LedgerApi', { required: true, includeRequestHash: true, processingTimeout: TIMEOUT });
    api.addRoutes({ path: '/transfers', methods: [HttpMethod.POST], handler: transfer });
  }
}
