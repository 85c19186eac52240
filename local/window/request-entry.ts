import type { Exchange } from '../fronts/front';
import type { Outcome } from '../outcome';

/** A request as the window shows it. Times are epoch milliseconds; `null` is what is not known, or not known yet. */
export interface RequestEntry {
  /** Counts the requests since the start, from 1. */
  readonly number: number;
  readonly api: string;
  readonly method: string;
  /** As the client sent it, without the query. */
  readonly path: string;
  /** The key as the client sent it. */
  readonly key: string | null;
  readonly at: number;
  /** `null` while it runs. */
  readonly outcome: Outcome | null;
  /** The record's id. */
  readonly id: string | null;
  /** Which execution of the operation it was, from 1. */
  readonly attempt: number | null;
  /** When the wrapper told its outcome; the handler's answer is on record then. */
  readonly toldAt: number | null;
  /** The handler ran, and no record can be said to hold its answer. */
  readonly unpersisted: boolean;
  /** The record as its execution left it. */
  readonly record: RecordSummary | null;
  readonly answeredAt: number | null;
  readonly status: number | null;
  /** `code` of an error of the wrapper's own. */
  readonly code: string | null;
  readonly ended: Ended | null;
}

/** How the function behind an answer ended; `gateway` where there was none. */
export type Ended = NonNullable<Exchange['invocation']>['result'] | 'gateway';

export interface RecordSummary {
  /** In progress, completed, released. */
  readonly status: 'P' | 'C' | 'R';
  readonly attempt: number;
  readonly claimedAt: number;
  readonly expiresAt: number;
}

/** Whether an execution is behind it, or may be. */
export const isExecution = ({ outcome }: Pick<RequestEntry, 'outcome'>): boolean => outcome === 'executed' || outcome === 'takeover';
