import { IdempotencyConfigurationError } from '../errors';
import type { IdempotencyOptions, SecretSource } from './options';
import { secretFrom } from './secrets-manager';
import { ENV } from '../../lib/contract';
import { defaultLogger } from '../observability/default-logger';
import { emfMetrics } from '../observability/emf-metrics';
import type { IdempotencyLogger } from '../observability/logger';
import type { IdempotencyMetrics } from '../observability/metrics';
import { quietLogger, quietMetrics } from '../observability/quiet';
import { DynamoDbStore } from '../stores/dynamodb/dynamodb-store';
import type { OverflowStore } from '../stores/overflow/overflow-store';
import { S3OverflowStore } from '../stores/overflow/s3-overflow-store';
import type { IdempotencyStore } from '../stores/store';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What lives as long as the function's sandbox: connections and clients, never anything of a request. */
export interface Resources {
  readonly store: IdempotencyStore;
  readonly overflow?: OverflowStore;
  readonly keySecret?: SecretSource;
  readonly previousKeySecret?: SecretSource;
  readonly logger: IdempotencyLogger;
  readonly metrics: IdempotencyMetrics;
}

/**
 * Code's own resources, else those that the construct's environment names.
 *
 * @throws IdempotencyConfigurationError where there is no store, or the environment names something that cannot be
 */
export function resourcesOf(code: IdempotencyOptions, env: Environment): Resources {
  return {
    store: code.store ?? storeFrom(env),
    overflow: code.overflow ?? overflowFrom(env),
    keySecret: code.keySecret ?? secretOf(ENV.KEY_SECRET, env),
    previousKeySecret: code.previousKeySecret ?? secretOf(ENV.PREVIOUS_KEY_SECRET, env),
    logger: quietLogger(code.logger ?? defaultLogger(env)),
    metrics: quietMetrics(code.metrics ?? emfMetrics()),
  };
}

function overflowFrom(env: Environment): OverflowStore | undefined {
  const bucketName = env[ENV.OVERFLOW_BUCKET];
  return bucketName ? new S3OverflowStore({ bucketName }, env) : undefined;
}

function secretOf(variable: string, env: Environment): SecretSource | undefined {
  const reference = env[variable];
  return reference ? secretFrom(reference, variable, env) : undefined;
}

function storeFrom(env: Environment): IdempotencyStore {
  const tableName = env[ENV.TABLE_NAME];
  if (tableName === undefined || tableName === '') {
    throw new IdempotencyConfigurationError(
      'store',
      `There is no store: pass one (new MemoryStore() for development), or let the construct set ${ENV.TABLE_NAME}.`,
    );
  }
  return new DynamoDbStore({ tableName });
}
