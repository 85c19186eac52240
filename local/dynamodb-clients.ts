import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CREDENTIALS } from './environment';

/** Clients of one server, one a region: DynamoDB Local keeps a database for each. */
export class DynamoDbClients {
  private readonly clients = new Map<string, DynamoDBClient>();

  constructor(readonly endpoint: string) {
    // They would ask for a newer Node for the sake of SDK releases that this bundled one is not.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  }

  of(region: string): DynamoDBClient {
    const client = this.clients.get(region)
      ?? new DynamoDBClient({ endpoint: this.endpoint, region, credentials: CREDENTIALS, maxAttempts: 3 });
    this.clients.set(region, client);
    return client;
  }

  destroy(): void {
    this.clients.forEach((client) => client.destroy());
  }
}
