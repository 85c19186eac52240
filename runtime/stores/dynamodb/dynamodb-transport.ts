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

/**
 * All that the store needs of DynamoDB: two calls, which are also the only two
 * permissions it is granted. A leaner transport than the SDK can stand here.
 * Both reject where the outcome is unknown.
 */
export interface DynamoDbTransport {
  update(request: UpdateRequest, options?: CallOptions): Promise<UpdateReply>;
  /** A consistent GetItem. */
  get(request: { readonly table: string; readonly key: Item }, options?: CallOptions): Promise<Record<string, unknown> | undefined>;
}
