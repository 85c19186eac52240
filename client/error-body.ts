/**
 * What the API answers in its handler's place, as `await response.json()` of a
 * response that is none of the handler's; of `errorFormat: 'json'`.
 *
 * - `IDEMPOTENCY_RESPONSE_EXPIRED` (410): executed, and the response is kept no longer
 * - `IDEMPOTENCY_RESULT_TOO_LARGE` (410): executed, and the response was too large to keep
 * - `IDEMPOTENCY_KEY_EXPIRED` (412): not executed now, and nobody knows whether it was before
 */
export interface IdempotencyErrorBody {
  readonly code:
    | 'IDEMPOTENCY_CONFLICT'
    | 'IDEMPOTENCY_KEY_REUSED'
    | 'IDEMPOTENCY_KEY_MISSING'
    | 'IDEMPOTENCY_KEY_INVALID'
    | 'IDEMPOTENCY_TENANT_MISSING'
    | 'IDEMPOTENCY_STORE_UNAVAILABLE'
    | 'IDEMPOTENCY_RESULT_TOO_LARGE'
    | 'IDEMPOTENCY_RESPONSE_EXPIRED'
    | 'IDEMPOTENCY_KEY_EXPIRED';
  readonly message: string;
  readonly status: number;
}
