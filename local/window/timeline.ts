import type { StoredView } from './records';
import { isExecution, type RequestEntry } from './request-entry';

export type TimelineKind =
  | 'claimed' | 'takeover' | 'completed' | 'released' | 'unpersisted' | 'superseded'
  /** The function ended without a word: what it had claimed stays claimed until the lease ends. */
  | 'lost'
  /** The gateway answered first, and the function went on. */
  | 'gave_up'
  | 'running' | 'replayed' | 'conflict' | 'mismatch' | 'rejected' | 'passed' | 'store_error'
  | 'lease_ends' | 'expires';

/** One thing that has happened to a key, or will. */
export interface TimelineEvent {
  readonly kind: TimelineKind;
  /** Epoch milliseconds; past `now` for what is still to come. */
  readonly at: number;
  /** Number of the request that it came with. */
  readonly request: number | null;
  readonly attempt: number | null;
  readonly status: number | null;
  /** Of `lost`: how the function ended. */
  readonly ended: RequestEntry['ended'];
}

/** What has happened under a record's id, in order, and when its lease and its retention end. */
export function timelineOf(entries: readonly RequestEntry[], stored: StoredView | null): readonly TimelineEvent[] {
  const events = entries.flatMap(eventsOf);
  return [...events, ...eventsOfRecord(events, stored)].sort((one, other) => one.at - other.at);
}

function eventsOf(entry: RequestEntry): readonly TimelineEvent[] {
  const { outcome, record } = entry;
  const end = entry.toldAt ?? entry.answeredAt ?? entry.at;
  if (outcome === null) return [event(entry, 'running', entry.at)];
  if (outcome === 'superseded') return [event(entry, 'claimed', entry.at), event(entry, 'superseded', end)];
  if (!isExecution(entry)) return [event(entry, outcome as TimelineKind, end)];
  return [
    event(entry, outcome === 'takeover' ? 'takeover' : 'claimed', record?.claimedAt ?? entry.at),
    ...(entry.ended === 'unfinished' ? [event(entry, 'gave_up', entry.answeredAt!)] : []),
    ...endOfExecution(entry, end),
    ...(record?.status === 'C' ? [{ ...event(entry, 'expires', record.expiresAt), request: null }] : []),
  ];
}

function endOfExecution(entry: RequestEntry, end: number): readonly TimelineEvent[] {
  if (entry.toldAt === null) return entry.ended === 'unfinished' ? [] : [event(entry, 'lost', end)];
  if (entry.unpersisted) return [event(entry, 'unpersisted', end)];
  return [event(entry, entry.record?.status === 'R' ? 'released' : 'completed', end)];
}

/** What the record knows beyond the requests: a claim of an earlier start, and the ends to come. */
function eventsOfRecord(told: readonly TimelineEvent[], stored: StoredView | null): readonly TimelineEvent[] {
  if (!stored || 'unreadable' in stored) return [];
  const { status, attempt, claimedAt, leaseEnd, expiresAt } = stored;
  const none = { request: null, status: null, ended: null };
  const isTold = told.some((each) => each.attempt === attempt && (each.kind === 'claimed' || each.kind === 'takeover'));
  const isOfLost = told.some(({ kind, at }) => kind === 'lost' && at >= claimedAt);
  return [
    ...(isTold || isOfLost ? [] : [{ ...none, kind: 'claimed' as const, at: claimedAt, attempt }]),
    ...(status === 'P' && leaseEnd !== null ? [{ ...none, kind: 'lease_ends' as const, at: leaseEnd, attempt }] : []),
    ...(told.some(({ kind, at }) => kind === 'expires' && at === expiresAt) ? [] : [{ ...none, kind: 'expires' as const, at: expiresAt, attempt }]),
  ];
}

const event = ({ number, attempt, status, ended }: RequestEntry, kind: TimelineKind, at: number): TimelineEvent =>
  ({ kind, at, request: number, attempt, status, ended });
