import { Logger } from '@aws-lambda-powertools/logger';
import type { IdempotencyOptions } from 'cdk-idempotent-api/runtime';

const logger = new Logger({ serviceName: 'payments' });

/**
 * What only code can say. The record has the key's id and never the key. Hits and
 * misses are counted without any of this: CacheHits and CacheMisses in CloudWatch.
 */
export const idempotency: IdempotencyOptions = {
  onDuplicate: (_context, { id, outcome, createdAt, statusCode }) =>
    logger.info('Duplicate request detected', { id, outcome, originalTime: createdAt.toISOString(), statusCode }),
};

export const handler = async (): Promise<unknown> => ({ statusCode: 201, body: 'paid' });
