import { IIdempotencyTable } from './i-idempotency-table';
import { IdempotencySettings } from './idempotency-settings';
import { LargeResponses } from './large-responses';
import { UnprotectedRoutes } from './unprotected-routes';

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
   * Where bodies of more than 16 KB go.
   *
   * @default - into the table; of one that DynamoDB takes no item for (400 KB, deflated) retries get 410 `IDEMPOTENCY_RESULT_TOO_LARGE`
   */
  readonly largeResponses?: LargeResponses;

  /**
   * Whether metrics are counted by route as well as by namespace. CloudWatch
   * charges by the metric, and each route with traffic is about three more.
   *
   * @default true
   */
  readonly routeMetrics?: boolean;

  /**
   * What becomes of routes whose requests reach their function past the runtime:
   * added to the API beside this construct, or behind a function whose handler or
   * layers were changed after it was attached.
   *
   * @default UnprotectedRoutes.WARN
   */
  readonly unprotectedRoutes?: UnprotectedRoutes;
}
