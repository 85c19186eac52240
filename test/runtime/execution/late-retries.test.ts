import fc from 'fast-check';
import type { WireKeyTime } from '../../../lib/contract';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { isReadable, type StoredRecord } from '../../../runtime/protocol/record';
import { applyClaim, applyCompletion, applyRelease } from '../../../runtime/protocol/transitions';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { epochMillis, type Clock, type MonotonicMillis } from '../../../runtime/time';
import { Shop } from '../../support/shop';

/** How wrong a client's clock may be, and how far a host's may be from that of whatever deletes. */
const SKEW = 300_000;
const MARGIN = 2_000;
const T0 = 1_800_000_000_000;

/** A table whose expired records are deleted when a test says so, to the millisecond. */
class SweptTable implements IdempotencyStore {
  public readonly limits = { itemBytes: 0, writeUnitBytes: 0 };
  #record: StoredRecord | undefined;

  public sweep(now: number): void {
    if (this.#record !== undefined && isReadable(this.#record) && this.#record.expiresAt * 1000 < now) this.#record = undefined;
  }

  public readonly claim: IdempotencyStore['claim'] = async (claim) => this.#after(applyClaim(this.#record, claim));
  public readonly complete: IdempotencyStore['complete'] = async (completion) => this.#after(applyCompletion(this.#record, completion));
  public readonly release: IdempotencyStore['release'] = async (release) => this.#after(applyRelease(this.#record, release));
  public readonly read: IdempotencyStore['read'] = async () => this.#record;

  #after<Reply>({ record, reply }: { readonly record: StoredRecord | undefined; readonly reply: Reply }): Reply {
    this.#record = record;
    return reply;
  }
}

interface Retention {
  readonly ttlSeconds: number;
  readonly rememberSeconds: number;
}

interface World extends Retention {
  /** Of the client's clock and of each host's, in milliseconds. */
  readonly client: number;
  readonly hosts: readonly [number, number];
  readonly retries: readonly { readonly host: 0 | 1; readonly at: number; readonly swept: boolean }[];
}

/** How often the handler runs for one operation: sent once, and again at each of the times. */
async function executions(
  keyTime: WireKeyTime,
  world: World,
  optionsAt: (at: number) => IdempotencyOptions = () => ({ ttlSeconds: world.ttlSeconds, rememberSeconds: world.rememberSeconds }),
): Promise<number> {
  const { client, hosts, retries } = world;
  let time = T0;
  let calls = 0;
  const table = new SweptTable();
  const shops = new Map<string, Shop>();
  const shop = (host: 0 | 1): Shop => {
    const options = optionsAt(time - T0);
    const name = JSON.stringify([host, options]);
    const clock: Clock = { now: () => epochMillis(time + hosts[host]), monotonic: () => time as MonotonicMillis, sleep: () => new Promise(() => {}) };
    const respond = () => ({ statusCode: 201, body: `payment ${++calls}` });
    const made = shops.get(name) ?? new Shop({ options: { store: table, keyTime, ...options }, respond, host: { clock } });
    shops.set(name, made);
    return made;
  };
  const sent = T0 + client;
  const hex = sent.toString(16).padStart(12, '0');
  const key = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000001`;
  const headers = { 'Repeatability-First-Sent': new Date(sent).toUTCString() };
  await shop(0).pay(key, { headers });
  for (const { host, at, swept } of [...retries].sort((a, b) => a.at - b.at)) {
    time = T0 + at;
    if (swept) table.sweep(time);
    await shop(host).pay(key, { headers });
  }
  return calls;
}

const hostClock = fc.constantFrom(-MARGIN, 1 - MARGIN, -999, -1, 0, 1, 999, MARGIN);

const retention: fc.Arbitrary<Retention> = fc
  .record({ ttlSeconds: fc.integer({ min: 1, max: 100_000 }), rememberSeconds: fc.integer({ min: 0, max: 1_000_000 }) })
  .filter((drawn) => lengthOf(drawn) > 2 * (SKEW + MARGIN));

const lengthOf = ({ ttlSeconds, rememberSeconds }: Retention): number => (ttlSeconds + rememberSeconds) * 1000;

const clientClock = fc.oneof(fc.constantFrom(-SKEW, 0, SKEW), fc.integer({ min: -SKEW, max: SKEW }));

/** At any time until the latest of these moments has passed twice, and often near one of them. */
const retriesAround = (moments: readonly number[]): fc.Arbitrary<World['retries']> => {
  const near = (moment: number) => fc.integer({ min: -3_000, max: 3_000 }).map((off) => Math.max(0, moment + off));
  const at = fc.oneof(fc.integer({ min: 0, max: 2 * Math.max(...moments) }), ...moments.map(near));
  return fc.array(fc.record({ host: fc.constantFrom(0 as const, 1 as const), at, swept: fc.boolean() }), { minLength: 1, maxLength: 6 });
};

const settings = fc.record({ kept: retention, client: clientClock, hosts: fc.tuple(hostClock, hostClock) });

const worlds: fc.Arbitrary<World> = settings.chain(({ kept, client, hosts }) => {
  const end = lengthOf(kept);
  const last = end + client - SKEW;
  return retriesAround([end, end - SKEW, last, last - MARGIN - hosts[0], last - MARGIN - hosts[1], kept.ttlSeconds * 1000])
    .map((retries) => ({ ...kept, client, hosts, retries }));
});

const onlyOnce = (keyTime: WireKeyTime) => fc.asyncProperty(worlds, async (world) => (await executions(keyTime, world)) <= 1);

describe('an operation that is sent again at any time, its record deleted at any time after its end', () => {
  test.each<[string, WireKeyTime]>([['the key', 'uuidv7'], ['a header', { header: 'Repeatability-First-Sent' }]])(
    'F111: is executed once where %s says when it was first sent, whatever the clocks within their bounds (I9)',
    (_, keyTime) => fc.assert(onlyOnce(keyTime), {
      numRuns: 600,
      examples: [
        // The client as far ahead as it may be, and the retry in the last moment before 412, on a host that is as far behind as it may be.
        [{ ttlSeconds: 600, rememberSeconds: 5, client: SKEW, hosts: [0, 0], retries: [{ host: 1, at: 603_000, swept: true }] }],
        [{ ttlSeconds: 600, rememberSeconds: 5, client: SKEW, hosts: [0, -MARGIN], retries: [{ host: 1, at: 605_000, swept: true }] }],
        // The same where the record does not end with a second.
        [{ ttlSeconds: 600, rememberSeconds: 5, client: SKEW, hosts: [1, -MARGIN], retries: [{ host: 1, at: 605_000, swept: true }] }],
        [{ ttlSeconds: 700, rememberSeconds: 0, client: SKEW - 1, hosts: [-1, -MARGIN], retries: [{ host: 1, at: 699_999, swept: true }] }],
      ],
    }),
  );

  test('F111: and is executed again without a key time, however long its key is remembered', async () => {
    const { failed, counterexample } = await fc.check(onlyOnce('none'), { numRuns: 600, seed: 1 });
    expect(failed).toBe(true);
    expect(await executions('none', counterexample![0])).toBeGreaterThan(1);
    expect(await executions('uuidv7', counterexample![0])).toBe(1);
  });

  test.each([-1, 1])('F111: a client’s clock that is wrong by more than 5 minutes (%i) is none that the promise is about: ahead, it is told so', async (direction) => {
    const wrong: World = { ttlSeconds: 3_600, rememberSeconds: 0, client: direction * (SKEW + 60_000), hosts: [0, 0], retries: [] };
    expect(await executions('uuidv7', wrong)).toBe(direction < 0 ? 1 : 0);
  });
});

describe('F174: a retention that is made longer under live keys, whose former records end by the former one', () => {
  interface ChangingWorld extends World {
    readonly former: Retention;
    /** From when on no host has the former settings. */
    readonly changedAt: number;
  }

  const changing: fc.Arbitrary<ChangingWorld> = fc.record({
    kept: fc.tuple(retention, retention).map((two) => [...two].sort((a, b) => lengthOf(a) - lengthOf(b)) as [Retention, Retention]),
    client: clientClock,
    hosts: fc.tuple(hostClock, hostClock),
    changed: fc.oneof(fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 1, max: 150 })),
  }).chain(({ kept: [former, latter], client, hosts, changed }) => {
    const changedAt = changed > 150 ? changed : Math.round((lengthOf(former) * changed) / 100);
    const [before, after] = [lengthOf(former), lengthOf(latter)];
    return retriesAround([before, before + client - SKEW, changedAt, changedAt + after, after, after + client - SKEW - MARGIN])
      .map((retries) => ({ ...latter, client, hosts, retries, former, changedAt }));
  });

  /** The settings of a deployment that says how old keys may be until the new retention has passed once, or that does not say so. */
  const deployed = (world: ChangingWorld, says: boolean) => (at: number): IdempotencyOptions => {
    const { former, ttlSeconds, rememberSeconds, changedAt } = world;
    if (at < changedAt) return { ...former };
    const held = says && at < changedAt + lengthOf(world);
    return { ttlSeconds, rememberSeconds, ...(held ? { maxKeyAgeSeconds: lengthOf(former) / 1000 } : {}) };
  };
  const onlyOnceWhere = (says: boolean) => fc.asyncProperty(changing, async (world) => (await executions('uuidv7', world, deployed(world, says))) <= 1);

  const RAISED: ChangingWorld = {
    former: { ttlSeconds: 86_400, rememberSeconds: 0 },
    ttlSeconds: 86_400,
    rememberSeconds: 2_592_000,
    changedAt: 90_000_000,
    client: 0,
    hosts: [0, 0],
    retries: [{ host: 0, at: 100_000_000, swept: true }],
  };

  test('F174: no operation is executed again where keys may be as old as before until the new one has passed once (I9)', () =>
    fc.assert(onlyOnceWhere(true), { numRuns: 400, examples: [[RAISED]] }));

  test('F174: and some are where nobody says so', async () => {
    expect(await executions('uuidv7', RAISED, deployed(RAISED, false))).toBe(2);
    expect((await fc.check(onlyOnceWhere(false), { numRuns: 400, seed: 1 })).failed).toBe(true);
  });
});
