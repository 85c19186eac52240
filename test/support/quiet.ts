import type { IdempotencyLogger, LogFields } from '../../runtime/observability/logger';
import type { IdempotencyMetrics, Measurement } from '../../runtime/observability/metrics';

/** A logger and metrics that keep what they are given. */
export interface Observed {
  readonly logger: IdempotencyLogger;
  readonly metrics: IdempotencyMetrics;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  readonly measurements: Measurement[];
}

export function observed(): Observed {
  const lines: Observed['lines'] = [];
  const measurements: Measurement[] = [];
  const at = (level: string) => (message: string, fields: LogFields) => void lines.push({ level, message, fields });
  return {
    logger: { info: at('info'), warn: at('warn'), error: at('error') },
    metrics: { measure: (measurement) => void measurements.push(measurement) },
    lines,
    measurements,
  };
}
