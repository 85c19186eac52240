import { IIdempotencyTable } from './i-idempotency-table';
import { IdempotencySettings } from './idempotency-settings';
import { LargeResponses } from './large-responses';

/** Settings, and where records and large responses are kept. */
export interface IdempotencyProps extends IdempotencySettings {
  /**
   * Where records are kept. Functions of another stack than an API's need one
   * from their own or a third stack.
   *
   * @default - a table of its own
   */
  readonly table?: IIdempotencyTable;

  /**
   * Where responses go that are too large for a record, which DynamoDB limits to 400 KB.
   *
   * @default - nowhere: the first caller gets them, retries get 410 `IDEMPOTENCY_RESULT_TOO_LARGE`
   */
  readonly largeResponses?: LargeResponses;
}
