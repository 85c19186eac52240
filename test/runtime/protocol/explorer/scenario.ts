import type { WriteKind } from './call';
import type { StoredRecord } from '../../../../runtime/protocol/record';
import type { applyClaim, applyCommit, applyCompletion, applyRelease } from '../../../../runtime/protocol/transitions';
import type { UpdateRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import type { Millis } from '../../../../runtime/time';

/** What differs between runs of the exploration. */
export interface Scenario {
  /**
   * Through the DynamoDB store's own expressions, on an item, instead of the pure
   * transitions: what is explored is then what is sent. A variant may rewrite them.
   */
  readonly expressions?: true | ((request: UpdateRequest, kind: WriteKind) => UpdateRequest);
  readonly requests: number;
  /** How many crashes, lost replies, drops and delays there may be, all in all. */
  readonly faults: number;
  /** How often time may jump, and how far: a second, past the lease, to the last moment at which a key's time is not late, or past everything. */
  readonly jumps: number;
  readonly jumpsTo?: readonly ('second' | 'lease' | 'limit' | 'retention')[];
  /** Payload of each request; different numbers are different requests. */
  readonly payloads: readonly number[];
  /** Clock skew of the second request's host. */
  readonly skew?: Millis;
  readonly margin?: Millis;
  /** How long a key is known after its response. */
  readonly remember?: Millis;
  /** The requests say when the operation was first sent, which was at the start. */
  readonly keyTime?: KeyTime;
  /** Requests whose handler asks to be retried, so that they release. */
  readonly retryable?: readonly number[];
  /** Requests whose handler commits its effects; where they are refused it answers something else. */
  readonly commits?: readonly number[];
  /** The condition of the effects holds from the start, or from some moment on. */
  readonly effectsHold?: 'always' | 'later';
  /** Variants that must fail: a key given back after a commit of unknown outcome, a refusal believed while a send may still arrive. */
  readonly afterUnknownCommit?: 'release' | 'believe-refusal';
  /** A variant that must fail: a transport that sends a commit again and does not say so. */
  readonly resendsInSilence?: boolean;
  /** How long a host goes on after its lease: Lambda kills late. */
  readonly overrun?: Millis;
  /** Leaves I1 out, to see that the other invariants do not rest on it. */
  readonly leasesMayOverlap?: boolean;
  readonly transitions?: Partial<Transitions>;
  /** How the store shows a record to a request: a variant may hide whose token it is. */
  readonly show?: (record: StoredRecord | undefined, request: number) => StoredRecord | undefined;
  /** What a superseded request tells its caller: `own` is the variant that must fail. */
  readonly supersededAnswers?: 'own';
}

export interface KeyTime {
  /** How far ahead of the hosts' clocks the client's is. */
  readonly clientAhead: Millis;
  /** How far it is taken to be at the most: less than it is, in a variant that must fail. */
  readonly skew: Millis;
  /** Variants that must fail: a time that nobody looks at, or only before the claim. */
  readonly judged?: 'never' | 'before the claim alone';
}

export interface Transitions {
  claim: typeof applyClaim;
  complete: typeof applyCompletion;
  release: typeof applyRelease;
  commit: typeof applyCommit;
}
