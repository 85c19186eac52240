import type { ResolvedSettings } from '../configuration/settings';
import type { IdempotencyLogger } from '../observability/logger';
import type { Front, HttpRequest } from '../request/fronts/front';
import type { Seal } from '../response/seal';
import type { OverflowStore } from '../stores/overflow/overflow-store';
import type { IdempotencyStore } from '../stores/store';
import type { Clock, Millis, MonotonicMillis } from '../time';

/** Time and randomness, passed in. */
export interface Host {
  readonly clock: Clock;
  /** A fresh random token at every call. */
  readonly token: () => string;
  /** From 0 up to 1, for jitter. */
  readonly random: () => number;
  /** No lease is shorter, in seconds: what is executed may go on for so long. */
  readonly leastLeaseSeconds?: number;
}

/** Everything that one request with a key is handled with. */
export interface Call {
  readonly event: unknown;
  readonly context: object;
  readonly front: Front;
  readonly request: HttpRequest;
  readonly settings: ResolvedSettings;
  /** The client's key, unquoted. */
  readonly key: string;
  /** The wrapper that was called, one among those that may lie around each other. */
  readonly wrapper: symbol;
  readonly handler: (event: unknown, context: unknown) => unknown;
  readonly store: IdempotencyStore;
  readonly overflow?: OverflowStore;
  /** Opens recorded responses that are encrypted, once key secret and tenant are known. */
  readonly seal?: Seal;
  readonly host: Host;
  readonly logger: IdempotencyLogger;
}

/** Below this a handler is not started: what is left would not do for recording its response. */
export const MINIMUM_BUDGET = 250 as Millis;

/** Until Lambda ends the function; without a limit where the context knows none, as that of a test whose functions are mocks. */
export function remainingTime(context: object): Millis {
  const { getRemainingTimeInMillis } = context as { getRemainingTimeInMillis?: () => unknown };
  const remaining = typeof getRemainingTimeInMillis === 'function' ? getRemainingTimeInMillis.call(context) : undefined;
  return (typeof remaining !== 'number' || Number.isNaN(remaining) ? Infinity : remaining) as Millis;
}

/** Lambda's id of the invocation, where the context has one. */
export const requestIdOf = (context: unknown): unknown => (context as { awsRequestId?: unknown } | null | undefined)?.awsRequestId;

export const deadlineAfter = ({ host }: Pick<Call, 'host'>, length: number): MonotonicMillis =>
  (host.clock.monotonic() + length) as MonotonicMillis;
