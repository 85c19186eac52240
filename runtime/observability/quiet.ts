import type { IdempotencyLogger } from './logger';
import type { IdempotencyMetrics } from './metrics';

/** Whatever a logger or a metrics object throws, the request goes on. */
function quietly(act: () => unknown): void {
  try {
    const told = act();
    // One that is asynchronous has its rejections swallowed as well.
    if (told !== undefined) Promise.resolve(told).catch(() => undefined);
  } catch {
    // There is nowhere left to report it to.
  }
}

export const quietLogger = (logger: IdempotencyLogger): IdempotencyLogger => ({
  info: (message, fields) => quietly(() => logger.info(message, fields)),
  warn: (message, fields) => quietly(() => logger.warn(message, fields)),
  error: (message, fields) => quietly(() => logger.error(message, fields)),
});

export const quietMetrics = (metrics: IdempotencyMetrics): IdempotencyMetrics => ({
  measure: (measurement) => quietly(() => metrics.measure(measurement)),
});
