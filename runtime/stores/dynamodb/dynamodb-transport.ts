import type { CallOptions } from '../store';

/** The attribute types that an item of ours has. */
export type AttributeValue = { readonly S: string } | { readonly N: string } | { readonly B: Uint8Array };
export type Item = Readonly<Record<string, AttributeValue>>;
/** A map stands only beside our own attributes, in a table that another system reads as well. */
export type Values = Readonly<Record<string, AttributeValue | { readonly M: Readonly<Record<string, unknown>> }>>;

/** One conditional UpdateItem. */
export interface UpdateRequest {
  readonly table: string;
  readonly key: Item;
  readonly update: string;
  readonly condition: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Values;
  /** Ask for the item as it was before an update that applied. */
  readonly returnOld: boolean;
}

/** `item` of a refusal is the one that failed the condition (`ReturnValuesOnConditionCheckFailure`). */
export type UpdateReply =
  | { readonly applied: true; readonly old?: Record<string, unknown> }
  | { readonly applied: false; readonly item?: Record<string, unknown> };

/** One TransactWriteItems. */
export interface TransactRequest {
  /** `TransactWriteItem`s in DynamoDB's own form. */
  readonly items: readonly unknown[];
  /** `ClientRequestToken`: 1 to 36 characters. */
  readonly requestToken: string;
}

/** Why DynamoDB cancelled a transaction, one for each item: `None` where nothing is said against it. */
export interface CancellationReason {
  readonly code: string;
  readonly message?: string;
  readonly item?: Record<string, unknown>;
}

/** A transaction that was refused has written nothing. */
export type TransactReply =
  | { readonly applied: true }
  | {
    readonly applied: false;
    /** Empty where the request as a whole was refused: not valid, not allowed, throttled. */
    readonly reasons: readonly CancellationReason[];
    /** The service's own name of the error: `TransactionCanceledException`, `ValidationException`, ... */
    readonly code: string;
    /** The transport had sent it before, without an answer: that send may still arrive. */
    readonly resent: boolean;
    readonly cause: unknown;
  };

/**
 * All that the store needs of DynamoDB: two calls, which are also the only two
 * permissions it is granted, and transactions for handlers that commit. A leaner
 * transport than the SDK can stand here. All reject where the outcome is unknown.
 */
export interface DynamoDbTransport {
  /** Rejects where it cannot work as it is configured, whatever DynamoDB does. */
  check?(): Promise<void>;
  update(request: UpdateRequest, options?: CallOptions): Promise<UpdateReply>;
  /** A consistent GetItem. */
  get(request: { readonly table: string; readonly key: Item }, options?: CallOptions): Promise<Record<string, unknown> | undefined>;
  /** TransactWriteItems, which needs the permissions of the writes in it. Without it, handlers cannot commit. */
  transact?(request: TransactRequest, options?: CallOptions): Promise<TransactReply>;
}
