import type { Reply, SentWrite } from './call';
import type { Observer } from './observer';
import type { Moment, Step } from './programs';
import { recordIn, statusOf, type Records, type Stored } from './records';
import type { Role } from './request-run';
import type { Scenario } from './scenario';
import { requestOf } from './shapes';
import { START, jumped, termsOf } from './terms';
import type { Committed } from '../../../../runtime/protocol/commit';
import { isReadable, type IdempotencyRecord } from '../../../../runtime/protocol/record';
import { isExpired, sameBytes } from '../../../../runtime/protocol/transitions';
import type { Claim } from '../../../../runtime/stores/store';

class Violation extends Error {}

export interface Delayed {
  readonly request: number;
  readonly write: SentWrite;
}

/** An execution, for as long as its lease may run. */
interface Execution {
  readonly request: number;
  readonly until: number;
}

/** Effects that have happened. `forgotten`: their operation's record has been, since. */
interface Effect {
  readonly token: string;
  readonly forgotten: boolean;
}

export interface Surroundings {
  readonly scenario: Scenario;
  readonly records: Records;
  readonly witness: (situation: string) => void;
}

/**
 * One state: the record, the requests, the writes on their way, and what the
 * checks need to know beyond them. A choice is carried out on a copy.
 */
export class World implements Observer {
  public time = START;
  public stored: Stored;
  /** What each request that has begun is at; the others have not begun. */
  public moments: Moment[] = [];
  /** Requests whose call is being sent for the second time, and those that are no more. */
  public resent: ReadonlySet<number> = NOBODY;
  public crashed: ReadonlySet<number> = NOBODY;
  public delayed: readonly Delayed[] = [];
  public faults: number;
  public jumps: number;
  public violation: string | undefined;
  // What the checks need to know beyond the record itself.
  public lastClaimer = -1;
  /** Requests that have begun to execute since the record was last forgotten. */
  public current: ReadonlySet<number> = NOBODY;
  /** Who wrote the response that callers have been told, since the record was last forgotten. */
  public answer: string | undefined;
  public executions: readonly Execution[] = [];
  public effectsHold: boolean;
  public effects: readonly Effect[] = [];
  public refusalsTold: readonly string[] = [];
  public hasRun = false;
  public mayBeForgotten = false;

  public constructor(private readonly around: Surroundings) {
    const { scenario, records } = around;
    this.stored = records.absent;
    this.faults = scenario.faults;
    this.jumps = scenario.jumps;
    this.effectsHold = scenario.effectsHold !== 'later';
  }

  public copy(): World {
    const copy = Object.assign(new World(this.around), this);
    copy.moments = [...this.moments];
    return copy;
  }

  public isRunning(request: number): boolean {
    return this.moments[request]?.call !== undefined && !this.crashed.has(request);
  }

  /** Everything that can happen next. */
  public choices(): string[] {
    const { requests, jumpsTo = ['lease', 'retention'] } = this.around.scenario;
    const choices: string[] = [];
    let running = false;
    this.moments.forEach(({ call }, request) => {
      if (!this.isRunning(request)) return;
      running = true;
      choices.push(`${request} deliver`);
      if (this.faults === 0) return;
      choices.push(`${request} crash`, `${request} drop`);
      if (call!.kind === 'read') return;
      choices.push(`${request} lose-reply`, `${request} crash-after`, `${request} delay`);
      if (!this.resent.has(request)) choices.push(`${request} lose-reply-resend`, `${request} delay-resend`);
    });
    this.delayed.forEach((_, index) => choices.push(`land ${index}`));
    if (!this.effectsHold) choices.push('fulfil');
    const begun = this.moments.length;
    if (begun < requests) choices.push(`start ${begun}`);
    if (this.jumps > 0 && (running || this.delayed.length > 0 || begun < requests)) choices.push(...jumpsTo.map((target) => `jump ${target}`));
    const { record } = this.stored;
    if (record !== undefined && isReadable(record) && record.expiresAt * 1000 < this.time) choices.push('ttl-delete');
    return choices;
  }

  /** Carries out one choice, up to what a request is told by it. */
  public take(choice: string): Step | undefined {
    return this.#guard(() => {
      const [first, second] = choice.split(' ') as [string, string];
      switch (first) {
        case 'jump':
          this.jumps--;
          this.time = jumped(this.around.scenario, second, this.time);
          return undefined;
        case 'fulfil':
          this.effectsHold = true;
          return undefined;
        case 'start':
          return this.begin(roleOf(Number(second), this.around.scenario));
        case 'ttl-delete':
          this.stored = this.around.records.absent;
          this.mayBeForgotten ||= this.hasRun;
          this.#forget();
          return undefined;
        case 'land': {
          const { request, write } = this.delayed[Number(second)]!;
          this.delayed = this.delayed.filter((_, index) => index !== Number(second));
          this.#apply(request, write, 'late');
          return undefined;
        }
        default:
          return this.#deliver(Number(first), second);
      }
    });
  }

  public begin(role: Role): Step {
    return { role, from: undefined, told: { time: this.time, reply: undefined, effectsHold: this.effectsHold } };
  }

  /** A request has been told something, and gone on. */
  public arrive(moment: Moment): void {
    this.#guard(() => {
      this.moments[moment.role.request] = moment;
      for (const event of moment.events) event(this);
    });
  }

  /** Time passes, there are no more faults, and somebody tries again. */
  public comesToRest(): Step {
    const { lease, margin } = termsOf(this.around.scenario);
    this.time += lease + margin + 1_000;
    this.faults = 0;
    const { record } = this.stored;
    const payload = record !== undefined && isReadable(record) ? record.fingerprint[0]! : 0;
    return this.begin({ request: this.around.scenario.requests, payload, onlyClaims: true });
  }

  /** I7: once faults have stopped, a retry after the lease gets an answer. */
  public judgeRest(outcome: string): void {
    this.#guard(() => {
      if (outcome !== 'owner' && outcome !== 'replay' && outcome !== 'response-expired') this.broken(`I7: a retry after the lease got ${outcome}`);
    });
  }

  public witness(situation: string): void {
    this.around.witness(situation);
  }

  public broken(invariant: string): never {
    throw new Violation(invariant);
  }

  public executes(request: number, until: number, takeover: boolean): void {
    const { leasesMayOverlap, keyTime } = this.around.scenario;
    if (!leasesMayOverlap && this.executions.some((execution) => this.time < execution.until)) {
      this.broken('I1: a second execution while the first one held its lease');
    }
    if (this.executions.length > 0) this.witness(takeover ? 'second execution, told so' : 'second execution, not told');
    this.executions = [...this.executions, { request, until }];
    if (this.mayBeForgotten && keyTime !== undefined) this.broken('I9: an execution after the operation may have been forgotten');
    this.hasRun = true;
    this.current = including(this.current, request);
  }

  public endsWithoutResponse(request: number): void {
    this.executions = this.executions.filter((execution) => execution.request !== request);
  }

  public committed(token: string, kind: Committed['kind']): void {
    const happened = this.effects.find((effect) => effect.token === token);
    switch (kind) {
      case 'recorded':
        if (happened === undefined) this.broken('I10: a response on record without its effects');
        return;
      case 'unknown':
        return this.witness(`unknown commit, ${happened === undefined ? 'not carried out' : 'carried out'}`);
      case 'contended':
        return this.broken('nothing contends here');
      case 'refused':
        return;
      default:
        // What has been forgotten since is another operation's time.
        if (happened?.forgotten === false) this.broken('I10: effects of an execution that was told that it is superseded');
    }
  }

  public toldRefused(token: string): void {
    this.refusalsTold = [...this.refusalsTold, token];
  }

  public recorded(request: number, writer: string): void {
    if (this.current.has(request)) this.#note(writer);
  }

  public answered(request: number, record: IdempotencyRecord): void {
    const { payloads } = this.around.scenario;
    const writer = record.response!.headers[0]![1];
    if (payloads[requestOf(writer)] !== payloads[request]) this.broken('I4: an answer that was made for another request');
    // An answer read before the record was forgotten may arrive after it.
    if (recordIn(this.stored)?.token === record.token) this.#note(writer);
  }

  #note(writer: string): void {
    if (this.answer !== undefined && this.answer !== writer) this.broken('I3: two different answers for one key');
    this.answer = writer;
  }

  #forget(): void {
    this.current = NOBODY;
    this.answer = undefined;
    if (this.effects.length > 0) this.effects = this.effects.map(({ token }) => ({ token, forgotten: true }));
  }

  #deliver(request: number, how: string): Step | undefined {
    const from = this.moments[request]!;
    const call = from.call!;
    if (how !== 'deliver') this.faults--;
    const told = (reply: Reply | undefined): Step => {
      this.resent = without(this.resent, request);
      return { role: from.role, from, told: { time: this.time, reply, effectsHold: this.effectsHold } };
    };
    if (call.kind === 'read') {
      if (how === 'deliver') return told(this.around.records.read(this.stored, request));
      return how === 'drop' ? told(undefined) : this.#crash(request);
    }
    if (how.startsWith('delay')) this.delayed = [...this.delayed, { request, write: call }];
    const arrives = how === 'deliver' || how === 'crash-after' || how.startsWith('lose-reply');
    const reply = arrives ? this.#apply(request, call, this.resent.has(request) ? 'resent' : 'first') : undefined;
    if (how.startsWith('crash')) return this.#crash(request);
    if (!how.endsWith('-resend')) return told(how === 'deliver' ? reply : undefined);
    this.resent = including(this.resent, request);
    return undefined;
  }

  #crash(request: number): undefined {
    this.crashed = including(this.crashed, request);
    this.resent = without(this.resent, request);
    this.witness('crash');
  }

  #apply(request: number, write: SentWrite, send: 'first' | 'resent' | 'late'): Reply {
    const before = this.stored;
    const { after, applied, reply } = this.around.records.apply(before, write, this.effectsHold, send === 'resent');
    this.stored = after;
    if (applied) this.#check(request, write, recordIn(before));
    const outcome = applied ? 'applied' : `refused by ${statusOf(before)}`;
    if (send === 'late') this.witness(`late ${write.kind} ${outcome}`);
    else if (!applied) this.witness(`${write.kind} ${outcome}`);
    return reply;
  }

  #check(request: number, { write }: SentWrite, before: IdempotencyRecord | undefined): void {
    const skew = Math.max(0, this.around.scenario.skew ?? 0);
    if (before?.status === 'C' && !(before.expiresAt * 1000 < this.time + skew)) {
      this.broken('I2: a recorded response was overwritten within its retention');
    }
    if (write.kind === 'commit') this.#checkEffects(write.commit.token);
    if (write.kind === 'claim') return this.#checkClaim(request, write.claim, before);
    if (before === undefined) this.broken('I5: a forgotten record was resurrected');
    if (this.lastClaimer !== request) this.broken(`I5: a superseded execution's ${write.kind} was applied`);
  }

  #checkClaim(request: number, claim: Claim, before: IdempotencyRecord | undefined): void {
    const expired = before !== undefined && isExpired(before, claim.now, claim.margin);
    if (expired) this.mayBeForgotten ||= this.hasRun;
    const takeover = before?.status === 'P' && !expired;
    if (takeover && !sameBytes(before.fingerprint, claim.fingerprint)) this.broken('I4: a live key was bound to another request');
    if (takeover) this.witness('takeover');
    else this.#forget();
    this.lastClaimer = request;
  }

  #checkEffects(token: string): void {
    if (this.refusalsTold.includes(token)) this.broken('I10: effects that their handler was told were refused');
    if (this.effects.some(({ forgotten }) => !forgotten)) this.broken('I10: effects twice');
    this.effects = [...this.effects, { token, forgotten: false }];
    const record = recordIn(this.stored);
    if (!(record?.status === 'C' && record.token === token)) this.broken('I10: effects without their response on record');
  }

  #guard<T>(change: () => T): T | undefined {
    if (this.violation !== undefined) return undefined;
    try {
      return change();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violation = error.message;
      return undefined;
    }
  }
}

const NOBODY: ReadonlySet<number> = new Set();

/** What the request of this number is. */
export const roleOf = (request: number, { payloads }: Scenario): Role => ({ request, payload: payloads[request]!, onlyClaims: false });

const including = (set: ReadonlySet<number>, member: number): ReadonlySet<number> => new Set([...set, member]);
const without = (set: ReadonlySet<number>, member: number): ReadonlySet<number> => new Set([...set].filter((each) => each !== member));
