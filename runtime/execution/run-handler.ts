import { requestIdOf, type Call } from './call';
import { executing, type IdempotentExecution } from './in-handler';
import { Cancellation, SignalOnDemand } from '../protocol/cancellation';
import { until } from '../protocol/store-call';
import { derivedKey } from '../request/record-id';
import type { Clock, Millis, MonotonicMillis } from '../time';

export type HandlerOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown };

/** The handler's time is nearly over: what `signal.reason` is. */
export class LeaseEndingError extends Error {
  public readonly code = 'IDEMPOTENCY_LEASE_ENDING';

  public constructor() {
    super('The lease of this execution is about to end: stop before another one may take over.');
    this.name = 'LeaseEndingError';
  }
}

/** How long before the end the handler is told: a tenth of its time, a second at the most. */
const warningBefore = (length: Millis): number => Math.min(1000, length / 10);

/**
 * Runs the handler to its end, however long that takes: the wrapper never
 * returns while the handler is pending, since Lambda would freeze the rest and
 * let it go on within another request. `timeLeft` is until the lease or the
 * function's time ends, measured on a clock that does not jump.
 */
export async function runHandler(
  { handler, event, context, wrapper, host: { clock } }: Call,
  facts: Omit<IdempotentExecution, 'derivedKey' | 'signal'>,
  timeLeft: Millis,
): Promise<HandlerOutcome> {
  const ending = new LeaseEnding((clock.monotonic() + timeLeft - warningBefore(timeLeft)) as MonotonicMillis, clock);
  const execution = {
    ...facts,
    get signal() {
      return ending.signal;
    },
    derivedKey: (name: string) => derivedKey(facts.id, name),
  };
  const around = { execution, requestId: requestIdOf(context), wrappers: [wrapper] };
  try {
    return { kind: 'returned', value: await executing(context, around, () => handler(event, context)) };
  } catch (error) {
    return { kind: 'threw', error };
  } finally {
    ending.handlerIsOver();
  }
}

/** Tells the handler, where it asks for the signal: for most, no timer is set. */
class LeaseEnding {
  readonly #controller = new SignalOnDemand();
  readonly #over = new Cancellation();
  #isWatched = false;

  public constructor(
    private readonly warnAt: MonotonicMillis,
    private readonly clock: Clock,
  ) {}

  public get signal(): AbortSignal {
    if (!this.#over.aborted) this.#watch();
    return this.#controller.signal;
  }

  public handlerIsOver(): void {
    this.#over.cancel();
  }

  #watch(): void {
    const left = until(this.warnAt, this.clock);
    if (left <= 0) return this.#controller.abort(new LeaseEndingError());
    if (this.#isWatched) return;
    this.#isWatched = true;
    void this.clock.sleep(left, this.#over, true).then(() => {
      if (!this.#over.aborted) this.#controller.abort(new LeaseEndingError());
    });
  }
}
