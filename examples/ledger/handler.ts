import { randomUUID } from 'node:crypto';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { EffectsRefusedError, idempotencyOf, marshallEffects, type UnmarshalledEffect } from 'cdk-idempotent-api/runtime';

interface Transfer {
  readonly from: string;
  readonly to: string;
  /** In cents. */
  readonly amount: number;
}

const { ACCOUNTS, ENTRIES } = process.env;

/** Moves money between two accounts: both balances, the entry and the answer in one transaction, or none of them. */
export async function handler(event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> {
  const transfer = parse(event.body);
  if (transfer === undefined) return json(400, { code: 'INVALID_REQUEST', message: 'from, to and amount are needed' });
  try {
    // The route requires a key, so there is an execution.
    return await idempotencyOf(context)!.commit(json(201, transfer), marshallEffects(marshall, movesOf(transfer)));
  } catch (error) {
    if (error instanceof EffectsRefusedError && error.reasons[0]?.code === 'ConditionalCheckFailed') {
      return json(402, { code: 'BALANCE_TOO_LOW', message: 'nothing was moved' });
    }
    throw error;
  }
}

const movesOf = ({ from, to, amount }: Transfer): readonly UnmarshalledEffect[] => [
  {
    Update: {
      TableName: ACCOUNTS,
      Key: { id: from },
      UpdateExpression: 'SET balance = balance - :amount',
      ConditionExpression: 'balance >= :amount',
      ExpressionAttributeValues: { ':amount': amount },
    },
  },
  {
    Update: {
      TableName: ACCOUNTS,
      Key: { id: to },
      UpdateExpression: 'ADD balance :amount',
      ExpressionAttributeValues: { ':amount': amount },
    },
  },
  { Put: { TableName: ENTRIES, Item: { id: randomUUID(), from, to, amount } } },
];

function parse(body: string | undefined): Transfer | undefined {
  try {
    const { from, to, amount } = JSON.parse(body ?? '') as Partial<Transfer>;
    const isTransfer = typeof from === 'string' && typeof to === 'string' && from !== to && Number.isSafeInteger(amount) && amount! > 0;
    return isTransfer ? { from, to, amount: amount! } : undefined;
  } catch {
    return undefined;
  }
}

const json = (statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
