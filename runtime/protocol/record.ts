import type { EpochMillis, EpochSeconds } from '../time';

/** Format version that this runtime writes. Readers take any `1.x` and refuse a newer major. */
export const FORMAT_VERSION = 1;

/** In progress, completed, or released: a tombstone that a delayed resend of the released claim cannot revive. */
export type RecordStatus = 'P' | 'C' | 'R';

/** A response as it is stored: see codec.ts. */
export interface StoredResponse {
  readonly statusCode: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** In their place where they are sealed, in base64. */
  readonly sealedHeaders?: string;
  /** Absent where the response was too large to keep, or lies in the overflow bucket. */
  readonly body?: Uint8Array;
  readonly encoding: BodyEncoding;
  /** The object in the overflow bucket that holds the body. */
  readonly overflow?: string;
}

export interface BodyEncoding {
  /** The handler returned base64, and a replay does too. */
  readonly base64: boolean;
  /** The body is not decoded: it is what the handler called base64, and base64 of its bytes would be another text. */
  readonly verbatim?: true;
  readonly deflated: boolean;
  /** The body was too large to keep: retries get 410. */
  readonly tooLarge: boolean;
  /** Headers and body are encrypted: see seal.ts. */
  readonly sealed?: true;
}

/** The one record of a key. */
export interface IdempotencyRecord {
  /** Not the one asked for where a former table keeps two operations under one id of its own: then it is the other's, and no answer. */
  readonly id: string;
  readonly version: number;
  readonly status: RecordStatus;
  /** The claimer's random token: the fence that every later write is compared with. */
  readonly token: string;
  /** 1 on a new item, one more with each claim on it. */
  readonly attempt: number;
  readonly claimedAt: EpochMillis;
  readonly fingerprint: Uint8Array;
  /** End of the lease on the claimer's wall clock; only while in progress. */
  readonly leaseEnd?: EpochMillis;
  readonly expiresAt: EpochSeconds;
  /** Only once completed. */
  readonly response?: StoredResponse;
  /** End of the response's retention, where that is not the record's own: after it the key is known and the response is not replayed. */
  readonly responseExpiresAt?: EpochSeconds;
}

/** An item that this runtime must not act upon: a newer format, or one that somebody tampered with. */
export interface UnreadableRecord {
  readonly id: string;
  readonly unreadable: 'newer-version' | 'malformed';
  readonly detail: string;
}

export type StoredRecord = IdempotencyRecord | UnreadableRecord;

export const isReadable = (record: StoredRecord): record is IdempotencyRecord => !('unreadable' in record);
