import { IdempotencyConfigurationError } from '../errors';
import type { IdempotencyOptions, SecretSource } from './options';
import { ENV } from '../../lib/contract';
import { emfMetrics } from '../observability/emf-metrics';
import type { IdempotencyLogger } from '../observability/logger';
import type { IdempotencyMetrics } from '../observability/metrics';
import { quietLogger, quietMetrics } from '../observability/quiet';
import { DynamoDbStore } from '../stores/dynamodb/dynamodb-store';
import type { OverflowStore } from '../stores/overflow/overflow-store';
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
    logger: quietLogger(code.logger ?? loggerOnDemand(env)),
    metrics: quietMetrics(code.metrics ?? emfMetrics()),
  };
}

// What few functions need, or only the first request, is loaded there: in the layer it lies in files of its own.
/* eslint-disable @typescript-eslint/no-require-imports */

function overflowFrom(env: Environment): OverflowStore | undefined {
  const bucketName = env[ENV.OVERFLOW_BUCKET];
  if (!bucketName) return undefined;
  const { S3OverflowStore } = require('../stores/overflow/s3-overflow-store') as typeof import('../stores/overflow/s3-overflow-store');
  return new S3OverflowStore({ bucketName }, env);
}

function secretOf(variable: string, env: Environment): SecretSource | undefined {
  const reference = env[variable];
  if (!reference) return undefined;
  const { secretFrom } = require('./secrets-manager') as typeof import('./secrets-manager');
  return secretFrom(reference, variable, env);
}

function loggerOnDemand(env: Environment): IdempotencyLogger {
  let made: IdempotencyLogger | undefined;
  const logger = (): IdempotencyLogger => {
    made ??= (require('../observability/default-logger') as typeof import('../observability/default-logger')).defaultLogger(env);
    return made;
  };
  return {
    info: (message, fields) => logger().info(message, fields),
    warn: (message, fields) => logger().warn(message, fields),
    error: (message, fields) => logger().error(message, fields),
  };
}

/* eslint-enable @typescript-eslint/no-require-imports */

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
