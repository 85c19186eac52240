import type { Committed } from '../../../../runtime/protocol/commit';
import type { IdempotencyRecord } from '../../../../runtime/protocol/record';

/** What a request does that others do not see, and that the invariants are about. */
export interface Observer {
  witness(situation: string): void;
  broken(invariant: string): never;
  /** The handler starts, and may run until then. */
  executes(request: number, until: number, takeover: boolean): void;
  /** The handler has asked to be retried. */
  endsWithoutResponse(request: number): void;
  /** A commit of this token has come to this. */
  committed(token: string, kind: Committed['kind']): void;
  /** The handler knows that the effects which it committed with this token did not happen. */
  toldRefused(token: string): void;
  /** A caller is told that this is the recorded response of its request. */
  recorded(request: number, writer: string): void;
  /** A caller is told a response that others have recorded. */
  answered(request: number, record: IdempotencyRecord): void;
}

export type Event = (observer: Observer) => void;
