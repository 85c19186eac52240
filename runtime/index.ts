export { idempotent, type LambdaHandler } from './idempotent';
export type { CommitEffect } from './execution/commit-effect';
export { CommitError, EffectsRefusedError, type CommitErrorCode } from './execution/commit-errors';
export { marshallEffects, type Marshall, type UnmarshalledEffect } from './execution/marshall-effects';
export { idempotencyOf, RetryableError, type IdempotentExecution } from './execution/in-handler';
export type { DuplicateRecord, IdempotencyOptions, ReplayHeaders, SecretSource } from './configuration/options';
export type { HttpResponse } from './request/fronts/front';
export type { IdempotencyError, IdempotencyErrorCode } from './response/outcomes';
export type { WireFingerprint as FingerprintOption, WireTenant as TenantOption } from '../lib/contract';

export type { Divergence } from './stores/migration/both-stores';
export { DualWriteStore, DualWriteStoreError, type DualWriteStoreOptions, type MigrationPhase } from './stores/migration/dual-write-store';
export { DynamoDbStore, DynamoDbStoreError, type DynamoDbStoreOptions } from './stores/dynamodb/dynamodb-store';
export type { DynamoDbClientLike } from './stores/dynamodb/dynamodb-sdk-transport';
export type { AttributeValue, CancellationReason, DynamoDbTransport, Item, TransactReply, TransactRequest, UpdateReply, UpdateRequest } from './stores/dynamodb/dynamodb-transport';
export { FormerRecords, FormerRecordsError, type FormerRecord, type FormerRecordsOptions } from './stores/migration/former-records';
export { LiftTable, LiftTableError, type LiftTableOptions } from './stores/migration/lift-table';
export { MemoryStore, MemoryStoreError, type MemoryStoreOptions } from './stores/memory/memory-store';
export type { IoRedisLike, NodeRedisLike, RedisClientLike } from './stores/redis/redis-client';
export { RedisStore, RedisStoreError, type RedisStoreOptions } from './stores/redis/redis-store';
export type { OverflowStore } from './stores/overflow/overflow-store';
export { OverflowStoreError, S3OverflowStore, type S3OverflowStoreOptions } from './stores/overflow/s3-overflow-store';
export type {
  CallOptions,
  Claim,
  ClaimReply,
  Commit,
  CommitReply,
  Completion,
  EffectRefusal,
  IdempotencyStore,
  Release,
  StoreLimits,
  StoreRequest,
  WriteReply,
} from './stores/store';
export { isReadable } from './protocol/record';
export type { BodyEncoding, IdempotencyRecord, RecordStatus, StoredRecord, StoredResponse, UnreadableRecord } from './protocol/record';
export { applyClaim, applyCompletion, applyRelease } from './protocol/transitions';
export type { Clock, EpochMillis, EpochSeconds, Millis, MonotonicMillis } from './time';

export type { IdempotencyLogger, LogFields } from './observability/logger';
export type { CounterName, IdempotencyMetrics, Measurement } from './observability/metrics';
export { IdempotencyConfigurationError } from './errors';
