import { acquire, type Ownership, type Ports } from '../../../runtime/protocol/acquire';
import { complete, release } from '../../../runtime/protocol/conclude';
import { isReadable, type IdempotencyRecord, type StoredRecord } from '../../../runtime/protocol/record';
import { applyClaim, applyCompletion, applyRelease, isExpired, sameBytes } from '../../../runtime/protocol/transitions';
import { DualWriteStore, type MigrationPhase } from '../../../runtime/stores/migration/dual-write-store';
import type { Claim, Completion, IdempotencyStore, Release } from '../../../runtime/stores/store';
import { epochMillis, millis, type Clock, type MonotonicMillis } from '../../../runtime/time';

/**
 * Requests for one key on hosts in phases of a migration, in every order in which
 * their calls to the two stores can happen, with faults and the end of leases. The
 * old store is a former table: it has one item, whosever the key is; the new one
 * has a record for each tenant.
 * Like `explorer.ts`, for two records: a schedule is a list of choices, replayed
 * from the start, and states already seen are not entered again.
 */
const LEASE = millis(2_000);
const TTL = millis(1_000_000);
const FOREVER = Number.MAX_SAFE_INTEGER as MonotonicMillis;

export interface MigrationScenario {
  /** The phase of each request's host. A request starts whenever the schedule says so, in this order. */
  readonly phases: readonly MigrationPhase[];
  /** Requests that start only once all before them have ended. */
  readonly afterwards?: readonly number[];
  /** Whose each request is. @default - all of one tenant */
  readonly tenants?: readonly number[];
  /** What each request asks for: the same key with another payload is another operation. @default - all for the same */
  readonly payloads?: readonly number[];
  /** Whether an item of the old store says whose record it is; without it everybody takes it for his own. @default true */
  readonly named?: boolean;
  /** How many crashes, lost replies, resends and drops there may be, all in all. */
  readonly faults: number;
  /** How often time may jump past a lease. */
  readonly jumps: number;
  /** Requests whose handler asks to be retried, so that they release. */
  readonly retryable?: readonly number[];
}

export interface MigrationFindings {
  readonly states: number;
  readonly violation?: { readonly invariant: string; readonly schedule: readonly string[] };
  readonly witnessed: ReadonlySet<string>;
}

type StoreName = 'old' | 'new';
type Operation =
  | { kind: 'claim'; claim: Claim }
  | { kind: 'complete'; completion: Completion }
  | { kind: 'release'; release: Release }
  | { kind: 'read'; id: string };

interface Pending {
  readonly request: number;
  readonly store: StoreName;
  readonly operation: Operation;
  /** It has been carried out once, and the SDK has sent it again. */
  readonly resent?: true;
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

class World {
  public violation: string | undefined;
  public readonly witnessed = new Set<string>();
  #time = 1_000_000;
  /** By id; that of the one item of the old store is always the same. */
  #records: Record<StoreName, Record<string, StoredRecord | undefined>> = { old: {}, new: {} };
  #pending: Pending[] = [];
  #started = 0;
  #faults: number;
  #jumps: number;
  #leaseExpired = false;
  /** By operation. */
  readonly #executions: Record<string, number> = {};
  readonly #answers: Record<string, number> = {};
  readonly #ended = new Map<number, string>();
  /** Everything a request has seen so far, which determines what it does next. */
  readonly #histories: string[];

  public constructor(private readonly scenario: MigrationScenario) {
    this.#faults = scenario.faults;
    this.#jumps = scenario.jumps;
    this.#histories = scenario.phases.map(() => '');
  }

  public choices(): string[] {
    const choices: string[] = [];
    for (const { request, operation, resent } of this.#pending) {
      choices.push(`${request} deliver`);
      if (this.#faults === 0) continue;
      choices.push(`${request} crash`, `${request} drop`);
      if (operation.kind !== 'read') choices.push(`${request} lose-reply`, `${request} crash-after`);
      if (operation.kind !== 'read' && !resent) choices.push(`${request} resend`);
    }
    const mayStart = !this.scenario.afterwards?.includes(this.#started) || this.#ended.size === this.#started;
    if (this.#started < this.scenario.phases.length && mayStart) choices.push('start');
    if (this.#jumps > 0 && this.#pending.length > 0) choices.push('jump');
    return choices;
  }

  public async take(choice: string): Promise<void> {
    const [who, what] = choice.split(' ') as [string, string];
    if (who === 'start') {
      void this.#run(this.#started++);
    } else if (who === 'jump') {
      this.#jumps--;
      this.#leaseExpired = true;
      this.#time += LEASE + 1;
    } else {
      this.#deliver(Number(who), what);
    }
    await settle();
  }

  public key(): string {
    return JSON.stringify([
      this.#time, this.#records, this.#pending.map(({ request, store, operation, resent }) => [request, store, operation.kind, resent]),
      this.#started, this.#faults, this.#jumps, this.#executions, this.#answers, [...this.#ended], this.#histories,
    ]);
  }

  /**
   * Once all is over and each lease has run out, a retry on a host of any phase
   * has the one answer, or executes where there is none; it is refused only where
   * another operation has the key.
   */
  public async finalRetries(): Promise<void> {
    this.#faults = 0;
    const operations = new Map(this.scenario.phases.map((_, request) => [this.#operationOf(request), request] as const));
    for (const [operation, first] of operations) {
      for (const phase of new Set(this.scenario.phases)) {
        this.#time += LEASE + 1;
        const request = this.#histories.push('') - 1;
        const outcome = acquire(this.#keyOf(first), terms, this.#ports(request, phase), FOREVER);
        await settle();
        while (this.#pending.length > 0) await this.take(`${this.#pending[0]!.request} deliver`);
        const acquired = await outcome;
        const answered = this.#answers[operation] !== undefined;
        if (acquired.kind === 'replay') {this.#note(first, acquired.record.response!.statusCode);} else if (acquired.kind === 'mismatch' && operations.size > 1) {
          if (answered && phase === 'both') this.#broken('I7: an operation with an answer is refused');
          this.witnessed.add('refused, for the key is another operation’s');
        } else if (acquired.kind !== 'owner') {this.#broken(`I7: a retry after all leases got ${acquired.kind}`);} else if (answered) {this.#broken('I8: an operation with an answer would be executed again');}
        if (acquired.kind === 'owner') break;
      }
    }
  }

  #keyOf(request: number): { readonly id: string; readonly fingerprint: Uint8Array } {
    const { tenants = [], payloads = [] } = this.scenario;
    return { id: `of tenant ${tenants[request] ?? 0}`, fingerprint: Uint8Array.of(payloads[request] ?? 1) };
  }

  #operationOf(request: number): string {
    const { id, fingerprint } = this.#keyOf(request);
    return `${id}, payload ${fingerprint[0]}`;
  }

  async #run(request: number): Promise<void> {
    const ports = this.#ports(request, this.scenario.phases[request]!);
    const acquired = await acquire(this.#keyOf(request), terms, ports, FOREVER);
    let end: string = acquired.kind;
    if (acquired.kind === 'replay') this.#note(request, acquired.record.response!.statusCode);
    if (acquired.kind === 'conflict' && acquired.record.token.startsWith(`${request}.`)) this.#broken('I6: refused because of its own claim');
    if (acquired.kind === 'owner') end = await this.#execute(request, acquired.ownership, ports);
    this.witnessed.add(end);
    this.#ended.set(request, end);
  }

  async #execute(request: number, ownership: Ownership, ports: Ports): Promise<string> {
    // The wrapper starts no handler that has no time left.
    if (this.#time >= ownership.leaseDeadline) return (await release(ownership, ports, FOREVER)) ? 'too late' : 'too late and superseded';
    const operation = this.#operationOf(request);
    const executions = (this.#executions[operation] ?? 0) + 1;
    this.#executions[operation] = executions;
    if (executions > 1) {
      this.witnessed.add('second execution');
      if (!this.#leaseExpired) this.#broken('I8: two executions without the end of a lease');
      if (!ownership.mayFollowUnfinished) this.#broken('a second execution that is not told of the first one');
    }
    if (this.scenario.retryable?.includes(request)) {
      this.#executions[operation] = executions - 1;
      return (await release(ownership, ports, FOREVER)) ? 'released' : 'release refused';
    }
    const response = { statusCode: request, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } };
    const concluded = await complete(ownership, response, { ttl: TTL }, ports, FOREVER);
    if (concluded.kind === 'recorded') this.#note(request, request);
    if (concluded.kind === 'superseded') this.#note(request, concluded.winner.response!.statusCode);
    return concluded.kind;
  }

  #note(request: number, writer: number): void {
    const operation = this.#operationOf(request);
    if (this.#operationOf(writer) !== operation) this.#broken('I4: an answer that was made for another operation');
    if (this.#answers[operation] !== undefined && this.#answers[operation] !== writer) this.#broken('I3: two different answers for one operation');
    this.#answers[operation] = writer;
  }

  #broken(invariant: string): void {
    this.violation ??= invariant;
  }

  #ports(request: number, phase: MigrationPhase): Ports {
    let tokens = 0;
    const clock: Clock = {
      now: () => epochMillis(this.#time),
      monotonic: () => this.#time as MonotonicMillis,
      // A pause ends at once; a time-out only when the schedule says that a call failed.
      sleep: (_, signal) =>
        signal === undefined ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    };
    const store = new DualWriteStore(this.#store(request, 'old'), this.#store(request, 'new'), {
      phase,
      onDivergence: ({ kind, store: where, repaired }) => this.witnessed.add(`${kind} in ${where}${repaired ? ', repaired' : ''}`),
    });
    return { store, clock, token: () => `${request}.${tokens++}`, sameRequest: sameBytes };
  }

  #store(request: number, name: StoreName): IdempotencyStore {
    const send = <T>(operation: Operation): Promise<T> =>
      new Promise<T>((resolve, reject) =>
        this.#pending.push({ request, store: name, operation, resolve: resolve as (value: unknown) => void, reject }),
      );
    return {
      limits: { itemBytes: 0, writeUnitBytes: 0 },
      claim: (claim) => send({ kind: 'claim', claim }),
      complete: (completion) => send({ kind: 'complete', completion }),
      release: (given) => send({ kind: 'release', release: given }),
      read: (id) => send({ kind: 'read', id }),
    };
  }

  #deliver(request: number, how: string): void {
    const index = this.#pending.findIndex((pending) => pending.request === request);
    const [pending] = this.#pending.splice(index, 1) as [Pending];
    const { store, operation, resolve, reject } = pending;
    if (how !== 'deliver') this.#faults--;
    const seen = (what: string) => (this.#histories[request] += `|${store}.${operation.kind}:${what}@${this.#time}`);
    if (how === 'crash' || how === 'crash-after') {
      if (how === 'crash-after') this.#apply(store, operation);
      this.#ended.set(request, 'crashed');
      this.witnessed.add('crash');
      return;
    }
    if (how === 'deliver') {
      const reply = this.#apply(store, operation);
      seen(JSON.stringify(reply) ?? 'absent');
      return resolve(reply);
    }
    if (how === 'resend') {
      this.#apply(store, operation);
      return void this.#pending.push({ ...pending, resent: true });
    }
    if (how === 'lose-reply') this.#apply(store, operation);
    seen('lost');
    reject(new Error(how));
  }

  #apply(store: StoreName, operation: Operation): unknown {
    const id = idIn(operation);
    const item = store === 'old' ? 'the one' : id;
    const unnamed = store === 'old' && this.scenario.named === false;
    const stored = this.#records[store][item];
    const before = unnamed && stored !== undefined ? { ...stored, id } : stored;
    if (operation.kind === 'read') return shownTo(id, before);
    const { record, reply } =
      operation.kind === 'claim' ? applyClaim(before, operation.claim)
        : operation.kind === 'complete' ? applyCompletion(before, operation.completion)
          : applyRelease(before, operation.release);
    if (reply.applied && operation.kind === 'claim' && completed(before) && !isExpired(before, operation.claim.now, millis(0))) {
      this.#broken('I2: a recorded response was overwritten within its retention');
    }
    if (reply.applied && operation.kind === 'claim' && inProgress(before) && !isSame(before, operation.claim)) {
      this.#broken('I4: a live key was bound to another operation');
    }
    this.#records[store][item] = record;
    if ('current' in reply) return { ...reply, current: shownTo(id, reply.current) };
    return reply;
  }
}

const idIn = (operation: Operation): string => {
  switch (operation.kind) {
    case 'claim':
      return operation.claim.id;
    case 'complete':
      return operation.completion.id;
    case 'release':
      return operation.release.id;
    case 'read':
      return operation.id;
  }
};

/** As a store over a former table shows an item: another's without its response. */
const shownTo = (id: string, record: StoredRecord | undefined): StoredRecord | undefined =>
  record === undefined || record.id === id ? record : { ...record, response: undefined };

const terms = { lease: LEASE, ttl: TTL, margin: millis(0), takeover: true };

const completed = (record: StoredRecord | undefined): record is IdempotencyRecord =>
  record !== undefined && isReadable(record) && record.status === 'C';

const inProgress = (record: StoredRecord | undefined): record is IdempotencyRecord =>
  record !== undefined && isReadable(record) && record.status === 'P';

const isSame = (record: IdempotencyRecord, { id, fingerprint }: Claim): boolean => record.id === id && sameBytes(record.fingerprint, fingerprint);

/** Lets every promise that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Depth first through every schedule of the scenario; stops at the first violation. */
export async function exploreMigration(scenario: MigrationScenario): Promise<MigrationFindings> {
  const seen = new Set<string>();
  const witnessed = new Set<string>();
  const stack: string[][] = [[]];
  for (let schedule = stack.pop(); schedule !== undefined; schedule = stack.pop()) {
    const world = new World(scenario);
    for (const choice of schedule) await world.take(choice);
    for (;;) {
      const choices = world.choices();
      const isNew = !seen.has(world.key());
      if (isNew && choices.length === 0) await world.finalRetries();
      for (const situation of world.witnessed) witnessed.add(situation);
      if (world.violation !== undefined) return { states: seen.size, witnessed, violation: { invariant: world.violation, schedule } };
      if (!isNew || choices.length === 0) break;
      seen.add(world.key());
      const [next, ...rest] = choices as [string, ...string[]];
      for (const choice of rest) stack.push([...schedule, choice]);
      schedule = [...schedule, next];
      await world.take(next);
    }
  }
  return { states: seen.size, witnessed };
}
