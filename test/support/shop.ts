import { canary } from './canary';
import { FRONTS, seen, type Request, type Seen } from './fronts';
import { observed, type Observed } from './quiet';
import type { IdempotencyOptions } from '../../runtime/configuration/options';
import type { Host } from '../../runtime/execution/call';
import { MemoryStore } from '../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../runtime/stores/store';
import { controllableClock, type ControllableClock } from '../../runtime/testing/clock';
import { idempotentWith } from '../../runtime/testing/idempotent-with';
import { recordingHandler, type RecordingHandler } from '../../runtime/testing/recording-handler';

export const MARKER = 'x-idempotent-replay';

export interface ShopProps {
  /** @default 'HTTP API' */
  readonly front?: string;
  readonly options?: IdempotencyOptions;
  /** What the handler answers, by the number of its call. @default 201 with the number in its body */
  readonly respond?: (call: number, event: unknown, context: unknown) => unknown;
  readonly host?: Partial<Host>;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A payment API behind one front: a handler, a store and a clock of its own.
 * Whatever is sent to it is looked for in its log lines and metrics after each test.
 */
export class Shop {
  public readonly clock: ControllableClock = controllableClock();
  public readonly store: IdempotencyStore;
  public readonly seen: Observed = observed();
  public readonly handler: RecordingHandler<unknown>;
  readonly #front: string;
  readonly #call: (event: unknown, context: unknown) => Promise<unknown>;

  public constructor({ front = 'HTTP API', options = {}, respond = payment, host, environment }: ShopProps = {}) {
    this.#front = front;
    this.store = options.store ?? new MemoryStore();
    this.handler = recordingHandler(respond);
    const { logger, metrics } = this.seen;
    this.#call = idempotentWith({ clock: this.clock, ...host }, this.handler, { logger, metrics, ...options, store: this.store }, environment);
    canary.watch(this.seen);
  }

  public async send(request: Request, context: object = {}): Promise<Seen> {
    return seen(await this.raw(FRONTS[this.#front]!({ body: 'amount=1', ...request }), context));
  }

  /** An event as it is. */
  public raw(event: unknown, context: object = {}): Promise<unknown> {
    canary.sent(event);
    return this.#call(event, context);
  }

  public pay(key: string, request: Request = {}, context: object = {}): Promise<Seen> {
    return this.send({ ...request, headers: { 'Idempotency-Key': key, ...request.headers } }, context);
  }
}

const payment = (call: number): unknown => ({ statusCode: 201, headers: { 'content-type': 'text/plain' }, body: `payment ${call}` });

/** A context with a function's time in it, which passes with the shop's clock. */
export function lambdaContext(clock: ControllableClock, ms: number): { readonly awsRequestId: string; getRemainingTimeInMillis(): number } {
  const end = clock.monotonic() + ms;
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => end - clock.monotonic() };
}

/** A handler that ends when it is told to. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Until everything has happened that needs no clock. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
