import { AsyncLocalStorage } from 'node:async_hooks';
import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency';
import { BasePersistenceLayer, IdempotencyRecord as PowertoolsRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { PowertoolsPersistenceError, configuration } from './errors';
import { HeldClaims } from './held-claims';
import { decodePayloadHash, decodeResult, encodePayloadHash, encodeResult } from './result';
import { freshToken } from '../execution/fresh-token';
import { acquire, type LeaseTerms, type Ownership, type Ports } from '../protocol/acquire';
import { complete, release } from '../protocol/conclude';
import { isReadable, type IdempotencyRecord } from '../protocol/record';
import { until } from '../protocol/store-call';
import { isExpired } from '../protocol/transitions';
import type { IdempotencyStore } from '../stores/store';
import { millis, seconds, systemClock, type Millis, type MonotonicMillis } from '../time';

export interface PowertoolsPersistenceOptions {
  /**
   * Whether an execution whose time has run out may be followed by another.
   * `never`: a retry fails until the record expires, for people who would rather
   * intervene.
   *
   * @default 'allow'
   */
  readonly takeover?: 'allow' | 'never';
  /**
   * How far apart the clocks of two hosts may be, in seconds.
   *
   * @default 2
   */
  readonly clockMarginSeconds?: number;
}

/** Longest wait for the store before the function runs, and for recording its result, in milliseconds. */
const CLAIM_LIMIT = 5_000;
const RECORDING_LIMIT = 10_000;
/** A completion is tried for so long even after the lease: the token decides, not the time. */
const LAST_TRY = 1_000;

/**
 * A persistence layer for `makeIdempotent`, `@idempotent` and
 * `makeHandlerIdempotent` of Powertools over any store of this package: functions
 * behind SQS or EventBridge share the table of the HTTP ones, and are fenced.
 *
 *     Powertools            here
 *     save in progress      CLAIM with a fresh token; the lease is the function's remaining time
 *     save success          COMPLETE, where the claim still stands: a late one overwrites nothing
 *     delete                RELEASE, where the claim still stands: nobody else's is deleted
 *     payload hash          the record's fingerprint
 *
 * A record's id is Powertools' own, `<prefix>#<hash>`. An execution
 * that was taken over fails with `IdempotencyPersistenceLayerError` (`cause.code`
 * `IDEMPOTENCY_SUPERSEDED`), so that the event source delivers again and the retry
 * gets the recorded result. Without a Lambda context (`registerLambdaContext`) the
 * lease is as long as the retention.
 *
 * Executions of one key in one process are told apart by their payload objects,
 * which the function may change; payloads that are no objects (`dataIndexArgument`
 * of a string) are told apart from those of other processes only, and of a thousand
 * that never end the oldest can no longer be completed. Durable functions are not supported: their
 * replays continue in processes that hold no claim.
 *
 * @example
 * const persistenceStore = new PowertoolsPersistence(new DynamoDbStore({ tableName: process.env.TABLE! }));
 * const processOrder = makeIdempotent(placeOrder, { persistenceStore, config });
 */
export class PowertoolsPersistence extends BasePersistenceLayer {
  readonly #store: IdempotencyStore;
  readonly #takeover: boolean;
  readonly #margin: Millis;
  readonly #held = new HeldClaims();
  readonly #payload = new AsyncLocalStorage<{ readonly data: unknown }>();

  /** @throws PowertoolsPersistenceError where an option cannot be. */
  public constructor(store: IdempotencyStore, options: PowertoolsPersistenceOptions = {}) {
    super();
    const { takeover = 'allow', clockMarginSeconds = 2 } = options;
    if (typeof store?.claim !== 'function') throw configuration(`store must be a store, got ${JSON.stringify(store)}.`);
    if (takeover !== 'allow' && takeover !== 'never') throw configuration(`takeover must be 'allow' or 'never', got ${JSON.stringify(takeover)}.`);
    if (!(Number.isFinite(clockMarginSeconds) && clockMarginSeconds >= 0)) {
      throw configuration(`clockMarginSeconds must be 0 or more, got ${String(clockMarginSeconds)}: leave it out for 2.`);
    }
    this.#store = store;
    this.#takeover = takeover === 'allow';
    this.#margin = seconds(clockMarginSeconds);
  }

  // The base class tells the methods below the key alone. These three know the
  // payload, by which two executions of one key are told apart.

  public override saveInProgress(...call: Parameters<BasePersistenceLayer['saveInProgress']>): Promise<void> {
    return this.#payload.run({ data: call[0] }, () => super.saveInProgress(...call));
  }

  public override saveSuccess(...call: Parameters<BasePersistenceLayer['saveSuccess']>): Promise<void> {
    return this.#payload.run({ data: call[0] }, () => super.saveSuccess(...call));
  }

  public override deleteRecord(...call: Parameters<BasePersistenceLayer['deleteRecord']>): Promise<void> {
    return this.#payload.run({ data: call[0] }, () => super.deleteRecord(...call));
  }

  protected override async _putRecord(record: PowertoolsRecord): Promise<void> {
    const key = { id: record.idempotencyKey, fingerprint: encodePayloadHash(record.payloadHash) };
    const terms = this.#terms(record);
    const acquired = await acquire(key, terms, this.#ports, deadlineIn(Math.min(CLAIM_LIMIT, terms.lease / 2)));
    switch (acquired.kind) {
      case 'owner':
        return this.#held.keep(record.idempotencyKey, this.#currentPayload, acquired.ownership);
      case 'unavailable':
        throw new PowertoolsPersistenceError('IDEMPOTENCY_STORE_UNAVAILABLE', `The function has not run: ${acquired.reason}.`, { cause: acquired.cause });
      case 'mismatch':
        throw anotherOperation();
      default:
        throw new IdempotencyItemAlreadyExistsError(`There is a record for the idempotency key already: ${record.idempotencyKey}`, this.#shown(acquired.record));
    }
  }

  protected override async _updateRecord(record: PowertoolsRecord): Promise<void> {
    const ownership = this.#held.take(record.idempotencyKey, this.#currentPayload);
    if (ownership === undefined) {
      throw new PowertoolsPersistenceError(
        'IDEMPOTENCY_NOT_HELD',
        'This process holds no claim on the key: give each keyPrefix a PowertoolsPersistence of its own, and none to durable functions.',
      );
    }
    const response = encodeResult(record.responseData, this.#store.limits);
    const concluded = await complete(ownership, response, { ttl: seconds(this.getExpiresAfterSeconds()) }, this.#ports, recordingDeadline(ownership));
    switch (concluded.kind) {
      case 'recorded':
        return;
      case 'unpersisted':
        throw new PowertoolsPersistenceError('IDEMPOTENCY_NOT_RECORDED', `The function has run and its result is not on record: ${concluded.reason}.`, {
          cause: concluded.cause,
        });
      default:
        throw new PowertoolsPersistenceError('IDEMPOTENCY_SUPERSEDED', 'Another execution has taken over: its result is the one on record.');
    }
  }

  /** Never rejects: the function has failed, and its own error is the one to be told. */
  protected override async _deleteRecord(record: PowertoolsRecord): Promise<void> {
    const ownership = this.#held.take(record.idempotencyKey, this.#currentPayload);
    if (ownership !== undefined) await release(ownership, this.#ports, recordingDeadline(ownership));
  }

  protected override async _getRecord(idempotencyKey: string): Promise<PowertoolsRecord> {
    const record = await this.#store.read(idempotencyKey);
    if (record === undefined) throw new IdempotencyItemNotFoundError();
    if (!isReadable(record)) throw new PowertoolsPersistenceError('IDEMPOTENCY_RECORD_UNREADABLE', `The record cannot be read: ${record.detail}.`);
    if (record.id !== idempotencyKey) throw anotherOperation();
    if (record.status === 'R' || isExpired(record, systemClock.now(), this.#margin)) throw new IdempotencyItemNotFoundError();
    return this.#shown(record);
  }

  get #ports(): Ports {
    // Powertools itself compares the payload hashes, and has an error of its own for it.
    return { store: this.#store, clock: systemClock, token: freshToken, sameRequest: () => true };
  }

  get #currentPayload(): unknown {
    return this.#payload.getStore()?.data;
  }

  #terms({ inProgressExpiryTimestamp }: PowertoolsRecord): LeaseTerms {
    const ttl = seconds(this.getExpiresAfterSeconds());
    const remaining = inProgressExpiryTimestamp === undefined ? ttl : inProgressExpiryTimestamp - systemClock.now();
    return { lease: millis(Math.max(1, Math.ceil(remaining))), ttl, margin: this.#margin, takeover: this.#takeover };
  }

  /** Expiry as a claim judges it, margin included: what refuses a claim is never shown as expired. */
  #shown(record: IdempotencyRecord): PowertoolsRecord {
    const expiryTimestamp = record.expiresAt + this.#margin / 1000 + 1;
    const common = { idempotencyKey: record.id, expiryTimestamp, payloadHash: decodePayloadHash(record.fingerprint) };
    return record.status === 'C'
      ? new PowertoolsRecord({ ...common, status: IdempotencyRecordStatus.COMPLETED, responseData: decodeResult(record.response) })
      : new PowertoolsRecord({ ...common, status: IdempotencyRecordStatus.INPROGRESS, inProgressExpiryTimestamp: record.leaseEnd });
  }
}

const anotherOperation = (): PowertoolsPersistenceError =>
  new PowertoolsPersistenceError('IDEMPOTENCY_KEY_REUSED', 'The function has not run: the record under this key is another operation’s.');

const deadlineIn = (length: number): MonotonicMillis => (systemClock.monotonic() + length) as MonotonicMillis;

const recordingDeadline = ({ leaseDeadline }: Ownership): MonotonicMillis =>
  deadlineIn(Math.max(LAST_TRY, Math.min(RECORDING_LIMIT, until(leaseDeadline, systemClock))));
