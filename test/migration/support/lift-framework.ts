import {
  ConditionalCheckFailedException, DeleteItemCommand, GetItemCommand, PutItemCommand, type AttributeValue, type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

/**
 * What the Lift framework's idempotency middleware asks of its table and makes of
 * it, call for call: `Get`, `SetProcessing`, `Set`, `Delete` of
 * pkg/middleware/idempotency_dynamodb.go and the decisions of
 * pkg/middleware/idempotency.go (github.com/pay-theory/lift), its races included.
 */
export interface LiftRequest {
  readonly account?: string;
  readonly key: string;
}

export interface LiftResponse {
  readonly status: number;
  readonly body: unknown;
  readonly replayed: boolean;
}

export interface LiftSettings {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly partitionKey?: string;
  readonly ttlAttribute?: string;
  readonly ttlSeconds?: number;
  readonly processingTimeoutSeconds?: number;
}

/** An error that a handler returns: recorded with its status and message. */
export class LiftError extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

export function liftFramework({
  client, tableName, partitionKey = 'pk', ttlAttribute = 'ttl', ttlSeconds = 86_400, processingTimeoutSeconds = 30,
}: LiftSettings) {
  const inSeconds = (seconds: number): AttributeValue => ({ N: String(Math.floor(Date.now() / 1000) + seconds) });
  const put = (key: string, attributes: Record<string, AttributeValue>, condition?: string) =>
    client.send(new PutItemCommand({
      TableName: tableName,
      Item: { [partitionKey]: { S: key }, created_at: { S: new Date().toISOString() }, ...attributes },
      ...(condition === undefined ? {} : { ConditionExpression: condition }),
    }));

  return async function handle(request: LiftRequest, handler: () => Promise<{ status: number; body: unknown }>): Promise<LiftResponse> {
    const key = request.account === undefined ? request.key : `${request.account}:${request.key}`;
    const { Item: existing } = await client.send(new GetItemCommand({ TableName: tableName, Key: { [partitionKey]: { S: key } } }));
    switch (existing?.status?.S) {
      case 'completed':
        return { status: Number(existing!.status_code?.N), body: JSON.parse(existing!.response?.S ?? 'null'), replayed: true };
      case 'error':
        return { status: Number(existing!.status_code?.N), body: { code: 'IDEMPOTENT_ERROR_REPLAY', message: existing!.error?.S }, replayed: true };
      case 'processing':
        if (Date.now() <= Number(existing![ttlAttribute]?.N) * 1000) return { status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' }, replayed: false };
        await client.send(new DeleteItemCommand({ TableName: tableName, Key: { [partitionKey]: { S: key } } }));
    }
    const processing = { status: { S: 'processing' }, [ttlAttribute]: inSeconds(processingTimeoutSeconds) };
    // That somebody else was faster is no reason for the framework to stop.
    await put(key, processing, `attribute_not_exists(${partitionKey})`).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
    try {
      const { status, body } = await handler();
      await put(key, { status: { S: 'completed' }, response: { S: JSON.stringify(body) }, status_code: { N: String(status) }, [ttlAttribute]: inSeconds(ttlSeconds) });
      return { status, body, replayed: false };
    } catch (error) {
      const status = error instanceof LiftError ? error.status : 500;
      const message = (error as Error).message;
      await put(key, { status: { S: 'error' }, error: { S: message }, status_code: { N: String(status) }, [ttlAttribute]: inSeconds(ttlSeconds) });
      return { status, body: { message }, replayed: false };
    }
  };
}
