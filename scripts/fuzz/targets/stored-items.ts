import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport } from '../../../runtime/stores/dynamodb/dynamodb-transport';
import { controllableClock } from '../../../runtime/testing/clock';
import { httpApiEvent } from '../../../runtime/testing/events';
import { idempotentWith } from '../../../runtime/testing/idempotent-with';
import { writeByExpressions } from '../../../test/runtime/protocol/write-by-expressions';
import type { Item } from '../../../test/support/expressions/evaluate';
import { observed } from '../../../test/support/quiet';
import { equals, holds, prototypesAreClean } from '../holds';
import { json, leaf } from '../hostile-json';
import type { Json, Target } from '../target';

interface Input {
  readonly [name: string]: Json;
  readonly record: RecordKind;
  /** Attributes that are something else, or gone where `value` is null. */
  readonly changes: readonly { readonly attribute: string; readonly value: Json }[];
  /** Seconds between the record and the retry. */
  readonly age: number;
  /** The retry is another request under the same key. */
  readonly other: boolean;
}

type RecordKind = keyof typeof RESPONSES;

const RESPONSES = {
  running: undefined,
  released: undefined,
  text: { statusCode: 201, headers: { 'content-type': 'text/plain', 'x-a': 'b' }, body: 'paid' },
  deflated: { statusCode: 200, body: 'paid '.repeat(1_000) },
  binary: { statusCode: 200, body: 'AAEC/w==', isBase64Encoded: true },
  beside: { statusCode: 200, body: Array.from({ length: 30_000 }, (_, at) => String.fromCharCode(33 + ((at * at * 7919) >> 3) % 90)).join('') },
  sealed: { statusCode: 200, headers: { 'x-a': 'b' }, body: 'sealed' },
} as const;

const START = 1_800_000_000_000;
const LEASE = 30;
const TTL = 86_400;
const MARGIN = 2;
const AGES = [LEASE + 1, LEASE + MARGIN + 1, TTL, TTL + MARGIN + 2, TTL + LEASE + MARGIN + 2];

const number = fc.constantFrom('0', '1', '2', '-1', '1.5', '1.0', '01', '1e3', 'NaN', '7', '8', '15', '16', '64', '200', '404', '600', '99999999999999999999', String(START), String(START / 1000), '1e400');
const typed: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ N: number }),
  fc.record({ S: fc.oneof(fc.constantFrom('P', 'C', 'R', '', '[]', '[["a","b"]]', '[["a"]]', '{}', '[["__proto__","x"]]', '{"__proto__":{"polluted":1}}', '[["x","a\\r\\nb: c"]]'), fc.string({ maxLength: 8 })) }),
  fc.record({ B: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')) }),
  fc.record({ M: json }), fc.record({ L: json }), fc.record({ BOOL: fc.boolean() }), fc.constant({ NULL: true }), fc.record({ toString: leaf }), leaf,
);
const ATTRIBUTES = ['expires_at', 'v', 'st', 'tok', 'gen', 'ca', 'fp', 'lx', 'rs', 'rh', 'rb', 're', 'ro', 'rx', '__proto__', 'constructor', 'x'] as const;

/** Items that somebody else has written to: the right answer or a typed 503, and no execution where there is a record. */
export const storedItemsTarget = (storeOf: (transport: DynamoDbTransport) => DynamoDbStore = (transport) => new DynamoDbStore({ tableName: 'keys', transport })): Target<Input> => ({
  name: 'stored-items',
  share: 6,
  inputs: fc.record({
    record: fc.constantFrom(...Object.keys(RESPONSES) as RecordKind[]),
    changes: fc.array(fc.record({
      attribute: fc.constantFrom(...ATTRIBUTES),
      value: fc.oneof({ weight: 5, arbitrary: typed }, { weight: 1, arbitrary: fc.constant(null) }),
    }), { maxLength: 3 }),
    age: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(...AGES) }),
    other: fc.boolean(),
  }) as fc.Arbitrary<Input>,
  async check({ record, changes, age, other }) {
    const table = new Table();
    const clock = controllableClock(START);
    const shop = shopOf(storeOf(table), record, clock);
    await shop.pay('1').catch(() => undefined);
    if (record === 'running') table.reopen();
    const id = table.recordId();
    const untouched = changes.length === 0;
    for (const { attribute, value } of changes) table.change(id, attribute, value);
    clock.advance(age * 1000);
    const before = table.items.get(id);
    const executions = shop.executions();
    const answer = await shop.pay(other ? '2' : '1');
    const ran = shop.executions() - executions;
    const claimable = isClaimable(before!, table.lastClaim, clock.now());
    holds(ran === 0 || claimable, 'an execution where a record stands in the way');
    holds(ran <= 1, `${ran} executions`);
    if (ran === 0) isRight(answer, before!, record, changes.map(({ attribute }) => attribute));
    if (untouched) {
      const expected = claimable ? 'executed' : other ? 422 : record === 'running' ? 409 : 'replayed';
      const found = ran === 1 ? 'executed' : answer.headers?.['X-Idempotent-Replay'] === 'true' ? 'replayed' : answer.statusCode;
      equals(found, expected, 'the answer to a record as it was written');
    }
    prototypesAreClean();
  },
});

interface Answer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

function shopOf(store: DynamoDbStore, record: RecordKind, clock: ReturnType<typeof controllableClock>) {
  let executions = 0;
  const { logger, metrics } = observed();
  const sealed = record === 'sealed' ? { responseEncryption: 'client-key', keySecret: 'pepper' } as const : {};
  const wrapped = idempotentWith({ clock }, async () => {
    executions++;
    if (record === 'released') throw new Error('released');
    return RESPONSES[record] ?? { statusCode: 200, body: 'ran' };
  }, { store, logger, metrics, includeRequestHash: true, thrownErrors: 'release', processingTimeoutSeconds: LEASE, ttlSeconds: TTL, clockMarginSeconds: MARGIN, ...sealed });
  return {
    executions: () => executions,
    pay: async (amount: string): Promise<Answer> => await attempt(() => wrapped(httpApiEvent({ headers: { 'Idempotency-Key': 'order-1' }, body: amount }), {})) as Answer,
  };
}

/** The released one's handler throws each time it runs. */
async function attempt(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && error.message === 'released') return { statusCode: 500, body: 'released' };
    throw error;
  }
}

/** A table as DynamoDB has it, by the interpreter of expressions that the exploration rests on. */
class Table implements DynamoDbTransport {
  public readonly items = new Map<string, Item>();
  public lastClaim: { readonly fingerprint: Uint8Array; readonly token: string } | undefined;

  public async update(request: Parameters<DynamoDbTransport['update']>[0]): ReturnType<DynamoDbTransport['update']> {
    const id = idOf(request.key);
    const { ':fp': fp, ':tok': token } = request.values as { ':fp'?: { B: Uint8Array }; ':tok'?: { S: string } };
    if (fp !== undefined && token !== undefined) this.lastClaim = { fingerprint: fp.B, token: token.S };
    if (request.condition === '') return { applied: true };
    const { item, reply } = writeByExpressions(this.items.get(id), request, undefined);
    if (item !== undefined) this.items.set(id, item);
    return reply as Awaited<ReturnType<DynamoDbTransport['update']>>;
  }

  public async get({ key }: Parameters<DynamoDbTransport['get']>[0]): Promise<Record<string, unknown> | undefined> {
    return this.items.get(idOf(key));
  }

  public recordId(): string {
    return [...this.items.keys()].find((id) => !id.includes('/'))!;
  }

  public change(id: string, attribute: string, value: Json): void {
    const members = Object.entries(this.items.get(id)!).filter(([name]) => name !== attribute);
    this.items.set(id, Object.fromEntries([...members, ...(value === null ? [] : [[attribute, fromWire(value)]])]) as Item);
  }

  /** As it was before its completion. */
  public reopen(): void {
    const id = this.recordId();
    for (const name of ['rs', 'rh', 'rb', 're']) this.change(id, name, null);
    this.change(id, 'st', { S: 'P' });
    this.change(id, 'lx', { N: String(START + LEASE * 1000) });
    this.change(id, 'expires_at', { N: String(START / 1000 + LEASE + TTL) });
  }
}

const idOf = (key: unknown): string => (key as { readonly id: { readonly S: string } }).id.S;

const fromWire = (value: Json): unknown => {
  const base64 = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, 'B') ? (value as { B: Json }).B : undefined;
  return typeof base64 === 'string' ? { B: Buffer.from(base64, 'base64') } : value;
};

const own = (item: Item, attribute: string, type: 'S' | 'N' | 'B'): unknown => {
  const value: unknown = Object.hasOwn(item, attribute) ? item[attribute] : undefined;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, type) ? (value as Record<string, unknown>)[type] : undefined;
};

const isBelow = (text: unknown, limit: number): boolean => typeof text === 'string' && text.trim() !== '' && Number(text) < limit;

/** PROTOCOL, CLAIM's condition, in words of its own. */
function isClaimable(item: Item, claim: Table['lastClaim'], now: number): boolean {
  const status = own(item, 'st', 'S');
  const fingerprint = own(item, 'fp', 'B');
  const foreign = own(item, 'tok', 'S') !== claim?.token;
  if (isBelow(own(item, 'expires_at', 'N'), Math.floor((now - MARGIN * 1000) / 1000))) return true;
  if (status === 'R') return foreign;
  const same = fingerprint instanceof Uint8Array && claim !== undefined && Buffer.from(fingerprint).equals(claim.fingerprint);
  return status === 'P' && isBelow(own(item, 'lx', 'N'), now - MARGIN * 1000) && same && foreign;
}

const OWN_ANSWERS: Readonly<Record<number, string>> = {
  409: 'IDEMPOTENCY_CONFLICT', 410: 'IDEMPOTENCY_RE', 422: 'IDEMPOTENCY_KEY_REUSED', 503: 'IDEMPOTENCY_STORE_UNAVAILABLE',
};

/** Where nothing ran: a refusal of our own, or what the record says. */
function isRight(answer: Answer, item: Item, kind: RecordKind, changed: readonly string[]): void {
  if (answer.headers?.['X-Idempotent-Replay'] !== 'true') {
    const prefix = OWN_ANSWERS[answer.statusCode];
    holds(prefix !== undefined && (JSON.parse(answer.body) as { code: string }).code.startsWith(prefix), `an answer of its own kind, not ${answer.statusCode}`);
    return;
  }
  holds(own(item, 'st', 'S') === 'C', 'a replay of what is not completed');
  equals(answer.statusCode, Number(own(item, 'rs', 'N')), 'the status of a replay');
  const body = own(item, 'rb', 'B');
  const flags = Number(own(item, 're', 'N'));
  if (body instanceof Uint8Array && flags < 4 && own(item, 'ro', 'S') === undefined) {
    const bytes = (flags & 2) === 0 ? Buffer.from(body) : inflateRawSync(body);
    equals(answer.body, bytes.toString((flags & 1) === 0 ? 'utf8' : 'base64'), 'the body of a replay');
  } else if (!changed.some((name) => ['rb', 're', 'ro', 'rs', 'rh'].includes(name))) {
    equals(answer.body, RESPONSES[kind]!.body, 'the body of a replay');
  }
}

