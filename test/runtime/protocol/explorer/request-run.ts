import type { Call, Reply, Write } from './call';
import type { Event } from './observer';
import type { Scenario } from './scenario';
import { nameOf, requestOf } from './shapes';
import { isLate, termsOf } from './terms';
import { throughExpressions } from './through-expressions';
import { acquire, type Acquired, type Ownership, type Ports } from '../../../../runtime/protocol/acquire';
import { commit, type Committed } from '../../../../runtime/protocol/commit';
import { complete, release, type Concluded } from '../../../../runtime/protocol/conclude';
import { sameBytes } from '../../../../runtime/protocol/transitions';
import type { UpdateRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import type { IdempotencyStore } from '../../../../runtime/stores/store';
import { epochMillis, type Clock, type MonotonicMillis } from '../../../../runtime/time';

const FOREVER = Number.MAX_SAFE_INTEGER as MonotonicMillis;

/** One of the scenario's requests, or the retry that comes when everything is over. */
export interface Role {
  readonly request: number;
  readonly payload: number;
  /** Claims, and goes no further. */
  readonly onlyClaims: boolean;
}

/** What a request learns at one moment: the answer to its call, or that there is none. */
export interface Told {
  readonly time: number;
  readonly reply: Reply | undefined;
  readonly effectsHold: boolean;
}

export type Sending = Omit<Extract<Call, { sent?: unknown }>, 'shape' | 'number'> | { readonly kind: 'read' };

interface Waiting {
  readonly sending: Sending;
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

/** One request in the code that is shipped, whose store calls wait until they are told their answers. */
export class RequestRun {
  public outcome: string | undefined;
  public events: Event[] = [];
  #waiting: Waiting | undefined;
  #now: Told;
  readonly #ports: Ports;
  #error: unknown;

  readonly #clock: Clock = {
    now: () => epochMillis(this.#now.time + (this.role.request === 1 ? this.scenario.skew ?? 0 : 0)),
    monotonic: () => this.#now.time as MonotonicMillis,
    // A pause ends at once; a time-out only when the schedule says that a call failed.
    sleep: (_, signal) =>
      signal === undefined ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  };

  public constructor(private readonly scenario: Scenario, private readonly role: Role, start: Told) {
    this.#now = start;
    this.#ports = this.#makePorts();
    this.#run().then((outcome) => { this.outcome = outcome; }, (error: unknown) => { this.#error = error; });
  }

  /** What it waits for. */
  public get sending(): Sending | undefined {
    if (this.#error !== undefined) throw this.#error;
    return this.#waiting?.sending;
  }

  public hear(told: Told): void {
    this.#now = told;
    this.events = [];
    const { resolve, reject } = this.#waiting!;
    this.#waiting = undefined;
    if (told.reply === undefined) reject(new Error('no answer'));
    else resolve(told.reply.value);
  }

  #tell(event: Event): void {
    this.events.push(event);
  }

  #witness(situation: string): void {
    this.#tell((observer) => observer.witness(situation));
  }

  get #isLate(): boolean {
    return isLate(this.scenario, this.#clock.now());
  }

  get #terms() {
    return termsOf(this.scenario);
  }

  async #run(): Promise<string> {
    const { payload, onlyClaims } = this.role;
    if (!onlyClaims && this.#isLate) {
      this.#witness('too late to be executed');
      return 'late';
    }
    const acquired = await acquire({ id: 'key', fingerprint: Uint8Array.of(payload) }, this.#terms, this.#ports, FOREVER);
    return onlyClaims ? acquired.kind : this.#carryOn(acquired);
  }

  async #carryOn(acquired: Acquired): Promise<string> {
    const { request } = this.role;
    switch (acquired.kind) {
      case 'owner':
        if (this.scenario.keyTime?.judged !== 'before the claim alone' && this.#isLate) {
          this.#witness('too late when the claim was answered');
          await release(acquired.ownership, this.#ports, FOREVER);
          return 'late';
        }
        return this.#execute(acquired.ownership);
      case 'replay':
        this.#tell((observer) => observer.answered(request, acquired.record));
        return 'replay';
      case 'response-expired':
        this.#witness('known, its response kept no longer');
        return acquired.kind;
      case 'conflict':
        if (requestOf(acquired.record.token) === request) this.#tell((observer) => observer.broken('I6: refused because of its own claim'));
        return 'conflict';
      default:
        return acquired.kind;
    }
  }

  async #execute(ownership: Ownership): Promise<string> {
    const { request } = this.role;
    const until = ownership.leaseDeadline + (this.scenario.overrun ?? 0);
    this.#tell((observer) => observer.executes(request, until, ownership.takeover));
    if (this.scenario.retryable?.includes(request)) {
      this.#tell((observer) => observer.endsWithoutResponse(request));
      return (await release(ownership, this.#ports, FOREVER)) ? 'released' : 'release refused';
    }
    if (!this.scenario.commits?.includes(request)) return this.#complete(ownership, nameOf(request));
    const { store } = this.#ports;
    const committed = await commit(
      ownership,
      { response: responseOf(nameOf(request)), effects: [request], requestToken: ownership.claim.token },
      this.#terms,
      { ...this.#ports, store: store as Required<typeof store>, random: () => 0 },
      (this.#now.time + this.#terms.lease / 2) as MonotonicMillis,
    );
    return this.#committed(committed, ownership);
  }

  async #committed(committed: Committed, ownership: Ownership): Promise<string> {
    const { token } = ownership.claim;
    this.#tell((observer) => observer.committed(token, committed.kind));
    switch (committed.kind) {
      case 'refused':
        return this.#answerInstead(ownership);
      case 'unknown':
        if (this.scenario.afterUnknownCommit === 'release') await release(ownership, this.#ports, FOREVER);
        if (this.scenario.afterUnknownCommit === 'believe-refusal' && !this.#now.effectsHold) return this.#answerInstead(ownership);
        return 'unknown';
      case 'unrecorded':
      case 'contended':
        return committed.kind;
      default:
        return this.#concluded(committed, nameOf(this.role.request));
    }
  }

  /** The handler has been told that its effects were refused, and answers something that has none. */
  async #answerInstead(ownership: Ownership): Promise<string> {
    this.#tell((observer) => observer.toldRefused(ownership.claim.token));
    return this.#complete(ownership, `${nameOf(this.role.request)} without effects`);
  }

  async #complete(ownership: Ownership, writer: string): Promise<string> {
    return this.#concluded(await complete(ownership, responseOf(writer), this.#terms, this.#ports, FOREVER), writer);
  }

  #concluded(concluded: Concluded, writer: string): string {
    const { request } = this.role;
    if (concluded.kind === 'recorded') {
      this.#tell((observer) => observer.recorded(request, writer));
    } else if (concluded.kind === 'superseded') {
      this.#witness('superseded, answered with the winner');
      if (this.scenario.supersededAnswers === 'own') this.#tell((observer) => observer.recorded(request, writer));
      else this.#tell((observer) => observer.answered(request, concluded.winner));
    } else if (concluded.kind === 'superseded-running') {
      this.#witness('superseded, winner still running');
      if (requestOf(concluded.winner.token) === request) this.#tell((observer) => observer.broken('I6: superseded by its own claim'));
    }
    return concluded.kind;
  }

  #send<T>(sending: Sending): Promise<T> {
    if (this.#waiting !== undefined) throw new Error('two calls at a time');
    return new Promise<T>((resolve, reject) => {
      this.#waiting = { sending, resolve: resolve as (value: unknown) => void, reject };
    });
  }

  #makePorts(): Ports {
    let tokens = 0;
    const write = <T>(given: Write, sent?: UpdateRequest): Promise<T> =>
      this.#send<T>({ kind: given.kind, write: given, ...(sent === undefined ? {} : { sent }) });
    const read = <T>(): Promise<T> => this.#send<T>({ kind: 'read' });
    const pure: IdempotencyStore = {
      limits: { itemBytes: 0, writeUnitBytes: 0 },
      claim: (claim) => write({ kind: 'claim', claim }),
      complete: (completion) => write({ kind: 'complete', completion }),
      release: (given) => write({ kind: 'release', release: given }),
      commit: (given) => write({ kind: 'commit', commit: given }),
      read,
    };
    return {
      store: this.scenario.expressions === undefined ? pure : throughExpressions(write, read),
      clock: this.#clock,
      token: () => `${nameOf(this.role.request)}.${tokens++}`,
      sameRequest: sameBytes,
    };
  }
}

/** Its one header says whose response it is. */
const responseOf = (writer: string) => ({
  statusCode: 200,
  headers: [['writer', writer]] as const,
  encoding: { base64: false, deflated: false, tooLarge: false },
});
