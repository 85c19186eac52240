import { randomUUID } from 'node:crypto';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { counted, effects } from '../../fixtures/lambda.mjs';

const config = new IdempotencyConfig({
  eventKeyJmesPath: 'headers."idempotency-key"',
  payloadValidationJmesPath: 'body',
  expiresAfterSeconds: Number(process.env.EXPIRES_AFTER_SECONDS),
});

const operation = counted(async () => ({ statusCode: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id: randomUUID() }) }));

export const handler = makeIdempotent(operation, { persistenceStore: new DynamoDBPersistenceLayer({ tableName: process.env.RECORDS }), config });
export { effects };
