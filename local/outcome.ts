import { HEADERS, LOG_FIELD } from '../lib/contract';
import type { Exchange, GatewayResponse } from './fronts/front';
import type { LogLine } from './lambda/local-function';

/** What became of a request, as the runtime's log line and the `request` event name it. */
export type Outcome =
  | 'executed' | 'replayed' | 'conflict' | 'mismatch' | 'rejected' | 'passed' | 'takeover' | 'superseded' | 'store_error';

export const OUTCOME_NAMES: readonly Outcome[] = [
  'executed', 'replayed', 'conflict', 'mismatch', 'rejected', 'passed', 'takeover', 'superseded', 'store_error',
];

const OUTCOMES: ReadonlySet<unknown> = new Set(OUTCOME_NAMES);

export interface ToldOutcome {
  readonly outcome: Outcome;
  /** The record's id; `null` where the request had no record. */
  readonly id: string | null;
  /** Which execution of the operation it was, from 1. */
  readonly attempt?: number;
  /** The handler ran, and no record can be said to hold its answer. */
  readonly unpersisted?: boolean;
}

/** The runtime's one log line per request, kept until the request that it is about asks for it. */
export class OutcomeLog {
  private readonly told = new Map<string, ToldOutcome>();

  /** `maxKept` bounds what invocations leave behind whose request has been answered already. */
  constructor(
    private readonly onTold: (requestId: string, told: ToldOutcome) => void = () => undefined,
    private readonly maxKept: number = 1000,
  ) {}

  observe(line: LogLine): void {
    const parsed = parseOutcomeLine(line.line);
    const requestId = parsed?.requestId ?? line.requestId;
    if (!parsed || requestId === undefined) return;
    const { requestId: _, ...told } = parsed;
    this.told.set(requestId, told);
    this.onTold(requestId, told);
    const oldest = this.told.keys().next().value;
    if (this.told.size > this.maxKept && oldest !== undefined) this.told.delete(oldest);
  }

  take(requestId: string): ToldOutcome | undefined {
    const told = this.told.get(requestId);
    this.told.delete(requestId);
    return told;
  }
}

/** The JSON may follow the prefix that Lambda's text format puts before a line. */
export function parseOutcomeLine(line: string): (ToldOutcome & { readonly requestId?: string }) | undefined {
  if (!line.includes(`"${LOG_FIELD}"`)) return undefined;
  try {
    const parsed = JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>;
    const field = parsed[LOG_FIELD] as Record<string, unknown> | undefined;
    if (!OUTCOMES.has(field?.outcome)) return undefined;
    return {
      outcome: field!.outcome as Outcome,
      id: typeof field!.id === 'string' ? field!.id : null,
      ...(typeof field!.attempt === 'number' ? { attempt: field!.attempt } : {}),
      ...(field!.unpersisted === true ? { unpersisted: true } : {}),
      ...(typeof field!.requestId === 'string' ? { requestId: field!.requestId } : {}),
    };
  } catch {
    return undefined;
  }
}

/** What the runtime's error codes say of an answer whose log line is missing. */
const BY_CODE: Readonly<Record<string, Outcome>> = {
  IDEMPOTENCY_CONFLICT: 'conflict',
  IDEMPOTENCY_KEY_REUSED: 'mismatch',
  IDEMPOTENCY_KEY_MISSING: 'rejected',
  IDEMPOTENCY_KEY_INVALID: 'rejected',
  IDEMPOTENCY_TENANT_MISSING: 'rejected',
  IDEMPOTENCY_STORE_UNAVAILABLE: 'store_error',
  IDEMPOTENCY_RESULT_TOO_LARGE: 'replayed',
};

/**
 * The outcome of a request that no log line tells of: `rejected` where the
 * gateway turned it away, else what the answer shows. An invocation that ended
 * without a word may have run its handler, so with a key it counts as executed.
 */
export function outcomeOfExchange({ response, invocation }: Exchange, hasKey: boolean): Outcome {
  if (!invocation) return response.status >= 400 ? 'rejected' : 'passed';
  const shown = outcomeOfResponse(response);
  if (shown !== undefined) return shown;
  return hasKey && invocation.function.isIdempotent && invocation.result !== 'returned' ? 'executed' : 'passed';
}

function outcomeOfResponse({ headers, body }: GatewayResponse): Outcome | undefined {
  if (headers.some(([name, value]) => name.toLowerCase() === HEADERS.REPLAY.toLowerCase() && value === 'true')) return 'replayed';
  const code = errorCodeOf({ body });
  return code !== undefined && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
}

/** `code` of an error of the runtime's own. */
export const errorCodeOf = ({ body }: Pick<GatewayResponse, 'body'>): string | undefined =>
  (body.length < 10_000 ? /"code"\s*:\s*"(IDEMPOTENCY_[A-Z_]+)"/.exec(body.toString('utf8'))?.[1] : undefined);
