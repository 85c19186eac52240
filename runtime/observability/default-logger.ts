import { Logger } from '@aws-lambda-powertools/logger';
import type { IdempotencyLogger, LogFields } from './logger';

/** Powertools Logger, configured by its own environment variables (`POWERTOOLS_LOG_LEVEL`, `POWERTOOLS_SERVICE_NAME`). */
export function defaultLogger(): IdempotencyLogger {
  const logger = new Logger();
  return {
    info: (message, fields: LogFields) => logger.info(message, { ...fields }),
    warn: (message, fields: LogFields) => logger.warn(message, { ...fields }),
    error: (message, fields: LogFields) => logger.error(message, { ...fields }),
  };
}
