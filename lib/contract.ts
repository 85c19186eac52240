/**
 * What the constructs and the runtime must agree on, and nothing else.
 *
 * This file is imported by both sides and exported by neither: the names in it
 * are part of the deployed format, so a change here needs a decision record.
 */

/** Environment variables that the constructs set and the runtime reads. */
export const ENV = {
  /** JSON of `WireConfiguration`. */
  SETTINGS: 'IDEMPOTENCY_SETTINGS',
  /** Name of the DynamoDB table. */
  TABLE_NAME: 'IDEMPOTENCY_TABLE_NAME',
  /** The function's own handler (`index.handler`), once the layer's entry has taken its place. */
  HANDLER: 'IDEMPOTENCY_HANDLER',
  /** `true` or `1` switches the wrapper off: every request goes straight to the handler. */
  DISABLED: 'IDEMPOTENCY_DISABLED',
  /** Name of the overflow bucket for responses over the item limit. */
  OVERFLOW_BUCKET: 'IDEMPOTENCY_OVERFLOW_BUCKET',
  /** ARN of the secret that keys the record ids; `:::` and a version id after it pin its version. */
  KEY_SECRET: 'IDEMPOTENCY_KEY_SECRET',
  /** The one that keyed them before a rotation, written alike. */
  PREVIOUS_KEY_SECRET: 'IDEMPOTENCY_PREVIOUS_KEY_SECRET',
  /** ARN of the function that the relay invokes: that of the alias or the version, where it is one. */
  TARGET: 'IDEMPOTENCY_TARGET',
  /** That function's timeout, in seconds: an Invoke of unknown outcome may be running for so long. */
  TARGET_TIMEOUT: 'IDEMPOTENCY_TARGET_TIMEOUT',
  /** `true` where it is a durable function, which is invoked with the record's id as its execution's name. */
  TARGET_DURABLE: 'IDEMPOTENCY_TARGET_DURABLE',
  /** `true` where it is known to run on Lambda's own Python, whose errors of loading name no request. */
  TARGET_PYTHON: 'IDEMPOTENCY_TARGET_PYTHON',
} as const;

/** The layer's directory below `/opt`, and the handler string that enters it. */
export const LAYER = {
  DIRECTORY: 'cdk-idempotent-api',
  HANDLER: '/opt/cdk-idempotent-api/handler.handler',
  /** By which a template tells the layer from others. */
  DESCRIPTION: 'Runtime of cdk-idempotent-api',
} as const;

/** The relay's code, a directory of `build/`, and its handler string. */
export const RELAY = {
  DIRECTORY: 'relay',
  HANDLER: 'relay.handler',
  DESCRIPTION: 'Relay of cdk-idempotent-api',
} as const;

/** What the relay has left of its own time when the target's is over, in seconds: its timeout and its lease are the target's and this. */
export const RELAY_MARGIN_SECONDS = 3;

/** For how long Lambda may prepare a function before its timeout begins, in seconds: it may be running for so much longer. */
export const TARGET_INIT_SECONDS = 10;

/** Object keys in the overflow bucket begin so; the function's permissions end there. */
export const OVERFLOW_PREFIX = 'idempotency/';

/** How far a client's clock may be from a host's, in seconds. */
export const CLIENT_SKEW_SECONDS = 300;

/** Largest JSON of `WireConfiguration`, in bytes: Lambda allows 4 KB for a function's whole environment. */
export const MAX_SETTINGS_BYTES = 4096;

/** The longest time that a setting may give, in seconds: the milliseconds of several in a row are still whole numbers. */
export const MOST_SECONDS = 1e12;

/** How many tenant sources may stand within one another. */
export const MOST_TENANT_LEVELS = 10;

/** Attribute names of the DynamoDB item. The first two are the table's schema. */
export const ATTRIBUTES = {
  ID: 'id',
  EXPIRES_AT: 'expires_at',
  VERSION: 'v',
  STATUS: 'st',
  TOKEN: 'tok',
  ATTEMPT: 'gen',
  CLAIMED_AT: 'ca',
  FINGERPRINT: 'fp',
  LEASE_END: 'lx',
  RESPONSE_STATUS: 'rs',
  RESPONSE_HEADERS: 'rh',
  RESPONSE_BODY: 'rb',
  RESPONSE_ENCODING: 're',
  RESPONSE_OVERFLOW: 'ro',
  RESPONSE_EXPIRES_AT: 'rx',
} as const;

/** What our items in a table of another system have besides, under names that no such system has. */
export const FORMER_ATTRIBUTES = {
  /** The record's id: the item's own key is the other system's, and may say nothing of the tenant. */
  RECORD_ID: 'oid',
  /** When our record expires, epoch seconds, where the other system's own attribute says something else. */
  EXPIRES_AT: 'oex',
} as const;

/**
 * CloudWatch metric names, and the closed set of their dimensions. The value of
 * `service` is the settings' namespace; that of `route` is `METHOD template`.
 * Every metric is there by service, and by service and route.
 */
export const METRICS = {
  NAMESPACE: 'IdempotentApi',
  DIMENSION_SERVICE: 'service',
  DIMENSION_ROUTE: 'route',
  HITS: 'CacheHits',
  MISSES: 'CacheMisses',
  CONFLICTS: 'Conflicts',
  MISMATCHES: 'Mismatches',
  TAKEOVERS: 'Takeovers',
  SUPERSEDED: 'Superseded',
  STORE_ERRORS: 'StoreErrors',
  UNPERSISTED: 'Unpersisted',
  EXPIRED: 'Expired',
  LATE: 'Late',
  STORE_LATENCY: 'StoreLatency',
} as const;

/** What a store that writes to two stores during a migration counts, under the same namespace and dimensions. */
export const MIGRATION_METRICS = {
  OLD_STORE_HITS: 'OldStoreHits',
  NEW_STORE_HITS: 'NewStoreHits',
  DIVERGENCES: 'Divergences',
} as const;

/**
 * The field of the runtime's one log line per request: `{ outcome, id, requestId, method, route, attempt, ms }`.
 * The local runner and `idempotent-api tail` read it.
 */
export const LOG_FIELD = 'idempotency';

/** Response headers of the runtime's own. */
export const HEADERS = {
  KEY: 'Idempotency-Key',
  REPLAY: 'X-Idempotent-Replay',
  PERSISTED: 'X-Idempotent-Persisted',
  SHOULD_RETRY: 'X-Should-Retry',
} as const;

/** Where the tenant comes from, as the environment carries it. */
export type WireTenant =
  | 'auto'
  | 'none'
  | { readonly source: 'jwtClaim' | 'lambdaContext' | 'untrustedHeader'; readonly name: string }
  | { readonly source: 'iamPrincipal' | 'apiKeyId' }
  | { readonly source: 'all'; readonly of: readonly WireTenant[] };

/** What of the body enters the fingerprint, as the environment carries it. */
export type WireFingerprint =
  | 'bytes'
  | 'json'
  | { readonly include?: readonly string[]; readonly exclude?: readonly string[] };

/** Where the client's time of an operation's first sending comes from, as the environment carries it. */
export type WireKeyTime = 'none' | 'uuidv7' | { readonly header: string };

/** CORS as configured on the API, so that the wrapper's own responses follow it. */
export interface WireCors {
  readonly allowOrigins: readonly string[];
  readonly allowCredentials?: boolean;
}

/** Settings under the runtime's option names. */
export interface WireSettings {
  readonly headerName?: string;
  readonly headerAliases?: readonly string[];
  readonly required?: boolean;
  readonly minKeyLength?: number;
  readonly ttlSeconds?: number;
  readonly rememberSeconds?: number;
  readonly keyTime?: WireKeyTime;
  /** 0: as old as keys are known. */
  readonly maxKeyAgeSeconds?: number;
  readonly responseEncryption?: 'none' | 'client-key';
  readonly processingTimeoutSeconds?: number;
  readonly clockMarginSeconds?: number;
  readonly includeRequestHash?: boolean;
  readonly fingerprint?: WireFingerprint;
  readonly tenant?: WireTenant;
  readonly keyScope?: 'route' | 'api';
  readonly onConflict?: 'reject' | 'wait';
  readonly waitSeconds?: number;
  readonly onStoreError?: 'reject' | 'execute';
  readonly storeResponse?: 'all' | 'definitive' | readonly number[];
  readonly thrownErrors?: 'store' | 'release';
  readonly takeover?: 'allow' | 'never';
  readonly errorFormat?: 'json' | 'problem';
  readonly replayMarkerAliases?: readonly string[];
  readonly retryHintHeaders?: readonly string[];
  readonly namespace?: string;
  readonly disabled?: boolean;
  readonly routeMetrics?: boolean;
  readonly cors?: WireCors;
}

/**
 * The whole of `ENV.SETTINGS`: what holds for every request of the function,
 * and what differs by route. A route is named `METHOD template`
 * (`POST /payments/{id}`); `ANY template` stands for every method.
 */
export interface WireConfiguration {
  readonly defaults: WireSettings;
  readonly routes?: Readonly<Record<string, WireSettings>>;
}
