import { AwsAnswer } from './answer';
import { ANSWER_TOO_LARGE, ANSWER_UNREADABLE, AwsRequestError } from './aws-error';
import { Connections } from './connections';
import type { CredentialSource } from './credentials';
import type { AwsService } from './endpoint';
import { ExchangeError, exchange } from './exchange';
import { isThrottling, mayPass, mayRefuseTime, refusesCredentials } from './refusals';
import { Signer } from './signature';
import { systemClock, type Clock, type EpochMillis, type Millis, type MonotonicMillis } from '../time';

/** One request to a service. */
export interface AwsRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Percent-encoded, below the endpoint's host. */
  readonly path: string;
  /** Names in lower case; all of them are signed. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Headers that somebody on the way may change. */
  readonly unsigned?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
  /** Whether the answer to be had is a JSON object: anything else is then no answer. */
  readonly json?: boolean;
  /**
   * Largest answer in bytes; more is an error.
   *
   * @default 8 MiB, more than any call has that is made here
   */
  readonly maxBytes?: number;
}

/** How long requests may take, in milliseconds. */
export interface RequestLimits {
  /** From when there is a connection for the request, its handshakes included. */
  readonly perTry: number;
  /** All tries, the pauses between them and the wait for a connection. */
  readonly inTotal: number;
  /** Most sends of one request, however each of them ends. */
  readonly tries: number;
}

export interface SignedRequestsOptions {
  readonly service: AwsService;
  readonly region: string;
  /** Where the service is: protocol, host and port. */
  readonly endpoint: URL;
  readonly credentials: CredentialSource;
  readonly limits: RequestLimits;
  /**
   * For what must not be done twice: a connection of its own for each request,
   * and none that may have taken effect is sent again.
   *
   * @default false
   */
  readonly once?: boolean;
  readonly clock?: Clock;
  /** From 0 up to 1, for jitter. */
  readonly random?: () => number;
}

export interface SendOptions {
  /**
   * Milliseconds within which a try has to have its connection: later nothing is sent.
   *
   * @default - none but what the limits leave
   */
  readonly begin?: number;
  /** Milliseconds that the caller is still going to wait. With it, `signal` is not looked at. */
  readonly timeLeft?: () => number;
  /** Fires when nobody waits any more: there will be no further try. */
  readonly signal?: AbortSignal;
}

const USER_AGENT = 'cdk-idempotent-api';
const MOST_BYTES = 8 * 1024 * 1024;
const FIRST_PAUSE = 50 as Millis;
const FIRST_PAUSE_THROTTLED = 100 as Millis;
/** With less time for it, a further try would only make a known refusal an unknown outcome. */
const SHORTEST_TRY = 50;

/** Services accept five minutes; a lesser difference is not what they refused. */
const SKEW = 4 * 60_000;

interface Bounds {
  readonly deadline: MonotonicMillis;
  readonly sendBy: MonotonicMillis;
}

/** What one send came to. */
type Sent =
  | { readonly kind: 'answered'; readonly answer: AwsAnswer }
  | { readonly kind: 'failed'; readonly error: AwsRequestError; readonly next: 'never' | 'at-once' | 'after-pause' | 'after-longer-pause' };

/**
 * Requests to one service, signed with the function's own credentials. Sent
 * again, the same bytes with a new signature, while the service is failing or
 * throttling and time is left: with full jitter, or at once where the cause is
 * known to be gone (a connection that was closed while nobody looked, a clock
 * that is wrong, credentials that were replaced).
 */
export class SignedRequests {
  readonly #connections: Connections;
  readonly #signer: Signer;
  readonly #options: SignedRequestsOptions;
  readonly #clock: Clock;
  /** What the service's clock is ahead of ours, in milliseconds. */
  #skew = 0;

  public constructor(options: SignedRequestsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#connections = new Connections(options.endpoint, { fresh: options.once });
    this.#signer = new Signer(options);
  }

  /** Connects, so that the first request need not wait for it. */
  public open(): void {
    this.#connections.open();
  }

  /** Ends all connections. */
  public close(): void {
    this.#connections.close();
  }

  /**
   * The service's answer, a refusal among them.
   *
   * @throws AwsRequestError where there was none that could be read, or the service was failing or throttling to the end
   */
  public async send(request: AwsRequest, options: SendOptions = {}): Promise<AwsAnswer> {
    const { limits, once = false, random = Math.random } = this.#options;
    const signal = options.timeLeft === undefined ? options.signal : undefined;
    const now = this.#clock.monotonic();
    const deadline = (now + Math.min(limits.inTotal, options.timeLeft?.() ?? Infinity)) as MonotonicMillis;
    const sendBy = (now + (options.begin ?? Infinity)) as MonotonicMillis;
    let unknown = false;
    for (let attempt = 1; ; attempt++) {
      const sent = await this.#once(request, { deadline, sendBy }, unknown, signal);
      if (sent.kind === 'answered') return sent.answer;
      const { error, next } = sent;
      unknown ||= error.mayHaveTakenEffect;
      const pause = (next === 'at-once' ? 0 : random() * (next === 'after-pause' ? FIRST_PAUSE : FIRST_PAUSE_THROTTLED) * 2 ** attempt) as Millis;
      const again = next !== 'never' && attempt < limits.tries && !(once && unknown) && signal?.aborted !== true;
      if (!again || pause + SHORTEST_TRY > Math.min(deadline, sendBy) - this.#clock.monotonic()) throw unknown ? unknownFrom(error) : error;
      if (pause > 0) await this.#clock.sleep(pause, signal);
    }
  }

  async #once(request: AwsRequest, { deadline, sendBy }: Bounds, unknown: boolean, signal?: AbortSignal): Promise<Sent> {
    const { credentials, limits } = this.#options;
    const { method, path, headers = [], unsigned, body = '', maxBytes = MOST_BYTES } = request;
    const host = this.#connections.host;
    const now = (this.#clock.now() + this.#skew) as EpochMillis;
    const known = credentials.current();
    const signed = this.#signer.sign({ method, host, path, headers, body }, known instanceof Promise ? await known : known, now);
    signed['user-agent'] = USER_AGENT;
    for (const [name, value] of unsigned ?? []) signed[name] = value;
    if (method !== 'GET') signed['content-length'] = String(Buffer.byteLength(body));
    const timeLeft = (): number => Math.min(limits.perTry, deadline - this.#clock.monotonic());
    const openWithin = sendBy === Infinity ? undefined : sendBy - this.#clock.monotonic();
    try {
      const answer = await exchange(this.#connections, { method, path, headers: signed, body, maxBytes, openWithin }, timeLeft, signal);
      return await this.#judged(new AwsAnswer(answer, unknown), request, now);
    } catch (cause) {
      if (!(cause instanceof ExchangeError)) throw cause;
      if (cause.onIdleConnection) this.#connections.dropIdle();
      const { code, mayHaveArrived: mayHaveTakenEffect } = cause;
      return {
        kind: 'failed',
        error: new AwsRequestError(`${this.#where(request)}: ${cause.message}`, { code, mayHaveTakenEffect, cause: cause.cause }),
        next: code === ANSWER_TOO_LARGE ? 'never' : cause.onIdleConnection ? 'at-once' : 'after-pause',
      };
    }
  }

  #judged(answer: AwsAnswer, request: AwsRequest, now: EpochMillis): Sent | Promise<Sent> {
    const { status } = answer;
    if (!answer.isIntact || (answer.ok && request.json === true && !isObject(answer))) {
      const error = new AwsRequestError(`${this.#where(request)}: the answer is garbled`, { status, code: ANSWER_UNREADABLE });
      return { kind: 'failed', error, next: 'after-pause' };
    }
    if (answer.ok) return { kind: 'answered', answer };
    const { code } = answer;
    if (mayPass(status, code)) {
      return { kind: 'failed', error: refusal(answer, this.#where(request)), next: isThrottling(status, code) ? 'after-longer-pause' : 'after-pause' };
    }
    if (mayRefuseTime(code) && this.#correctClock(answer, now)) return this.#refusedForNow(answer, request);
    return refusesCredentials(code) ? this.#afterRefresh(answer, request) : { kind: 'answered', answer };
  }

  async #afterRefresh(answer: AwsAnswer, request: AwsRequest): Promise<Sent> {
    return (await this.#options.credentials.refresh()) ? this.#refusedForNow(answer, request) : { kind: 'answered', answer };
  }

  /** What was wrong is set right. */
  #refusedForNow(answer: AwsAnswer, request: AwsRequest): Sent {
    return { kind: 'failed', error: refusal(answer, this.#where(request)), next: 'at-once' };
  }

  #where({ method }: AwsRequest): string {
    return `${this.#options.service} (${method} ${this.#connections.host})`;
  }

  /** Whether the clock was wrong, by the service's own. */
  #correctClock(answer: AwsAnswer, signedAt: EpochMillis): boolean {
    const date = Date.parse(answer.header('date') ?? '');
    if (Number.isNaN(date) || Math.abs(date - signedAt) < SKEW) return false;
    this.#skew = date - this.#clock.now();
    return true;
  }
}

/** A refusal as an error, for callers to whom each of them is one. */
export function refusal(answer: AwsAnswer, where: string): AwsRequestError {
  const { status, code, afterUnknown } = answer;
  // A service that is failing may have failed after it had done what was asked.
  const mayHaveTakenEffect = afterUnknown || status >= 500;
  return new AwsRequestError(`${where}: ${status}${code === undefined ? '' : ` ${code}`}`, { status, code, mayHaveTakenEffect });
}

const unknownFrom = ({ message, code, status, cause }: AwsRequestError): AwsRequestError =>
  new AwsRequestError(message, { code, status, cause, mayHaveTakenEffect: true });

function isObject(answer: AwsAnswer): boolean {
  try {
    return answer.document !== undefined;
  } catch {
    return false;
  }
}
