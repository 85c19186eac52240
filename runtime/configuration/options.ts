import type { WireCors, WireFingerprint, WireKeyTime, WireTenant } from '../../lib/contract';
import type { IdempotencyLogger } from '../observability/logger';
import type { IdempotencyMetrics } from '../observability/metrics';
import type { HttpResponse } from '../request/fronts/front';
import type { IdempotencyError } from '../response/outcomes';
import type { OverflowStore } from '../stores/overflow/overflow-store';
import type { IdempotencyStore } from '../stores/store';

/** A secret, or what fetches it: called for every request with a key, so let it keep what it fetched. Its failure is answered with 503. */
export type SecretSource = string | (() => string | Promise<string>);

/** Which headers of a recorded response are stored and replayed, beside the ones that never are. */
export type ReplayHeaders =
  /** None but these, and those that say how to read the body. */
  | { readonly allow: readonly string[] }
  /** All but these. */
  | { readonly deny: readonly string[] };

/** A duplicate and the record that it met. It names no key and no tenant, so that it may be logged as it is. */
export interface DuplicateRecord {
  /** What the duplicate got: the recorded response, 409 or 422. */
  readonly outcome: 'replay' | 'conflict' | 'mismatch';
  readonly method: string;
  /** The route template; `$default` where there is none. */
  readonly route: string;
  /** The record's id, a hash of the key and all that it is scoped by. */
  readonly id: string;
  /** When the execution on record was claimed. */
  readonly createdAt: Date;
  /** 1 on a new record, one more with each claim on it. */
  readonly attempt: number;
  /** The recorded status; absent while the execution is under way. */
  readonly statusCode?: number;
}

/**
 * Options of `idempotent(handler, options)`, and of the `idempotency` export of
 * a redirected module. What is given here wins over what the construct put into
 * the environment, which wins over the defaults.
 *
 * @throws IdempotencyConfigurationError at init, for an option that is unknown or not of its type
 */
export interface IdempotencyOptions {
  /**
   * Where records live.
   *
   * @default - the construct's DynamoDB table
   */
  readonly store?: IdempotencyStore;

  /**
   * Where large bodies go that the store does not keep in its records: with
   * `DynamoDbStore` those of more than 16 KB, packed.
   *
   * @default - the construct's bucket for large responses; without one, items of the table beside their records, and of what is too large for an item (400 KB) retries get 410
   */
  readonly overflow?: OverflowStore;

  /**
   * Request header that carries the key (draft-ietf-httpapi-idempotency-key-header-07).
   *
   * @default 'Idempotency-Key'
   */
  readonly headerName?: string;

  /**
   * Further headers that may carry the key, in order of preference, while
   * clients move from one name to another. `headerName` wins over them.
   *
   * @default []
   */
  readonly headerAliases?: readonly string[];

  /**
   * Whether a request without a key is refused with 400 `IDEMPOTENCY_KEY_MISSING`.
   *
   * @default false - it goes straight to the handler
   */
  readonly required?: boolean;

  /**
   * Methods on which a key is honoured, in upper case. Others go straight to the handler.
   *
   * @default - every method but GET, HEAD and OPTIONS
   */
  readonly methods?: readonly string[];

  /**
   * Least number of characters of a key, 1 to 255, quotes not counted; less is 400 `IDEMPOTENCY_KEY_INVALID`.
   *
   * @default 1
   */
  readonly minKeyLength?: number;

  /**
   * How long a response is replayed, in seconds. Enforced on every read, whenever the store deletes the record.
   *
   * @default 86400
   */
  readonly ttlSeconds?: number;

  /**
   * How long a key is known after its response, in seconds: retries then get 410
   * `IDEMPOTENCY_RESPONSE_EXPIRED`, and never another execution. Once that has
   * passed as well, only `keyTime` tells a forgotten operation from a new one.
   *
   * @default 0
   */
  readonly rememberSeconds?: number;

  /**
   * Where the client's time of an operation's first sending comes from: the key
   * itself, a UUID of version 7 (RFC 9562), or a request header with an HTTP date
   * (`Repeatability-First-Sent`), which is compared like the body. A key older
   * than `ttlSeconds + rememberSeconds`, less 5 minutes and the clock margin for
   * clocks that differ, is 412 `IDEMPOTENCY_KEY_EXPIRED`; one that has no time, or
   * a time more than 5 minutes ahead, is 400. So no operation is executed again
   * after its record may have been forgotten.
   *
   * @default 'none'
   */
  readonly keyTime?: WireKeyTime;

  /**
   * How old a key may be by its `keyTime`, where that is less than `ttlSeconds +
   * rememberSeconds`. A longer retention reaches only as far back as it is in
   * force: what was recorded before ends by the former one. So when `ttlSeconds` or
   * `rememberSeconds` is made longer, or `keyTime` comes together with it, give
   * the former `ttlSeconds + rememberSeconds` here, for as long as the new ones
   * last after the last host of before has gone.
   *
   * @default 0, as old as keys are known
   */
  readonly maxKeyAgeSeconds?: number;

  /**
   * Encrypts recorded headers and bodies with a key made of the client's own key,
   * its tenant and `keySecret`, which is required: AES-256-GCM, HKDF-SHA-256. Who
   * reads the table, a backup or a stream then reads no response; its length shows.
   *
   * @default 'none'
   */
  readonly responseEncryption?: 'none' | 'client-key';

  /**
   * Lease of an execution, in seconds: how long retries get 409 before one may
   * take over. Never less than the time that Lambda has left for the function.
   *
   * @default 30
   */
  readonly processingTimeoutSeconds?: number;

  /**
   * How far apart the clocks of two hosts may be, in seconds: added to every lease and expiry.
   *
   * @default 2
   */
  readonly clockMarginSeconds?: number;

  /**
   * Whether a key that comes back with another body is refused with 422
   * `IDEMPOTENCY_KEY_REUSED`. Method, path and query are compared always.
   *
   * @default false
   */
  readonly includeRequestHash?: boolean;

  /**
   * What of the body is compared: its bytes, its canonical JSON (RFC 8785), or
   * a selection of JSON Pointers (RFC 6901). A body that is not JSON, that
   * parsers read differently, or of more than 1 MB is compared by its bytes.
   *
   * @default 'bytes'
   */
  readonly fingerprint?: WireFingerprint;

  /**
   * Whose keys they are. A function gets the event and the context of the
   * invocation; where it finds nobody, the request gets 403 `IDEMPOTENCY_TENANT_MISSING`.
   *
   * @default 'auto' - the claim or field `account_id`, else the authorizer's principal
   */
  readonly tenant?: WireTenant | ((event: unknown, context: unknown) => string | undefined | Promise<string | undefined>);

  /**
   * How far a key reaches: one route of one method, or the whole API, where its
   * use on another route is a mismatch.
   *
   * @default 'route'
   */
  readonly keyScope?: 'route' | 'api';

  /**
   * Which responses are recorded: all, errors included; all but 408, 425, 429
   * and 502 to 504 (`'definitive'`); those of a list of statuses; or those that
   * a predicate accepts. After any other the key is free again.
   *
   * @default 'all'
   */
  readonly storeResponse?: 'all' | 'definitive' | readonly number[] | ((response: HttpResponse) => boolean);

  /**
   * Whether an execution whose lease has run out may be taken over by a retry.
   * With `'never'` retries get 409 until the record expires.
   *
   * @default 'allow'
   */
  readonly takeover?: 'allow' | 'never';

  /**
   * Keeps APIs apart that share a store. Under another namespace all live records are forgotten.
   *
   * @default - the stack's name and the construct's path below it; without a construct the function's name, else `'default'`
   */
  readonly namespace?: string;

  /**
   * Runs before any lookup, because a replay skips the handler's own checks.
   * What it returns, other than undefined, is the response; a throw is the handler's.
   *
   * @default - none
   */
  readonly authorize?: (event: unknown, context: unknown) => unknown;

  /**
   * What becomes of an unexpected throw: recorded as the gateway's own error
   * and replayed, or not recorded, so that the next retry runs.
   *
   * @default 'store'
   */
  readonly thrownErrors?: 'store' | 'release';

  /**
   * What a request gets whose operation is under way: 409 at once, or the
   * response of that execution, awaited for `waitSeconds`.
   *
   * @default 'reject'
   */
  readonly onConflict?: 'reject' | 'wait';

  /**
   * How long `onConflict: 'wait'` waits, in seconds, and never past the function's time; then 409.
   *
   * @default 8
   */
  readonly waitSeconds?: number;

  /**
   * What happens while the store is out of reach: 503, or the handler runs
   * unprotected, which a metric and the header `X-Idempotent-Persisted: false` tell.
   *
   * @default 'reject'
   */
  readonly onStoreError?: 'reject' | 'execute';

  /**
   * Which response headers are stored and replayed. Hop-by-hop headers, `Set-Cookie`,
   * `Date` and those of authentication, tracing and request ids never are.
   *
   * @default { deny: [] }
   */
  readonly replayHeaders?: ReplayHeaders;

  /**
   * Response header, with the value `true`, that marks a replay.
   *
   * @default 'X-Idempotent-Replay'
   */
  readonly replayMarker?: string;

  /**
   * Further names for the marker, `Idempotent-Replayed` for one.
   *
   * @default []
   */
  readonly replayMarkerAliases?: readonly string[];

  /**
   * Response headers that tell client SDKs whether a retry makes sense.
   *
   * @default ['X-Should-Retry']
   */
  readonly retryHintHeaders?: readonly string[];

  /**
   * Makes the body of the wrapper's own errors, for an API with an error
   * envelope of its own: a string as it stands, anything else as JSON. Where it
   * fails, the client gets the `'json'` form.
   *
   * @default - none
   */
  readonly formatError?: (error: IdempotencyError) => unknown;

  /**
   * Form of the wrapper's own errors: `{"code","message","status"}`, or RFC 9457
   * `application/problem+json`, which also a client gets whose `Accept` ranks it higher.
   *
   * @default 'json'
   */
  readonly errorFormat?: 'json' | 'problem';

  /**
   * CORS of the API, for the wrapper's own errors: without it a browser shows its
   * page a network error in place of a 409, where the handler and not the gateway
   * answers with CORS headers.
   *
   * @default - as the construct knows it, else none
   */
  readonly cors?: WireCors;

  /**
   * Told of every duplicate: replay, conflict or mismatch, with the invocation's
   * Lambda context. Awaited for a second at the most; its failure is logged and changes no response.
   *
   * @default - none
   */
  readonly onDuplicate?: (context: unknown, record: DuplicateRecord) => void | Promise<void>;

  /**
   * Where the wrapper logs. It is never given a key, a tenant or a body.
   *
   * @default - Powertools Logger
   */
  readonly logger?: IdempotencyLogger;

  /**
   * Where the wrapper counts.
   *
   * @default - CloudWatch embedded metric format
   */
  readonly metrics?: IdempotencyMetrics;

  /**
   * Whether metrics are counted by route as well as by service: each route is a
   * few custom metrics more, and CloudWatch charges by the metric.
   *
   * @default true
   */
  readonly routeMetrics?: boolean;

  /**
   * Secret that keys the record ids and fingerprints (HMAC-SHA-256): who can read
   * the store then cannot try keys or requests against it. Another secret forgets all live records, unless
   * the former is given as `previousKeySecret`.
   *
   * @default - record ids are plain SHA-256
   */
  readonly keySecret?: SecretSource;

  /**
   * Secret that keyed the record ids before a rotation. Keep it for one
   * `ttlSeconds`, `rememberSeconds` and lease after the last function without the
   * new one is gone.
   *
   * @default - none
   */
  readonly previousKeySecret?: SecretSource;

  /**
   * Kill switch: every request goes straight to the handler. Also the
   * environment variable `IDEMPOTENCY_DISABLED`.
   *
   * @default false
   */
  readonly disabled?: boolean;
}
