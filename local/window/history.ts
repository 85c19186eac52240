import type { Ended, RecordSummary, RequestEntry } from './request-entry';
import { OUTCOME_NAMES, type Outcome, type ToldOutcome } from '../outcome';

/** As many as a person scrolls through. */
export const MAX_ENTRIES = 500;

export interface Arrival {
  readonly requestId: string;
  readonly api: string;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  /** Equal for requests of one caller with one key to one endpoint: they share a record. */
  readonly sender: string;
}

export interface Departure {
  /** What the answer shows, for a request whose outcome no log line has told. */
  readonly outcome: Outcome;
  readonly status: number;
  readonly code: string | null;
  readonly ended: Ended;
}

export interface Counters {
  readonly total: number;
  readonly running: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

interface Kept {
  readonly requestId: string;
  readonly sender: string;
  readonly entry: RequestEntry;
}

/** The latest requests, in the order of their arrival, and counters over all of them. */
export class History {
  private readonly kept = new Map<string, Kept>();
  private readonly counted = Object.fromEntries(OUTCOME_NAMES.map((name) => [name, 0])) as Record<Outcome, number>;
  private readonly listeners = new Set<(entry: RequestEntry) => void>();
  private total = 0;
  private running = 0;

  constructor(private readonly now: () => number, private readonly maxEntries: number = MAX_ENTRIES) {}

  get entries(): readonly RequestEntry[] {
    return [...this.kept.values()].map(({ entry }) => entry);
  }

  get counters(): Counters {
    return { total: this.total, running: this.running, outcomes: { ...this.counted } };
  }

  ofRecord(id: string): readonly RequestEntry[] {
    return this.entries.filter((entry) => entry.id === id);
  }

  /** Calls back with each entry that is new or has changed, until the returned function is called. */
  subscribe(listener: (entry: RequestEntry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  arrived({ requestId, sender, ...request }: Arrival): void {
    this.total += 1;
    this.running += 1;
    this.put({
      requestId,
      sender,
      entry: {
        number: this.total,
        ...request,
        at: this.now(),
        outcome: null,
        id: request.key === null ? null : this.idOf(sender),
        attempt: null,
        toldAt: null,
        unpersisted: false,
        record: null,
        answeredAt: null,
        status: null,
        code: null,
        ended: null,
      },
    });
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > this.maxEntries && oldest !== undefined) this.kept.delete(oldest);
  }

  /** The wrapper's log line: it may come after the answer, where the gateway gave up on the function. */
  told(requestId: string, { outcome, id, attempt, unpersisted }: ToldOutcome): void {
    const kept = this.kept.get(requestId);
    if (!kept) return;
    const { entry } = kept;
    if (entry.answeredAt !== null && entry.outcome !== null) this.count(outcome, entry.outcome);
    this.put({ ...kept, entry: { ...entry, outcome, id, attempt: attempt ?? null, unpersisted: unpersisted ?? false, toldAt: this.now() } });
    if (id !== null) this.nameOthers(kept.sender, id);
  }

  answered(requestId: string, { outcome, status, code, ended }: Departure): void {
    this.running -= 1;
    const kept = this.kept.get(requestId);
    const shown = kept?.entry.outcome ?? outcome;
    this.count(shown);
    if (!kept) return;
    const id = mayHaveRecord(shown) ? kept.entry.id : null;
    this.put({ ...kept, entry: { ...kept.entry, outcome: shown, id, status, code, ended, answeredAt: this.now() } });
  }

  /** The record as the execution of that request left it; one that has been claimed again since says nothing about it. */
  recorded(number: number, record: RecordSummary): void {
    const kept = [...this.kept.values()].find(({ entry }) => entry.number === number);
    if (kept && kept.entry.attempt === record.attempt) this.put({ ...kept, entry: { ...kept.entry, record } });
  }

  private put(kept: Kept): void {
    this.kept.set(kept.requestId, kept);
    for (const listener of this.listeners) listener(kept.entry);
  }

  private count(outcome: Outcome, instead?: Outcome): void {
    this.counted[outcome] += 1;
    if (instead !== undefined) this.counted[instead] -= 1;
  }

  private idOf(sender: string): string | null {
    const known = [...this.kept.values()].filter((kept) => kept.sender === sender && kept.entry.id !== null);
    return known.at(-1)?.entry.id ?? null;
  }

  /** A function that died has not told the id of the record that it had claimed; another request with its key does. */
  private nameOthers(sender: string, id: string): void {
    for (const kept of [...this.kept.values()]) {
      const { entry } = kept;
      const nameless = entry.id === null && entry.toldAt === null && entry.key !== null;
      if (nameless && kept.sender === sender && (entry.outcome === null || mayHaveRecord(entry.outcome))) {
        this.put({ ...kept, entry: { ...entry, id } });
      }
    }
  }
}

const mayHaveRecord = (outcome: Outcome): boolean => outcome !== 'passed' && outcome !== 'rejected';
