import { wrong } from './errors';
import type { ResponseLike, Send } from './fetch-like';
import type { ClientHost } from './host';

/** What is told of each attempt, after it. */
export interface Attempt {
  /** The call's key. */
  readonly key: string;
  /** From 1. */
  readonly attempt: number;
  /** The answer, where one came. Its body is the caller's to read. */
  readonly response?: ResponseLike;
  /** Why no answer came. */
  readonly error?: unknown;
  /** Milliseconds until the next attempt; none on the last one. */
  readonly retryInMs?: number;
}

export interface IdempotentFetchOptions {
  /** The header that carries the key. @default 'Idempotency-Key' */
  readonly headerName?: string;
  /**
   * A header that says, as an HTTP date, when the call was first sent: the same
   * in all of its attempts. One that the caller gave the call stays. It is what
   * an API wants that knows the age of a key by `KeyTime.header(...)`.
   *
   * @default none
   */
  readonly firstSentHeader?: string;
  /**
   * Makes a key for each call that has none in its header: visible ASCII without commas.
   *
   * @default a UUID of version 7, greater than the one before
   */
  readonly createKey?: () => string | Promise<string>;
  /**
   * Retries after failures. Waiting for an attempt that is still being executed
   * (409) counts none: `totalTimeoutMs` bounds it.
   *
   * @default 4
   */
  readonly retries?: number;
  /** Most milliseconds before the first retry, on top of the server's `Retry-After`; doubled for each further one, up to 10 seconds. @default 250 */
  readonly delayMs?: number;
  /**
   * Milliseconds for one attempt, until its answer has arrived as a whole.
   *
   * @default 35000, since API Gateway ends a request after 30 seconds, and its answer is better than none
   */
  readonly tryTimeoutMs?: number;
  /** Milliseconds for the call, with all attempts and the time between. A wait that would end later is not begun. @default 120000 */
  readonly totalTimeoutMs?: number;
  /** The header by which the server says whether to retry, `true` or `false`. @default 'X-Should-Retry' */
  readonly retryHintHeader?: string;
  /** Told of each attempt. What it throws is ignored. @default none */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Time and randomness. @default globalThis */
  readonly host?: ClientHost;
}

/** Options with their defaults, by position: by name, each would stand in what a page loads once more. */
export type Settings = readonly [
  fetchLike: Send,
  headerName: string,
  firstSentHeader: string,
  createKey: () => string | Promise<string>,
  retries: number,
  delayMs: number,
  tryTimeoutMs: number,
  totalTimeoutMs: number,
  retryHintHeader: string,
  onAttempt: (attempt: Attempt) => void,
  host: ClientHost,
];

/** @throws IdempotentFetchError for an option that is unknown or cannot be */
export const withDefaults = (options: Readonly<Record<string, unknown>>): Settings => {
  // In the order of `Settings`. What is none without being given, `createKey` and `firstSentHeader`, has an example.
  const settings: Record<string, unknown> = {
    fetchLike: (input: unknown, init?: object) => fetch(input as string, init),
    headerName: 'Idempotency-Key',
    firstSentHeader: 'First-Sent',
    createKey: () => crypto.randomUUID(),
    retries: 4,
    delayMs: 250,
    tryTimeoutMs: 35_000,
    totalTimeoutMs: 120_000,
    retryHintHeader: 'X-Should-Retry',
    onAttempt: () => {},
    host: globalThis,
  };
  for (const name in options) {
    const like = settings[name];
    const value = options[name] ?? like;
    // What no number and no string may look like: a timer for 2^31 milliseconds would fire at once.
    const no: Readonly<Record<string, RegExp>> = { number: /\D|\d{10}/, string: /^$|[^\w.-]/ };
    if (typeof value !== typeof like || no[typeof value]?.test(value as string)) {
      throw wrong(name, value, like ? `e.g. ${like}` : Object.keys(settings));
    }
    settings[name] = value;
  }
  return Object.values(settings) as unknown as Settings;
};
