import { LOG_FIELD } from '../lib/contract';

/** The runtime's one line per request, as it was logged. */
export interface LoggedOutcome {
  readonly outcome: string;
  /** When, where the line says so. */
  readonly time?: string;
  readonly id?: string;
  readonly requestId?: string;
  readonly method?: string;
  readonly route?: string;
  readonly attempt?: number;
  readonly ms?: number;
  readonly unpersisted?: boolean;
  readonly reason?: string;
  readonly cause?: string;
}

/** Lines of one pretty-printed document, at most. */
const MAX_LINES = 100_000;

/** Of documents in documents: `aws logs filter-log-events` has an array of events whose messages are JSON texts. */
const MAX_DEPTH = 6;

/**
 * Finds the runtime's lines in a log, whoever printed it: one JSON document a
 * line with anything before it (CloudWatch's text format, `aws logs tail`), a
 * document in another's text (`idempotent-api local --json`), or one over
 * several lines (`sam logs`, `aws logs tail --format json`).
 */
export class LogLines {
  /** A document whose end has not come yet. */
  #open: string[] = [];

  /** The outcomes that this line, or the document that ends with it, tells of. */
  public push(line: string): readonly LoggedOutcome[] {
    const told = outcomesIn(line, 0);
    if (told.length > 0) {
      this.#open = [];
      return told;
    }
    if (this.#open.length > 0 && this.#open.length < MAX_LINES) {
      this.#open.push(line);
      if (!line.startsWith('}')) return [];
      const document = this.#open.join('\n');
      this.#open = [];
      return outcomesIn(document, 0);
    }
    // Printers begin a document at the end of a line and end it at the beginning of one.
    const begins = line.trimEnd().endsWith('{');
    this.#open = begins ? [line.slice(line.lastIndexOf('{'))] : [];
    return [];
  }
}

function outcomesIn(value: unknown, depth: number): readonly LoggedOutcome[] {
  if (depth > MAX_DEPTH) return [];
  if (typeof value === 'string') {
    return value.includes(LOG_FIELD) ? outcomesIn(parsed(value), depth + 1) : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each) => outcomesIn(each, depth + 1));
  const own = Object.hasOwn(value, LOG_FIELD) ? outcomeOf(value as Record<string, unknown>) : undefined;
  return own === undefined ? Object.values(value).flatMap((each) => outcomesIn(each, depth + 1)) : [own];
}

/** The JSON object that a text ends with. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.slice(Math.max(0, text.indexOf('{'))));
  } catch {
    return undefined;
  }
}

function outcomeOf(line: Record<string, unknown>): LoggedOutcome | undefined {
  const field = line[LOG_FIELD];
  if (typeof field !== 'object' || field === null) return undefined;
  const of = field as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  const outcome = text(of.outcome);
  if (outcome === undefined) return undefined;
  return {
    outcome,
    time: text(line.timestamp),
    id: text(of.id),
    requestId: text(of.requestId),
    method: text(of.method),
    route: text(of.route),
    attempt: number(of.attempt),
    ms: number(of.ms),
    unpersisted: of.unpersisted === true ? true : undefined,
    reason: text(of.reason),
    cause: text(of.cause),
  };
}
