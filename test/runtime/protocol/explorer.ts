import { createHash } from 'node:crypto';
import { decodeExplored, writeByExpressions, type ExpressionReply } from './write-by-expressions';
import { acquire, type Acquired, type Ownership, type Ports } from '../../../runtime/protocol/acquire';
import { commit, type Committed } from '../../../runtime/protocol/commit';
import { complete, release, type Concluded } from '../../../runtime/protocol/conclude';
import { judgeKeyTime } from '../../../runtime/protocol/key-time';
import { isReadable, type IdempotencyRecord, type StoredRecord } from '../../../runtime/protocol/record';
import { lengthOf } from '../../../runtime/protocol/retention';
import { applyClaim, applyCommit, applyCompletion, applyRelease, isExpired, sameBytes } from '../../../runtime/protocol/transitions';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport, UpdateRequest } from '../../../runtime/stores/dynamodb/dynamodb-transport';
import type { Claim, ClaimReply, Commit, CommitReply, Completion, IdempotencyStore, Release, WriteReply } from '../../../runtime/stores/store';
import { epochMillis, millis, plus, type Clock, type EpochMillis, type Millis, type MonotonicMillis } from '../../../runtime/time';
import type { Item } from '../../support/expressions/evaluate';

/**
 * Runs the shipped protocol in every order in which its store calls, its faults
 * and the passing of time can happen, and checks the invariants of the protocol
 * in each state. A schedule is a list of choices; it is replayed from the start
 * to reach a state, and states already seen are not entered again.
 */

const LEASE = millis(2_000);
const TTL = millis(4_000);
const START = 1_000_000;
const FOREVER = Number.MAX_SAFE_INTEGER as MonotonicMillis;

/** What differs between runs of the exploration. */
export interface Scenario {
  /**
   * Through the DynamoDB store's own expressions, on an item, instead of the pure
   * transitions: what is explored is then what is sent. A variant may rewrite them.
   */
  readonly expressions?: true | ((request: UpdateRequest, kind: Write['kind']) => UpdateRequest);
  readonly requests: number;
  /** How many crashes, lost replies, drops and delays there may be, all in all. */
  readonly faults: number;
  /** How often time may jump, and how far: a second, past the lease, to the last moment at which a key's time is not late, or past everything. */
  readonly jumps: number;
  readonly jumpsTo?: readonly ('second' | 'lease' | 'limit' | 'retention')[];
  /** Payload of each request; different numbers are different requests. */
  readonly payloads: readonly number[];
  /** Clock skew of the second request's host. */
  readonly skew?: Millis;
  readonly margin?: Millis;
  /** How long a key is known after its response. */
  readonly remember?: Millis;
  /** The requests say when the operation was first sent, which was at the start. */
  readonly keyTime?: KeyTime;
  /** Requests whose handler asks to be retried, so that they release. */
  readonly retryable?: readonly number[];
  /** Requests whose handler commits its effects; where they are refused it answers something else. */
  readonly commits?: readonly number[];
  /** The condition of the effects holds from the start, or from some moment on. */
  readonly effectsHold?: 'always' | 'later';
  /** Variants that must fail: a key given back after a commit of unknown outcome, a refusal believed while a send may still arrive. */
  readonly afterUnknownCommit?: 'release' | 'believe-refusal';
  /** A variant that must fail: a transport that sends a commit again and does not say so. */
  readonly resendsInSilence?: boolean;
  /** How long a host goes on after its lease: Lambda kills late. */
  readonly overrun?: Millis;
  /** Leaves I1 out, to see that the other invariants do not rest on it. */
  readonly leasesMayOverlap?: boolean;
  readonly transitions?: Partial<Transitions>;
  /** How the store shows a record to a request: a variant may hide whose token it is. */
  readonly show?: (record: StoredRecord | undefined, request: number) => StoredRecord | undefined;
  /** What a superseded request tells its caller: `own` is the variant that must fail. */
  readonly supersededAnswers?: 'own';
}

export interface KeyTime {
  /** How far ahead of the hosts' clocks the client's is. */
  readonly clientAhead: Millis;
  /** How far it is taken to be at the most: less than it is, in a variant that must fail. */
  readonly skew: Millis;
  /** Variants that must fail: a time that nobody looks at, or only before the claim. */
  readonly judged?: 'never' | 'before the claim alone';
}

export interface Transitions {
  claim: typeof applyClaim;
  complete: typeof applyCompletion;
  release: typeof applyRelease;
  commit: typeof applyCommit;
}

export interface Findings {
  readonly states: number;
  readonly schedules: number;
  /** The first violation, with the schedule that leads to it. */
  readonly violation?: { readonly invariant: string; readonly schedule: readonly string[] };
  /** How often each situation of interest occurred. */
  readonly witnessed: ReadonlyMap<string, number>;
}

export type Write = (
  | { kind: 'claim'; claim: Claim }
  | { kind: 'complete'; completion: Completion }
  | { kind: 'commit'; commit: Commit }
  | { kind: 'release'; release: Release }
) & { readonly sent?: UpdateRequest };
type Operation = Write | { kind: 'read' };

interface Pending {
  readonly request: number;
  readonly operation: Operation;
  readonly sends: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

class Violation extends Error {}

class World {
  public time = START;
  public record: StoredRecord | undefined;
  #item: Item | undefined;
  public pending: Pending[] = [];
  public waiting: number[];
  public delayed: { readonly request: number; readonly write: Write }[] = [];
  public faults: number;
  public jumps: number;
  public readonly crashed = new Set<number>();
  public readonly finished = new Map<number, string>();
  /** Everything a request has seen so far, which determines what it does next. */
  public readonly histories: string[];
  public readonly witnessed = new Set<string>();
  // Thrown inside a request's own promise chain, so it is kept for the search to find.
  public violation: Violation | undefined;
  // What the checks need to know beyond the record itself.
  #lastClaimer = -1;
  #epoch = 0;
  #answer: number | undefined;
  #executions: { readonly request: number; readonly until: number }[] = [];
  #effectsHold: boolean;
  #effects: { readonly token: string; readonly epoch: number }[] = [];
  readonly #toldRefused = new Set<string>();
  #hasRun = false;
  #mayBeForgotten = false;

  public constructor(private readonly scenario: Scenario) {
    this.faults = scenario.faults;
    this.jumps = scenario.jumps;
    this.#effectsHold = scenario.effectsHold !== 'later';
    this.histories = Array.from({ length: scenario.requests }, () => '');
    // The first request starts at once; the others when the schedule says so.
    this.waiting = Array.from({ length: scenario.requests - 1 }, (_, index) => index + 1);
    this.#start(0);
  }

  /** Everything that can happen next. */
  public choices(): string[] {
    const choices: string[] = [];
    this.pending.forEach(({ request, operation, sends }) => {
      choices.push(`${request} deliver`);
      if (this.faults === 0) return;
      choices.push(`${request} crash`, `${request} drop`);
      if (operation.kind === 'read') return;
      choices.push(`${request} lose-reply`, `${request} crash-after`, `${request} delay`);
      if (sends === 1) choices.push(`${request} lose-reply-resend`, `${request} delay-resend`);
    });
    this.delayed.forEach((_, index) => choices.push(`land ${index}`));
    if (!this.#effectsHold) choices.push('fulfil');
    if (this.waiting.length > 0) choices.push(`start ${this.waiting[0]}`);
    if (this.jumps > 0 && this.pending.length + this.delayed.length + this.waiting.length > 0) {
      choices.push(...(this.scenario.jumpsTo ?? ['lease', 'retention']).map((target) => `jump ${target}`));
    }
    if (this.record !== undefined && isReadable(this.record) && this.record.expiresAt * 1000 < this.time) choices.push('ttl-delete');
    return choices;
  }

  /** Carries out one choice; a violation that it leads to is in `violation`. */
  public async take(choice: string): Promise<void> {
    try {
      this.#take(choice);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
    }
    await settle();
  }

  #take(choice: string): void {
    const [first, second] = choice.split(' ') as [string, string];
    if (first === 'jump') {
      this.jumps--;
      const lengths = { second: 1_000, lease: LEASE + this.#margin + 1_000, retention: LEASE + lengthOf(this.#terms) + this.#margin + 2_000 };
      if (second === 'limit') this.time = Math.max(this.time, this.#limit);
      else this.time += lengths[second as keyof typeof lengths];
    } else if (first === 'fulfil') {
      this.#effectsHold = true;
    } else if (first === 'start') {
      this.waiting.shift();
      this.#start(Number(second));
    } else if (first === 'ttl-delete') {
      this.record = undefined;
      this.#item = undefined;
      this.#mayBeForgotten ||= this.#hasRun;
      this.#forget();
    } else if (first === 'land') {
      const [late] = this.delayed.splice(Number(second), 1);
      this.#apply(late!.request, late!.write, true);
    } else {
      this.#deliver(Number(first), second);
    }
  }

  /** Two schedules that lead to the same key lead to the same future. */
  public key(): string {
    const all = JSON.stringify([
      this.time,
      this.waiting,
      this.record === undefined ? null : { ...this.record, fingerprint: undefined },
      this.pending.map(({ request, operation, sends }) => [request, operation.kind, sends]),
      this.delayed.map(({ request, write }) => [request, write]),
      this.faults,
      this.jumps,
      [...this.crashed],
      [...this.finished],
      this.histories,
      this.#lastClaimer,
      this.#epoch,
      this.#answer,
      this.#executions,
      this.#effectsHold,
      this.#effects,
      [...this.#toldRefused],
      this.#hasRun,
      this.#mayBeForgotten,
    ]);
    return createHash('sha1').update(all).digest('base64');
  }

  /** I7: once faults have stopped, a retry after the lease gets an answer. */
  public async finalRetry(): Promise<void> {
    this.time += LEASE + this.#margin + 1_000;
    this.faults = 0;
    const writer = this.record !== undefined && isReadable(this.record) ? this.record.fingerprint[0]! : 0;
    const outcome = acquire(
      { id: 'key', fingerprint: Uint8Array.of(writer) },
      this.#terms,
      this.#ports(this.scenario.requests),
      FOREVER,
    );
    await settle();
    while (this.pending.length > 0) await this.take(`${this.pending[0]!.request} deliver`);
    const { kind } = await outcome;
    if (kind !== 'owner' && kind !== 'replay' && kind !== 'response-expired') this.#broken(`I7: a retry after the lease got ${kind}`);
  }

  get #margin(): Millis {
    return this.scenario.margin ?? this.scenario.skew ?? millis(0);
  }

  get #terms() {
    const { remember = millis(0) } = this.scenario;
    return { lease: LEASE, ttl: TTL, remember, margin: this.#margin, takeover: true };
  }

  /** The last moment at which the second request's host does not find its key too old. */
  get #limit(): number {
    const { keyTime, skew = 0 } = this.scenario;
    return START + keyTime!.clientAhead + lengthOf(this.#terms) - keyTime!.skew - this.#margin - skew;
  }

  #isLate(now: EpochMillis): boolean {
    const { keyTime } = this.scenario;
    if (keyTime === undefined || keyTime.judged === 'never') return false;
    return judgeKeyTime(plus(epochMillis(START), keyTime.clientAhead), now, this.#terms, keyTime.skew) === 'late';
  }

  #start(request: number): void {
    this.#run(request).catch((error: unknown) => {
      if (!(error instanceof Violation)) throw error;
    });
  }

  async #run(request: number): Promise<void> {
    this.histories[request] += `start@${this.time}`;
    const ports = this.#ports(request);
    if (this.#isLate(ports.clock.now())) {
      this.witnessed.add('too late to be executed');
      this.finished.set(request, 'late');
      return;
    }
    const acquired = await acquire(
      { id: 'key', fingerprint: Uint8Array.of(this.scenario.payloads[request]!) },
      this.#terms,
      ports,
      FOREVER,
    );
    this.finished.set(request, await this.#carryOn(request, acquired, ports));
  }

  async #carryOn(request: number, acquired: Acquired, ports: Ports): Promise<string> {
    switch (acquired.kind) {
      case 'owner':
        if (this.scenario.keyTime?.judged !== 'before the claim alone' && this.#isLate(ports.clock.now())) {
          this.witnessed.add('too late when the claim was answered');
          await release(acquired.ownership, ports, FOREVER);
          return 'late';
        }
        return this.#execute(request, acquired.ownership, ports);
      case 'replay':
        this.#answered(request, acquired.record);
        return 'replay';
      case 'response-expired':
        this.witnessed.add('known, its response kept no longer');
        return acquired.kind;
      case 'conflict':
        if (tokenOwner(acquired.record.token) === request) throw this.#broken('I6: refused because of its own claim');
        return 'conflict';
      default:
        return acquired.kind;
    }
  }

  async #execute(request: number, ownership: Ownership, ports: Ports): Promise<string> {
    const running = this.#executions.filter(({ until }) => this.time < until);
    if (running.length > 0 && !this.scenario.leasesMayOverlap) throw this.#broken('I1: a second execution while the first one held its lease');
    if (this.#executions.length > 0) this.witnessed.add(ownership.takeover ? 'second execution, told so' : 'second execution, not told');
    this.#executions.push({ request, until: ownership.leaseDeadline + (this.scenario.overrun ?? 0) });
    if (this.#mayBeForgotten && this.scenario.keyTime !== undefined) throw this.#broken('I9: an execution after the operation may have been forgotten');
    this.#hasRun = true;
    const attemptEpoch = this.#epoch;
    if (this.scenario.retryable?.includes(request)) {
      this.#executions = this.#executions.filter((execution) => execution.request !== request);
      const released = await release(ownership, ports, FOREVER);
      return released ? 'released' : 'release refused';
    }
    if (this.scenario.commits?.includes(request)) {
      const { store } = ports;
      const effects = { response: responseOf(request), effects: [request], requestToken: ownership.claim.token };
      const deadline = (this.time + LEASE / 2) as MonotonicMillis;
      const commitPorts = { ...ports, store: store as Required<typeof store>, random: () => 0 };
      const committed = await commit(ownership, effects, this.#terms, commitPorts, deadline);
      return this.#committed(request, committed, ownership, ports, attemptEpoch);
    }
    const concluded = await complete(ownership, responseOf(request), this.#terms, ports, FOREVER);
    return this.#concluded(request, concluded, attemptEpoch);
  }

  async #committed(request: number, committed: Committed, ownership: Ownership, ports: Ports, epoch: number): Promise<string> {
    const { token } = ownership.claim;
    const happened = this.#effects.some((effect) => effect.token === token);
    switch (committed.kind) {
      case 'recorded':
        if (!happened) throw this.#broken('I10: a response on record without its effects');
        return this.#concluded(request, committed, epoch);
      case 'refused':
        return this.#answerInstead(request, ownership, ports, epoch);
      case 'contended':
        throw this.#broken('nothing contends here');
      case 'unknown':
        this.witnessed.add(`unknown commit, ${happened ? 'carried out' : 'not carried out'}`);
        if (this.scenario.afterUnknownCommit === 'release') await release(ownership, ports, FOREVER);
        if (this.scenario.afterUnknownCommit === 'believe-refusal' && !this.#effectsHold) return this.#answerInstead(request, ownership, ports, epoch);
        return 'unknown';
      default:
        // What has been forgotten since is another operation's time.
        if (this.#effects.some((effect) => effect.token === token && effect.epoch === this.#epoch)) {
          throw this.#broken('I10: effects of an execution that was told that it is superseded');
        }
        return committed.kind === 'unrecorded' ? 'unrecorded' : this.#concluded(request, committed, epoch);
    }
  }

  /** The handler has been told that its effects were refused, and answers something that has none. */
  async #answerInstead(request: number, ownership: Ownership, ports: Ports, epoch: number): Promise<string> {
    this.#toldRefused.add(ownership.claim.token);
    const instead = request + WITHOUT_EFFECTS;
    const concluded = await complete(ownership, responseOf(instead), this.#terms, ports, FOREVER);
    return this.#concluded(instead, concluded, epoch);
  }

  #concluded(request: number, concluded: Concluded, epoch: number): string {
    if (concluded.kind === 'recorded') {
      if (epoch === this.#epoch) this.#note(request);
    } else if (concluded.kind === 'superseded') {
      this.witnessed.add('superseded, answered with the winner');
      if (this.scenario.supersededAnswers === 'own') this.#note(request);
      else this.#answered(request, concluded.winner);
    } else if (concluded.kind === 'superseded-running') {
      this.witnessed.add('superseded, winner still running');
      if (tokenOwner(concluded.winner.token) === request % WITHOUT_EFFECTS) throw this.#broken('I6: superseded by its own claim');
    }
    return concluded.kind;
  }

  #answered(request: number, record: IdempotencyRecord): void {
    const writer = record.response!.statusCode - FIRST_STATUS;
    if (this.scenario.payloads[writer % WITHOUT_EFFECTS] !== this.scenario.payloads[request % WITHOUT_EFFECTS]) {
      throw this.#broken('I4: an answer that was made for another request');
    }
    // An answer read before the record was forgotten may arrive after it.
    if (isReadable(this.record ?? record) && (this.record as IdempotencyRecord | undefined)?.token === record.token) this.#note(writer);
  }

  #note(writer: number): void {
    if (this.#answer !== undefined && this.#answer !== writer) throw this.#broken('I3: two different answers for one key');
    this.#answer = writer;
  }

  #forget(): void {
    this.#epoch++;
    this.#answer = undefined;
  }

  #ports(request: number): Ports {
    let tokens = 0;
    const clock: Clock = {
      now: () => epochMillis(this.time + (request === 1 ? this.scenario.skew ?? 0 : 0)),
      monotonic: () => this.time as MonotonicMillis,
      // A pause ends at once; a time-out only when the schedule says that a call failed.
      sleep: (_, signal) =>
        signal === undefined ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    };
    const send = <T>(operation: Operation): Promise<T> =>
      new Promise<T>((resolve, reject) =>
        this.pending.push({ request, operation, sends: 1, resolve: resolve as (value: unknown) => void, reject }),
      );
    const store: IdempotencyStore = {
      limits: { itemBytes: 0, writeUnitBytes: 0 },
      claim: (claim) => send<ClaimReply>({ kind: 'claim', claim }),
      complete: (completion) => send<WriteReply>({ kind: 'complete', completion }),
      release: (given) => send<WriteReply>({ kind: 'release', release: given }),
      read: () => send<StoredRecord | undefined>({ kind: 'read' }),
      commit: (given) => send<CommitReply>({ kind: 'commit', commit: given }),
    };
    const explored = this.scenario.expressions === undefined ? store : throughExpressions(send);
    return { store: explored, clock, token: () => `${request}.${tokens++}`, sameRequest: sameBytes };
  }

  #deliver(request: number, how: string): void {
    const index = this.pending.findIndex((pending) => pending.request === request);
    const [pending] = this.pending.splice(index, 1);
    const { operation, sends, resolve, reject } = pending!;
    if (how !== 'deliver') this.faults--;
    const resend = () => this.pending.push({ ...pending!, sends: 2 });
    const see = (what: string) => (this.histories[request] += `|${operation.kind}:${what}@${this.time}`);
    switch (how) {
      case 'deliver': {
        const reply = operation.kind === 'read' ? this.#read(request) : this.#apply(request, operation, false, sends > 1);
        see(JSON.stringify(reply) ?? 'absent');
        return resolve(reply);
      }
      case 'crash':
        return this.#crash(request);
      case 'crash-after':
        this.#apply(request, operation as Write, false);
        return this.#crash(request);
      case 'drop':
        see('lost');
        return reject(new Error('dropped'));
      case 'lose-reply':
        this.#apply(request, operation as Write, false);
        see('lost');
        return reject(new Error('reply lost'));
      case 'lose-reply-resend':
        this.#apply(request, operation as Write, false);
        return void resend();
      case 'delay':
        this.delayed.push({ request, write: operation as Write });
        see('lost');
        return reject(new Error('no reply'));
      case 'delay-resend':
        this.delayed.push({ request, write: operation as Write });
        return void resend();
    }
  }

  #crash(request: number): void {
    this.crashed.add(request);
    this.finished.set(request, 'crashed');
    this.witnessed.add('crash');
  }

  #apply(request: number, write: Write, late: boolean, resent = false): unknown {
    const before = this.record;
    if (write.sent !== undefined) return this.#applyExpressions(request, write, write.sent, late, resent);
    const transitions = { claim: applyClaim, complete: applyCompletion, release: applyRelease, commit: applyCommit, ...this.scenario.transitions };
    const { record, reply } =
      write.kind === 'claim' ? transitions.claim(before, write.claim)
        : write.kind === 'complete' ? transitions.complete(before, write.completion)
          : write.kind === 'commit' ? transitions.commit(before, write.commit, this.#effectsHold ? 'carried-out' : EFFECTS_REFUSED)
            : transitions.release(before, write.release);
    this.record = record;
    if (reply.applied) this.#check(request, write, before as IdempotencyRecord | undefined);
    if (late) this.witnessed.add(`late ${write.kind} ${reply.applied ? 'applied' : `refused by ${statusOf(before)}`}`);
    else if (!reply.applied) this.witnessed.add(`${write.kind} refused by ${statusOf(before)}`);
    if ('refusedBy' in reply && reply.refusedBy === 'effects' && resent && !this.scenario.resendsInSilence) return { ...reply, mayStillArrive: true };
    if ('current' in reply) return { ...reply, current: this.#show(reply.current, request) };
    return reply;
  }

  #applyExpressions(request: number, write: Write, sent: UpdateRequest, late: boolean, resent: boolean): ExpressionReply {
    const before = this.record;
    const { expressions } = this.scenario;
    const rewritten = typeof expressions === 'function' ? expressions(sent, write.kind) : sent;
    const { item, applied, reply } = writeByExpressions(this.#item, rewritten, write.kind === 'commit' ? { hold: this.#effectsHold, resent } : undefined);
    this.#item = item;
    this.record = decodeExplored(item);
    if (applied) this.#check(request, write, before as IdempotencyRecord | undefined);
    const outcome = applied ? 'applied' : `refused by ${statusOf(before)}`;
    if (late || !applied) this.witnessed.add(`${late ? 'late ' : ''}${write.kind} ${outcome}`);
    return reply;
  }

  #read(request: number): unknown {
    return this.scenario.expressions === undefined ? this.#show(this.record, request) : this.#item;
  }

  #check(request: number, write: Write, before: IdempotencyRecord | undefined): void {
    const skew = Math.max(0, this.scenario.skew ?? 0);
    if (before?.status === 'C' && !(before.expiresAt * 1000 < this.time + skew)) {
      throw this.#broken('I2: a recorded response was overwritten within its retention');
    }
    if (write.kind === 'commit') this.#checkEffects(write.commit);
    if (write.kind !== 'claim') {
      if (before === undefined) throw this.#broken('I5: a forgotten record was resurrected');
      if (this.#lastClaimer !== request) throw this.#broken(`I5: a superseded execution's ${write.kind} was applied`);
      return;
    }
    const { claim } = write;
    if (before !== undefined && isExpired(before, claim.now, claim.margin)) this.#mayBeForgotten ||= this.#hasRun;
    const takeover = before?.status === 'P' && !isExpired(before, claim.now, claim.margin);
    if (takeover && !sameBytes(before.fingerprint, claim.fingerprint)) throw this.#broken('I4: a live key was bound to another request');
    if (takeover) this.witnessed.add('takeover');
    else this.#forget();
    this.#lastClaimer = request;
  }

  #checkEffects({ token }: Commit): void {
    if (this.#toldRefused.has(token)) throw this.#broken('I10: effects that their handler was told were refused');
    if (this.#effects.some(({ epoch }) => epoch === this.#epoch)) throw this.#broken('I10: effects twice');
    this.#effects.push({ token, epoch: this.#epoch });
    if (!(isReadable(this.record!) && this.record.status === 'C' && this.record.token === token)) throw this.#broken('I10: effects without their response on record');
  }

  #show(record: StoredRecord | undefined, request: number): StoredRecord | undefined {
    return this.scenario.show === undefined ? record : this.scenario.show(record, request);
  }

  #broken(message: string): Violation {
    this.violation ??= new Violation(message);
    return this.violation;
  }
}

/** Added to the number of a request whose answer says that its effects were refused. */
const WITHOUT_EFFECTS = 100;

const EFFECTS_REFUSED: Extract<CommitReply, { refusedBy: 'effects' }> = { applied: false, refusedBy: 'effects', reasons: [{ code: 'ConditionalCheckFailed' }] };

/** The status says whose response it is. */
const FIRST_STATUS = 200;

const responseOf = (writer: number) => ({
  statusCode: FIRST_STATUS + writer,
  headers: [],
  encoding: { base64: false, deflated: false, tooLarge: false },
});

/** The store as it is shipped, whose requests go to the schedule instead of to DynamoDB. */
function throughExpressions(send: <T>(operation: Operation) => Promise<T>): IdempotencyStore {
  // A call of the store sends before anything else can call it.
  let write: Write;
  const update = <T>(sent: UpdateRequest): Promise<T> => send<T>({ ...write, sent });
  const transport: DynamoDbTransport = {
    update,
    get: () => send({ kind: 'read' }),
    transact: ({ items }) => update(recordUpdate(items[0])),
  };
  const store = new DynamoDbStore({ tableName: 'keys', transport });
  return {
    limits: store.limits,
    claim: (claim) => ((write = { kind: 'claim', claim }), store.claim(claim)),
    complete: (completion) => ((write = { kind: 'complete', completion }), store.complete(completion)),
    release: (given) => ((write = { kind: 'release', release: given }), store.release(given)),
    commit: (given) => ((write = { kind: 'commit', commit: given }), store.commit!(given)),
    read: (id) => store.read(id),
  };
}

/** The record's part of a transaction, in the form of an update of its own. */
function recordUpdate(item: unknown): UpdateRequest {
  const { Update } = item as { readonly Update: Record<string, never> };
  return {
    table: Update.TableName!,
    key: Update.Key!,
    update: Update.UpdateExpression!,
    condition: Update.ConditionExpression!,
    names: Update.ExpressionAttributeNames!,
    values: Update.ExpressionAttributeValues!,
    returnOld: false,
  };
}

const tokenOwner = (token: string): number => Number(token.split('.')[0]);
const statusOf = (record: StoredRecord | undefined): string =>
  record === undefined ? 'nothing' : isReadable(record) ? record.status : 'unreadable';

/** Lets every promise that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function replay(scenario: Scenario, schedule: readonly string[]): Promise<World> {
  const world = new World(scenario);
  await settle();
  for (const choice of schedule) await world.take(choice);
  return world;
}

/** Depth first through every schedule of the scenario; stops at the first violation. */
export async function explore(scenario: Scenario): Promise<Findings> {
  const seen = new Set<string>();
  const witnessed = new Map<string, number>();
  const stack: string[][] = [[]];
  let schedules = 0;
  for (let schedule = stack.pop(); schedule !== undefined; schedule = stack.pop()) {
    const world = await replay(scenario, schedule);
    for (;;) {
      if (world.violation !== undefined) {
        return { states: seen.size, schedules, witnessed, violation: { invariant: world.violation.message, schedule } };
      }
      const key = world.key();
      if (seen.has(key)) break;
      seen.add(key);
      for (const situation of world.witnessed) witnessed.set(situation, (witnessed.get(situation) ?? 0) + 1);
      const choices = world.choices();
      if (choices.length === 0) {
        schedules++;
        await world.finalRetry();
        if (world.violation !== undefined) continue;
        break;
      }
      // One choice goes on from here, the others are replayed later.
      const [next, ...rest] = choices as [string, ...string[]];
      for (const choice of rest) stack.push([...schedule, choice]);
      schedule = [...schedule, next];
      await world.take(next);
    }
  }
  return { states: seen.size, schedules, witnessed };
}

/** The transitions of the peers, for the variants that the exploration must catch. */
export const WITHOUT: Record<string, Partial<Transitions>> = {
  tokenInCompletion: {
    complete: (record, completion) =>
      record !== undefined && isReadable(record) && record.status === 'P'
        ? applyCompletion(record, { ...completion, token: record.token })
        : { record, reply: { applied: false, current: record } },
  },
  conditionOfCompletion: {
    complete: (record, completion) => ({
      record: {
        ...(record as IdempotencyRecord),
        id: completion.id,
        version: 1,
        status: 'C',
        token: completion.token,
        expiresAt: completion.expiresAt,
        response: completion.response,
      },
      reply: { applied: true },
    }),
  },
  tokenInCommit: {
    commit: (record, given, effects) =>
      record !== undefined && isReadable(record) && record.status === 'P'
        ? applyCommit(record, { ...given, token: record.token }, effects)
        : { record, reply: { applied: false, refusedBy: 'record', current: record } },
  },
  conditionOfRelease: { release: () => ({ record: undefined, reply: { applied: true } }) },
  fingerprintInTakeover: {
    claim: (record, claim) => {
      const expiredLease =
        record !== undefined && isReadable(record) && record.status === 'P' && record.token !== claim.token &&
        record.leaseEnd! < claim.now - claim.margin;
      return applyClaim(expiredLease ? { ...record, fingerprint: claim.fingerprint } : record, claim);
    },
  },
};

