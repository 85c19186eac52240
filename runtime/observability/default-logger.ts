import { Logger } from '@aws-lambda-powertools/logger';
import type { IdempotencyLogger, LogFields } from './logger';

/**
 * Powertools Logger, configured by its own environment variables
 * (`POWERTOOLS_LOG_LEVEL`, `POWERTOOLS_SERVICE_NAME`). Without a service name
 * the function's stands in, which tells more than `service_undefined`. Sampling
 * is off: a log line is there for each request or for none.
 */
export function defaultLogger(env: Readonly<Record<string, string | undefined>> = process.env): IdempotencyLogger {
  const named = env.POWERTOOLS_SERVICE_NAME || env.AWS_LAMBDA_FUNCTION_NAME;
  const logger = new Logger({ sampleRateValue: 0, ...(named ? { serviceName: named } : {}) });
  return {
    info: (message, fields: LogFields) => logger.info(message, { ...fields }),
    warn: (message, fields: LogFields) => logger.warn(message, { ...fields }),
    error: (message, fields: LogFields) => logger.error(message, { ...fields }),
  };
}
