import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DynamoDbTransport } from './dynamodb-transport';

/** As much of the SDK's `DynamoDBClient` as is used, so that its types need not be installed. */
export interface DynamoDbClientLike {
  // The SDK types `send` by overloads of its own command classes, which no structural type can name.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  send(command: any, options?: any): Promise<any>;
}

/**
 * The client of the store's own. Bounded per try, which the SDK only is with
 * `throwOnRequestTimeout`; a lost reply is resent with the same token, so more
 * than one try is safe.
 */
const defaultClient = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true },
  });

export function sdkTransport(given?: DynamoDbClientLike): DynamoDbTransport {
  const client = given ?? defaultClient();
  return {
    async update(request, options) {
      try {
        const output = await client.send(
          new UpdateItemCommand({
            TableName: request.table,
            Key: { ...request.key },
            UpdateExpression: request.update,
            ConditionExpression: request.condition,
            ExpressionAttributeNames: { ...request.names },
            ExpressionAttributeValues: { ...request.values } as Record<string, AttributeValue>,
            ReturnValues: request.returnOld ? 'ALL_OLD' : 'NONE',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
          { abortSignal: options?.signal },
        );
        return { applied: true, old: output.Attributes };
      } catch (error) {
        if (!isConditionFailure(error)) throw error;
        return { applied: false, item: error.Item };
      }
    },
    async get(request, options) {
      const output = await client.send(
        new GetItemCommand({ TableName: request.table, Key: { ...request.key }, ConsistentRead: true }),
        { abortSignal: options?.signal },
      );
      return output.Item;
    },
  };
}

// A client of the user's own comes with its own copy of the exception class, so the name decides.
const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';
