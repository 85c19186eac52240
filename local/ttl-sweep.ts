import { DeleteItemCommand, ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDbClients } from './dynamodb-clients';
import type { TablePlan } from './tables';

/** DynamoDB leaves items alone whose time to live passed more than five years ago. */
const OLDEST_SECONDS = 5 * 365 * 86_400;

/**
 * Deletes the items of a table whose time to live has passed, as DynamoDB does
 * within days and the embedded one never. A delete holds only if the item is
 * still expired: a record that was claimed again in between stays.
 */
export async function sweepTable(client: DynamoDBClient, { create, ttlAttribute }: TablePlan, nowSeconds: number): Promise<number> {
  if (ttlAttribute === undefined) return 0;
  const keyNames = (create.KeySchema ?? []).map(({ AttributeName }) => AttributeName!);
  const names = { '#ttl': ttlAttribute };
  const expired = {
    expression: '#ttl < :now AND #ttl > :oldest',
    values: { ':now': number(nowSeconds), ':oldest': number(nowSeconds - OLDEST_SECONDS) },
  };
  let deleted = 0;
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(new ScanCommand({
      TableName: create.TableName,
      FilterExpression: expired.expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: expired.values,
      ...(start ? { ExclusiveStartKey: start } : {}),
    }));
    for (const item of page.Items ?? []) {
      deleted += await deleteExpired(client, {
        TableName: create.TableName,
        Key: Object.fromEntries(keyNames.map((name) => [name, item[name]!])),
        ConditionExpression: expired.expression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: expired.values,
      });
    }
    start = page.LastEvaluatedKey;
  } while (start);
  return deleted;
}

async function deleteExpired(client: DynamoDBClient, input: ConstructorParameters<typeof DeleteItemCommand>[0]): Promise<number> {
  try {
    await client.send(new DeleteItemCommand(input));
    return 1;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return 0;
    throw error;
  }
}

const number = (value: number): AttributeValue => ({ N: String(value) });

/** Sweeps at once and then every `everyMs`, until the returned function is called. A failed sweep is made up for by the next. */
export function startTtlSweep(clients: DynamoDbClients, tables: () => readonly TablePlan[], everyMs: number, now: () => number): () => Promise<void> {
  const sweep = async () => {
    for (const table of tables()) await sweepTable(clients.of(table.regions[0]), table, Math.floor(now() / 1000)).catch(() => undefined);
  };
  let running = sweep();
  const timer = setInterval(() => { running = running.then(sweep); }, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
