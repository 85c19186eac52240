import { Duration } from 'aws-cdk-lib';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CorsSettings } from './cors-settings';
import { ErrorFormat } from './error-format';
import { Fingerprint } from './fingerprint';
import { KeyScope } from './key-scope';
import { KeyTime } from './key-time';
import { OnConflict } from './on-conflict';
import { OnStoreError } from './on-store-error';
import { ResponseEncryption } from './response-encryption';
import { StoreResponse } from './store-response';
import { Takeover } from './takeover';
import { TenantSource } from './tenant-source';
import { ThrownErrors } from './thrown-errors';

/**
 * How requests are made idempotent. The same settings stand on an API, on a
 * route and in `attach`; the nearest wins.
 */
export interface IdempotencySettings {
  /**
   * Request header that carries the key.
   *
   * @default 'Idempotency-Key'
   */
  readonly headerName?: string;

  /**
   * Further headers that may carry the key, in order of preference, while
   * clients move from one name to another. `headerName` wins over them.
   *
   * @default - none
   */
  readonly headerAliases?: string[];

  /**
   * Whether a request without a key is refused with 400 `IDEMPOTENCY_KEY_MISSING`.
   *
   * @default false - a request without a key goes straight to the handler
   */
  readonly required?: boolean;

  /**
   * Shortest key accepted, in characters, from 1 to 255; shorter ones are 400 `IDEMPOTENCY_KEY_INVALID`.
   *
   * @default 1
   */
  readonly minKeyLength?: number;

  /**
   * How long a response is replayed, in whole seconds. Longer than `processingTimeout`.
   *
   * @default Duration.hours(24)
   */
  readonly ttl?: Duration;

  /**
   * How long a key is known after its response, in whole seconds: retries then
   * get 410 `IDEMPOTENCY_RESPONSE_EXPIRED` and are not executed again.
   *
   * @default - not at all: after `ttl` the key names a new operation
   */
  readonly remember?: Duration;

  /**
   * Where the client's time of an operation's first sending comes from. A key
   * older than `ttl` and `remember` together, less 5 minutes and `clockMargin`
   * for clocks that differ, is 412 `IDEMPOTENCY_KEY_EXPIRED`: no operation is
   * executed again after its record may have been forgotten.
   *
   * @default KeyTime.none()
   */
  readonly keyTime?: KeyTime;

  /**
   * How old a key may be by its `keyTime`, in whole seconds, where that is less
   * than `ttl` and `remember` together. A longer retention reaches only as far back
   * as it is in force: what was recorded before ends by the former one. So when
   * `ttl` or `remember` is made longer, or `keyTime` comes together with it,
   * give the former `ttl` and `remember` here, for as long as the new ones last.
   *
   * @default - as old as keys are known
   */
  readonly maxKeyAge?: Duration;

  /**
   * Lease of an execution, in whole seconds: how long retries are answered 409
   * before one may take over. At least the function's timeout.
   *
   * @default - 30 seconds, or the function's timeout where that is longer
   */
  readonly processingTimeout?: Duration;

  /**
   * How far apart the clocks of two hosts may be, in whole seconds.
   *
   * @default Duration.seconds(2)
   */
  readonly clockMargin?: Duration;

  /**
   * Whether a key that comes back with another body is refused with 422
   * `IDEMPOTENCY_KEY_REUSED`. Method, path and query are compared always.
   *
   * @default false
   */
  readonly includeRequestHash?: boolean;

  /**
   * What of the body is compared when `includeRequestHash` is on.
   *
   * @default Fingerprint.bytes()
   */
  readonly fingerprint?: Fingerprint;

  /**
   * Where the tenant comes from.
   *
   * @default TenantSource.auto()
   */
  readonly tenant?: TenantSource;

  /**
   * How far a key reaches.
   *
   * @default KeyScope.ROUTE
   */
  readonly keyScope?: KeyScope;

  /**
   * What a request gets whose operation is still being executed.
   *
   * @default OnConflict.reject()
   */
  readonly onConflict?: OnConflict;

  /**
   * What happens while the store of records is out of reach.
   *
   * @default OnStoreError.REJECT
   */
  readonly onStoreError?: OnStoreError;

  /**
   * Which responses are recorded and replayed.
   *
   * @default StoreResponse.all()
   */
  readonly storeResponse?: StoreResponse;

  /**
   * What becomes of an operation whose handler threw.
   *
   * @default ThrownErrors.STORE
   */
  readonly thrownErrors?: ThrownErrors;

  /**
   * What happens to an operation whose execution outlived its lease or died.
   *
   * @default Takeover.ALLOW
   */
  readonly takeover?: Takeover;

  /**
   * Shape of the error bodies that come from the wrapper.
   *
   * @default ErrorFormat.JSON
   */
  readonly errorFormat?: ErrorFormat;

  /**
   * CORS for the responses that come from the wrapper and not from the handler:
   * 400, 403, 409, 410, 422, 503. Without it a browser shows its page a network
   * error in place of them, where the handler and not the gateway answers with
   * CORS headers.
   *
   * @default - the CORS of an `IdempotentApi` or `IdempotentRestApi`, else none
   */
  readonly cors?: CorsSettings;

  /**
   * Response headers that mark a replay beside `X-Idempotent-Replay`, `Idempotent-Replayed` for one.
   *
   * @default - none
   */
  readonly replayMarkerAliases?: string[];

  /**
   * Response headers that tell client SDKs whether a retry makes sense.
   *
   * @default ['X-Should-Retry']
   */
  readonly retryHintHeaders?: string[];

  /**
   * Secret that keys the record ids (HMAC-SHA-256), so that who can read the
   * table but not the secret cannot try keys against it. All routes of one
   * function share it.
   *
   * @default - record ids are plain SHA-256
   */
  readonly keySecret?: ISecret;

  /**
   * Version of `keySecret`. Without it, a rotation of the secret forgets all
   * live records, at another time in each running function.
   *
   * @default - the current version: do not rotate the secret in place
   */
  readonly keySecretVersionId?: string;

  /**
   * Secret that keyed the record ids before a rotation; the same one where only
   * its version changed. Keep it for one `ttl`, `remember` and `processingTimeout`
   * after the last function without the new one is gone.
   *
   * @default - none
   */
  readonly previousKeySecret?: ISecret;

  /**
   * Version of `previousKeySecret`.
   *
   * @default - the current version
   */
  readonly previousKeySecretVersionId?: string;

  /**
   * Whether recorded responses are encrypted so that only the client's key opens them.
   *
   * @default ResponseEncryption.none()
   */
  readonly responseEncryption?: ResponseEncryption;

  /**
   * Keeps APIs apart that share a table. It enters every record's id: under
   * another namespace all live records are forgotten.
   *
   * @default - the stack's name and the construct's path below the stack, `Shop/Payments` for one
   */
  readonly namespace?: string;
}
