import type { StoredRecord, StoredResponse } from '../protocol/record';
import type { EpochMillis, EpochSeconds, Millis } from '../time';
import type { CallOptions } from './call-options';
import type { OverflowStore } from './overflow/overflow-store';

export type { CallOptions };

/** A claim on a key: made new, with a fresh token and a fresh `now`, for every claim of every request. */
export interface Claim {
  readonly id: string;
  readonly token: string;
  readonly fingerprint: Uint8Array;
  /** Read once, before the first send; a resend carries the same. */
  readonly now: EpochMillis;
  readonly leaseEnd: EpochMillis;
  /** Lease end plus retention, of the response and of the key after it. */
  readonly expiresAt: EpochSeconds;
  /** How far apart the clocks of two hosts may be: subtracted from `now` in every comparison. */
  readonly margin: Millis;
  /** Whether an execution whose lease has run out may be taken over. */
  readonly takeover: boolean;
}

export interface Completion {
  readonly id: string;
  readonly token: string;
  readonly expiresAt: EpochSeconds;
  /** End of the response's retention, where the key is remembered for longer. */
  readonly responseExpiresAt?: EpochSeconds;
  readonly response: StoredResponse;
}

export interface Release {
  readonly id: string;
  readonly token: string;
}

/** A completion and the effects that happen with it or not at all. */
export interface Commit extends Completion {
  /** In the store's own form: for DynamoDB, items of `TransactWriteItems`. */
  readonly effects: readonly unknown[];
  /** The same on every send of one commit, and of no other: what a store tells a resend by. */
  readonly requestToken: string;
}

/** Why one effect was refused, in the words of the store. */
export interface EffectRefusal {
  /** `ConditionalCheckFailed`, `ValidationError`, ... */
  readonly code: string;
  readonly message?: string;
  /** The item that failed the condition, where the effect asked for it. */
  readonly item?: Readonly<Record<string, unknown>>;
}

/** Where `applied` is false, nothing was written. */
export type CommitReply =
  | { readonly applied: true }
  /** The record is no longer the caller's. `current`: the item that refused it, where the store tells. */
  | { readonly applied: false; readonly refusedBy: 'record'; readonly current?: StoredRecord }
  | {
    readonly applied: false;
    readonly refusedBy: 'effects';
    /** One for each effect, in their order; `undefined` for one that nothing is said against. */
    readonly reasons: readonly (EffectRefusal | undefined)[];
    /** An earlier send of this commit got no answer, and may still arrive. */
    readonly mayStillArrive?: boolean;
    readonly cause?: unknown;
  }
  /** Something else was writing to one of the items, or there was too much of it: the same commit may be sent again. */
  | { readonly applied: false; readonly refusedBy: 'contention'; readonly mayStillArrive?: boolean; readonly cause?: unknown };

/** `previous`: the item that the claim replaced. `current`: the item that refused it, where the store tells. */
export type ClaimReply =
  | { readonly applied: true; readonly previous?: StoredRecord }
  | { readonly applied: false; readonly current?: StoredRecord };

export type WriteReply =
  | { readonly applied: true }
  | { readonly applied: false; readonly current?: StoredRecord };

/** What the handler is called with, and the key that was found in it. */
export interface StoreRequest {
  readonly event: unknown;
  readonly context: unknown;
  /** The request's idempotency key, unquoted, in whichever header it came. */
  readonly key: string;
  /** The key as that header had it: with its quotes, where it was sent with them. */
  readonly sentKey: string;
}

/** What an item of this store may hold; the codec packs the response accordingly. */
export interface StoreLimits {
  /** Largest item in bytes; 0 for no limit. */
  readonly itemBytes: number;
  /** A write is charged in steps of so many bytes; 0 where size costs nothing. */
  readonly writeUnitBytes: number;
  /**
   * Largest body in bytes that is kept in the record itself; a larger one lies
   * beside it, where there is a place for it.
   *
   * @default - as large as an item may be
   */
  readonly inlineBytes?: number;
}

/**
 * Where records live. Four calls on one item each, every write conditional and
 * atomic (`protocol/transitions.ts` has the conditions). A call that rejects
 * says that its outcome is unknown: it may have been applied.
 *
 * A store of your own passes the suite in `cdk-idempotent-api/testing`.
 */
export interface IdempotencyStore {
  readonly limits: StoreLimits;
  /** The store's own place for bodies beside their records, each at most `limits.itemBytes` with its name. */
  readonly bodies?: OverflowStore;
  /** Rejects where the store cannot work as it is configured. The layer asks at init; elsewhere the first call tells. */
  check?(): Promise<void>;
  claim(claim: Claim, options?: CallOptions): Promise<ClaimReply>;
  complete(completion: Completion, options?: CallOptions): Promise<WriteReply>;
  release(release: Release, options?: CallOptions): Promise<WriteReply>;
  /** A consistent read. */
  read(id: string, options?: CallOptions): Promise<StoredRecord | undefined>;
  /**
   * COMPLETE and the handler's own effects in one transaction, under the
   * condition of COMPLETE. Only of a store whose database has such transactions.
   */
  commit?(commit: Commit, options?: CallOptions): Promise<CommitReply>;
  /**
   * The store as one request sees it, for stores that must know the request: of
   * a table that another system keeps under ids of its own. Called once for each
   * request with a key, before any other call. What it throws is a store that
   * cannot be reached.
   */
  forRequest?(request: StoreRequest): IdempotencyStore;
}
