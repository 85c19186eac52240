import { IdempotencyConfig } from '@aws-lambda-powertools/idempotency';
import type { Context } from 'aws-lambda';

/** As the function has it in Lambda: Powertools registers it, and so knows the time that is left. */
export const lambdaContext = (remaining = 30_000): Context => ({ getRemainingTimeInMillis: () => remaining }) as Context;

/** A fresh one for each host: Powertools keeps the context of the last call in it. */
export const config = (options: ConstructorParameters<typeof IdempotencyConfig>[0] = {}): IdempotencyConfig =>
  new IdempotencyConfig({ eventKeyJmesPath: 'messageId', expiresAfterSeconds: 3_600, ...options });

/** One message of an SQS queue, a new object at each delivery. */
export const message = (messageId: string, body: unknown = { item: 'x' }): { messageId: string; body: unknown } => ({ messageId, body });

/** A function call that goes on when the test says so. */
export interface Suspended<T> {
  readonly run: () => Promise<T>;
  readonly started: Promise<void>;
  finish(value: T): void;
  fail(error: Error): void;
}

export function suspended<T>(): Suspended<T> {
  let begin!: () => void;
  let finish!: (value: T) => void;
  let fail!: (error: Error) => void;
  const started = new Promise<void>((resolve) => (begin = resolve));
  const result = new Promise<T>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  return { run: () => (begin(), result), started, finish, fail };
}

const TIMERS = [
  'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'requestAnimationFrame', 'cancelAnimationFrame', 'requestIdleCallback', 'cancelIdleCallback',
  'setImmediate', 'clearImmediate', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout',
] as const;

/** Only the wall clock stands still, for Powertools reads it from `Date`. */
export const stopWallClock = (): void => void jest.useFakeTimers({ now: 1_800_000_000_000, doNotFake: [...TIMERS] });
export const advanceWallClock = (seconds: number): void => void jest.setSystemTime(Date.now() + seconds * 1_000);
