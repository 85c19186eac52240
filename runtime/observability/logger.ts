/** Fields of a log line: never the raw key, the tenant or a body. */
export type LogFields = Readonly<Record<string, unknown>>;

/** As much of a logger as the wrapper uses; `Logger` of `@aws-lambda-powertools/logger` and `console` have it. */
export interface IdempotencyLogger {
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
}
