import type { ConditionalCheckFailedException, AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { CancellationReason, DynamoDbTransport } from './dynamodb-transport';
import { checkSdk } from './sdk-version';
import { REFUSED_WHOLE } from './transaction';
import { loadSdk } from '../../aws/sdk';

/** As much of the SDK's `DynamoDBClient` as is used, so that its types need not be installed. */
export interface DynamoDbClientLike {
  // The SDK types `send` by overloads of its own command classes, which no structural type can name.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  send(command: any, options?: any): Promise<any>;
}

/**
 * DynamoDB by the AWS SDK: with the user's own client, or one that finds its
 * credentials, region and endpoint as the SDK does. The latter is bounded per
 * try, which the SDK only is with `throwOnRequestTimeout`; a lost reply is resent
 * with the same token, so more than one try is safe.
 */
export function sdkTransport(given?: DynamoDbClientLike): DynamoDbTransport {
  let own: DynamoDbClientLike | undefined;
  let checked: Promise<void> | undefined;
  const parts = async () => {
    const sdk = await loadSdk();
    const client = given ?? (own ??= new sdk.DynamoDBClient({
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true },
    }));
    await (checked ??= checkSdk(client, new sdk.GetItemCommand({ TableName: undefined, Key: undefined })));
    return { sdk, client };
  };
  return {
    check: async () => void (await parts()),
    async update(request, options) {
      const { sdk, client } = await parts();
      try {
        const output = await client.send(
          new sdk.UpdateItemCommand({
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
      const { sdk, client } = await parts();
      const output = await client.send(
        new sdk.GetItemCommand({ TableName: request.table, Key: { ...request.key }, ConsistentRead: true }),
        { abortSignal: options?.signal },
      );
      return output.Item;
    },
    async transact(request, options) {
      const { sdk, client } = await parts();
      try {
        await client.send(
          new sdk.TransactWriteItemsCommand({ TransactItems: request.items as TransactWriteItem[], ClientRequestToken: request.requestToken }),
          { abortSignal: options?.signal },
        );
        return { applied: true };
      } catch (error) {
        const reasons = refusalOf(error);
        if (reasons === undefined) throw error;
        return { applied: false, reasons, code: (error as Error).name, resent: wasResent(error), cause: error };
      }
    },
  };
}

// A client of the user's own comes with its own copy of the exception class, so the name decides.
const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';

interface Cancelled {
  readonly CancellationReasons?: readonly { readonly Code?: string; readonly Message?: string; readonly Item?: Record<string, unknown> }[];
}

function refusalOf(error: unknown): readonly CancellationReason[] | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name !== 'TransactionCanceledException') return REFUSED_WHOLE.has(error.name) ? [] : undefined;
  const { CancellationReasons: reasons } = error as Cancelled;
  return reasons?.map(({ Code = 'None', Message, Item }) => ({ code: Code, message: Message, item: Item })) ?? [];
}

/** Where the client does not say how often it has sent, it may have been more than once. */
const wasResent = (error: unknown): boolean => (error as { $metadata?: { attempts?: number } }).$metadata?.attempts !== 1;
