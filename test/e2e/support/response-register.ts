import type { Sequential } from './linearizable';

/** What a client may be told of a key. `value` is the response. */
export type Seen =
  /** The response of the execution that this request was, now on record. */
  | { readonly kind: 'executed'; readonly value: string }
  | { readonly kind: 'replayed'; readonly value: string }
  /** 409: there is no response yet. */
  | { readonly kind: 'undecided' }
  /** No answer, or one that leaves open what came of it: this response may come to be on record, if any does. */
  | { readonly kind: 'unknown'; readonly value: string };

const UNDECIDED = '';

/** An idempotency key as its clients see it: a register that is written once, by whichever execution comes first. */
export const RESPONSE_REGISTER: Sequential<string, Seen> = {
  initial: UNDECIDED,
  after: (state, seen) => {
    switch (seen.kind) {
      case 'executed':
      case 'unknown':
        return state === UNDECIDED ? seen.value : undefined;
      case 'replayed':
        return state === seen.value ? state : undefined;
      case 'undecided':
        return state === UNDECIDED ? state : undefined;
    }
  },
  isRead: ({ kind }) => kind === 'replayed' || kind === 'undecided',
};
