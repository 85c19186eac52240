import {
  CreateTableCommand, DescribeTableCommand, ResourceInUseException, UpdateTimeToLiveCommand,
  type DynamoDBClient, type KeySchemaElement, type TableDescription,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDbClients } from './dynamodb-clients';
import { LocalError, reasonOf } from './local-error';
import type { TablePlan } from './tables';

/**
 * Creates the tables that are not there yet and switches their TTL on. A table
 * that is there is taken as it is, items and all. Throws `DYNAMODB_FAILED`
 * where the server is out of reach or a table has another key.
 */
export async function createTables(clients: DynamoDbClients, tables: readonly TablePlan[]): Promise<void> {
  for (const table of tables) {
    for (const region of table.regions) await prepare(clients.of(region), clients.endpoint, table);
  }
}

async function prepare(client: DynamoDBClient, endpoint: string, table: TablePlan): Promise<void> {
  try {
    await createTable(client, table);
    await enableTtl(client, table);
  } catch (cause) {
    if (cause instanceof LocalError) throw cause;
    throw new LocalError('DYNAMODB_FAILED', `the table ${table.create.TableName} cannot be created at ${endpoint}: ${causeOf(cause)}`, { cause });
  }
}

async function createTable(client: DynamoDBClient, { create }: TablePlan): Promise<void> {
  try {
    await client.send(new CreateTableCommand(create));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table } = await client.send(new DescribeTableCommand({ TableName: create.TableName }));
    if (keyOf(Table) !== keyOf(create)) {
      throw new LocalError('DYNAMODB_FAILED',
        `the table ${create.TableName} is there with another key (${keyOf(Table)}, now ${keyOf(create)}); delete it, or give another folder with --data`);
    }
  }
}

async function enableTtl(client: DynamoDBClient, { create, ttlAttribute }: TablePlan): Promise<void> {
  if (ttlAttribute === undefined) return;
  try {
    await client.send(new UpdateTimeToLiveCommand({
      TableName: create.TableName,
      TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true },
    }));
  } catch (error) {
    // "TimeToLive is already enabled": a table of an earlier start.
    if ((error as Error).name !== 'ValidationException') throw error;
  }
}

function keyOf(table: Pick<TableDescription, 'KeySchema'> | { KeySchema?: KeySchemaElement[] } | undefined): string {
  return (table?.KeySchema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).sort().join(', ');
}

/** Node hides the reason of a refused connection in the errors of each address. */
function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return reasonOf(error) || (error as { code?: string }).code || 'no answer';
}
