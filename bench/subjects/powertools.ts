import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context } from 'aws-lambda';
import { handler as bare } from './bare';

const config = new IdempotencyConfig({ eventKeyJmesPath: 'headers."idempotency-key"' });
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.BENCH_TABLE! });
const wrapped = makeIdempotent(bare as (event: unknown) => Promise<unknown>, { persistenceStore, config });

export const handler = (event: unknown, context: Context): Promise<unknown> => {
  config.registerLambdaContext(context);
  return wrapped(event);
};
