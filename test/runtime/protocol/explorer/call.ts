import type { Shape } from './shapes';
import type { UpdateRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import type { Claim, Commit, Completion, Release } from '../../../../runtime/stores/store';

export type Write =
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'complete'; readonly completion: Completion }
  | { readonly kind: 'commit'; readonly commit: Commit }
  | { readonly kind: 'release'; readonly release: Release };

export type WriteKind = Write['kind'];

/** A write on its way. `sent`: what of it goes to DynamoDB, where it goes through the store's expressions. */
export interface SentWrite {
  readonly kind: WriteKind;
  readonly write: Write;
  readonly sent?: UpdateRequest;
  readonly shape: Shape;
  /** The same for equal writes, and for no others. */
  readonly number: number;
}

/** What a request asks of the store, and waits for. */
export type Call = SentWrite | { readonly kind: 'read' };

/** What a call is answered with. */
export interface Reply {
  readonly value: unknown;
  readonly shape: Shape;
  /** The same for equal replies, and for no others. */
  readonly number: number;
}
