import { Operator } from './operator';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { controllableClock } from '../../../runtime/testing/clock';
import { httpApiEvent } from '../../../runtime/testing/events';
import { idempotentWith } from '../../../runtime/testing/idempotent-with';
import { recordingHandler } from '../../../runtime/testing/recording-handler';
import type { TestDynamoDb } from '../../support/dynamodb';
import { seen, type Seen } from '../../support/fronts';
import { observed } from '../../support/quiet';

export const NAMESPACE = 'Bank/Api';

/** The flags that name the record of `Bank.pay(key)`. */
export const recordOf = (key: string): string[] =>
  ['--key', key, '--tenant', 'acme', '--route', '/payments', '--namespace', NAMESPACE];

/** A protected API on a table of its own, and someone who operates it; one clock for both. */
export class Bank {
  public readonly clock = controllableClock();
  public readonly operator: Operator;
  public readonly handler: ReturnType<typeof recordingHandler<unknown>>;
  readonly #call: (event: unknown, context: unknown) => Promise<unknown>;

  public constructor(
    public readonly db: TestDynamoDb,
    public readonly table: string,
    respond: (call: number, event: unknown, context: object) => unknown = (call) => ({ statusCode: 201, headers: { location: `/payments/${call}` }, body: `payment ${call}` }),
    options: IdempotencyOptions = {},
  ) {
    this.operator = new Operator({ flags: ['--table', table, '--dynamodb-endpoint', db.endpoint], now: this.clock.now });
    this.handler = recordingHandler((call, event, context) => respond(call, event, context as object));
    const store = new DynamoDbStore({ tableName: table, client: db.client });
    const { logger, metrics } = observed();
    this.#call = idempotentWith({ clock: this.clock }, this.handler, { store, logger, metrics, namespace: NAMESPACE, ...options });
  }

  public readonly pay = async (key: string): Promise<Seen> => {
    const event = httpApiEvent({ headers: { 'Idempotency-Key': key }, body: 'amount=1', authorizer: { jwt: { account_id: 'acme', iss: 'i', sub: 's' } } });
    return seen(await this.#call(event, {}));
  };
}

/** A handler whose first call does not end before `open()`. */
export function stuck(): { readonly respond: (call: number) => unknown; readonly entered: Promise<void>; open(): void } {
  let open = (): void => {};
  let enter = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const respond = async (call: number): Promise<unknown> => {
    if (call === 1) {
      enter();
      await opened;
    }
    return { statusCode: 201, body: `payment ${call}` };
  };
  return { respond, entered, open };
}
