import type { Expectation, Sending, Step, TestDefinition } from '../definition';
import { compose, Scope } from './compose';
import { exchange, type Exchange } from './exchange';
import { fault, isStatus } from './judge';
import { broken, notApplicable, notSetUp } from './outcome';
import type { Subject } from './subject';
import { headerOf, NoAnswer, NotOffered, reasonOf, type Answer, type Outgoing } from '../http/answer';
import { overBytes } from '../http/bytes';
import { abandonable, cutShort, KeptAlive, overHttp1 } from '../http/http1';
import { Http2 } from '../http/http2';

const PAUSE_MS = 100;
const BARRIER_PAUSE_MS = 20;
/** How long an answer may take while the handler of another request is held, which some targets wait for. */
const HELD_PATIENCE_MS = 10_000;
/** What a target may need on top of its own retention or lease: its margin for clocks, and a second for what counts in seconds. */
const SPAN_GRACE_MS = 5_000;
/** Of many answers, those that are recorded. */
const RECORDED = 2;

/**
 * Carries out the steps of one test. Throws `Ended` where the test is over
 * before its last step; whatever was held is released, and every connection
 * closed, in any case.
 */
export async function perform(definition: TestDefinition, subject: Subject, record: (exchange: Exchange) => void): Promise<void> {
  const performance_ = new Performance(subject, record);
  try {
    for (const step of definition.steps) await performance_.step(step);
  } finally {
    await performance_.end();
  }
}

class Performance {
  private readonly scope = new Scope();
  private readonly answers = new Map<string, Answer>();
  private readonly started = new Map<string, Promise<Answer>>();
  /** Effects whose handler is held. */
  private readonly held = new Set<string>();
  private readonly kept = new KeptAlive();
  private http2: Http2 | undefined;
  private recorded = new Map<string, number>();

  public constructor(private readonly subject: Subject, private readonly record: (exchange: Exchange) => void) {}

  public async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'send':
        return this.judge(step.as, await this.ask(step.as, step), step.expect, step.setup, step.lacking);
      case 'start':
        return this.start(step.as, step);
      case 'answer':
        return this.judge(step.of, await this.startedAnswer(step.of), step.expect, step.setup);
      case 'parallel':
        return this.parallel(step);
      case 'poll':
        return this.poll(step);
      case 'throughout':
        return this.throughout(step);
      case 'pipeline':
        return this.pipeline(step);
      case 'cut':
        return this.cut(step);
      case 'running':
        return this.running(step.of, step.times ?? 1);
      case 'release':
        return this.release(step.of);
      case 'effects':
        return this.effects(step);
      case 'policy':
        return this.policy(step.says);
    }
  }

  public async end(): Promise<void> {
    try {
      for (const mark of this.held) await this.subject.effects.release(mark);
    } finally {
      await Promise.allSettled(this.started.values());
      this.kept.close();
      this.http2?.close();
    }
  }

  private async ask(name: string, sending: Sending, outgoing = compose(sending, this.subject, this.scope)): Promise<Answer> {
    const mark = this.scope.mark(sending.effect);
    if (sending.act?.do === 'hold') this.held.add(mark);
    try {
      const answer = await this.transfer(outgoing, sending.over);
      this.note(name, outgoing, answer);
      this.subject.effects.saw(mark, answer);
      return answer;
    } catch (error) {
      this.note(name, outgoing, reasonOf(error));
      if (error instanceof NotOffered) throw notApplicable(error.message);
      throw error;
    }
  }

  private async transfer(outgoing: Outgoing, over: Sending['over']): Promise<Answer> {
    const { timeoutMs: patienceMs } = this.subject.target;
    const timeoutMs = this.held.size > 0 && this.started.size > 0 ? Math.min(HELD_PATIENCE_MS, patienceMs) : patienceMs;
    switch (over) {
      case 'bytes': {
        const [answer] = await overBytes([outgoing], timeoutMs);
        if (answer === undefined) throw new NoAnswer('no answer: the connection was closed');
        return answer;
      }
      case 'http/2':
        this.http2 ??= await Http2.open(outgoing.url, timeoutMs);
        return this.http2.send(outgoing, timeoutMs);
      case 'kept-alive':
        return overHttp1(outgoing, { timeoutMs, connection: this.kept });
      case 'chunked':
      case 'expect-continue':
        return overHttp1(outgoing, { timeoutMs, framing: over });
      default:
        return overHttp1(outgoing, { timeoutMs });
    }
  }

  private note(name: string, outgoing: Outgoing, came: Answer | string): void {
    const seen = this.recorded.get(name) ?? 0;
    this.recorded.set(name, seen + 1);
    if (seen < RECORDED) this.record(exchange(seen === 0 ? name : `${name} (${seen + 1})`, outgoing, came));
  }

  private judge(name: string, answer: Answer, expect: Expectation = {}, setup?: boolean, lacking?: Sending['lacking']): void {
    this.answers.set(name, answer);
    if (lacking?.statuses?.includes(answer.status)) throw notApplicable(`${lacking.reason}: ${answer.status}`);
    if (lacking?.header !== undefined && headerOf(answer, lacking.header) === undefined) throw notApplicable(lacking.reason);
    const wrong = fault(answer, expect, this.court());
    if (wrong !== undefined) throw (setup ? notSetUp : broken)(`"${name}" ${wrong}`);
  }

  private court() {
    return { subject: this.subject, scope: this.scope, answers: this.answers };
  }

  private start(name: string, sending: Sending): void {
    const outgoing = compose(sending, this.subject, this.scope);
    const mark = this.scope.mark(sending.effect);
    if (sending.act?.do === 'hold') this.held.add(mark);
    // Its own time: it is held by the test, not by the target.
    const answer = overHttp1(outgoing, { timeoutMs: this.subject.target.timeoutMs }).then(
      (came) => {
        this.note(name, outgoing, came);
        this.subject.effects.saw(mark, came);
        return came;
      },
      (error: unknown) => {
        this.note(name, outgoing, reasonOf(error));
        throw error;
      },
    );
    answer.catch(() => undefined); // Told where the answer is asked for.
    this.started.set(name, answer);
  }

  private startedAnswer(name: string): Promise<Answer> {
    return this.started.get(name)!;
  }

  private async parallel(step: Extract<Step, { do: 'parallel' }>): Promise<void> {
    const count = step.count === 'concurrency' ? this.subject.target.concurrency : step.count;
    const requests = Array.from({ length: count }, (_, index) => {
      const own = step.keys === 'one' ? step : { ...step, effect: `${step.as} ${index}` };
      const scope = step.keys === 'one' ? this.scope : new Scope();
      return { own, outgoing: compose(own, this.subject, scope) };
    });
    // Opened before the first request is sent, so that none waits for it.
    if (step.over === 'http/2') this.http2 ??= await this.openHttp2(requests[0]!.outgoing.url);
    const answers = await Promise.all(requests.map(({ own, outgoing }) => this.ask(step.as, own, outgoing)));
    this.judgeAll(step.as, answers, step.each, step.successes);
    const { atLeastOne } = step;
    if (atLeastOne !== undefined && !answers.some((answer) => fault(answer, atLeastOne, this.court()) === undefined)) {
      throw broken(`none of ${count} requests at once is as one must be: the first one ${fault(answers[0]!, atLeastOne, this.court())}`);
    }
  }

  private async openHttp2(url: URL): Promise<Http2> {
    try {
      return await Http2.open(url, this.subject.target.timeoutMs);
    } catch (error) {
      throw error instanceof NotOffered ? notApplicable(error.message) : error;
    }
  }

  private judgeAll(name: string, answers: readonly Answer[], each: Expectation, successes?: 'alike' | 'distinct'): void {
    const faults = answers.map((answer) => fault(answer, each, this.court())).filter((wrong) => wrong !== undefined);
    if (faults.length > 0) throw broken(`${faults.length} of ${answers.length} ("${name}"): ${faults[0]}`);
    const bodies = answers.filter(({ status }) => isStatus(status, 'success', this.subject)).map(({ body }) => body.toString('latin1'));
    const different = new Set(bodies).size;
    if (successes === 'alike' && different > 1) throw broken(`${bodies.length} successful answers of one operation are ${different} different ones`);
    if (successes === 'distinct' && this.subject.fresh && different < bodies.length) throw broken(`${bodies.length} operations were given ${different} answers`);
  }

  private async poll(step: Extract<Step, { do: 'poll' }>): Promise<void> {
    const { ttlMs = 0, leaseMs = 0, timeoutMs } = this.subject.target;
    const spanMs = { ttl: ttlMs + SPAN_GRACE_MS, lease: 2 * leaseMs + SPAN_GRACE_MS, answer: timeoutMs }[step.within];
    const until = performance.now() + spanMs;
    for (;;) {
      const answer = await this.ask(step.as, step);
      if (fault(answer, step.while, this.court()) !== undefined) return this.judge(step.as, answer, step.expect);
      if (performance.now() > until) {
        throw broken(`"${step.as}" is still answered ${answer.status} after ${spanMs / 1000} s`);
      }
      await pause(PAUSE_MS);
    }
  }

  /** What has arrived before the end was answered before it, whatever this machine was busy with. */
  private async throughout(step: Extract<Step, { do: 'throughout' }>): Promise<void> {
    // What is sent in the first half has the second one to come back in: a late request would rightly run again.
    const end = this.answers.get(step.since)!.sentAt + this.subject.target.ttlMs! / 2;
    for (let judged = 0; ; judged++) {
      const answer = await this.ask(step.as, step);
      if (answer.arrivedAt > end) {
        if (judged === 0) throw notSetUp(`no answer came back within the retention of ${this.subject.target.ttlMs! / 1000} s`);
        return;
      }
      this.judge(step.as, answer, step.expect);
      await pause(PAUSE_MS);
    }
  }

  private async pipeline(step: Extract<Step, { do: 'pipeline' }>): Promise<void> {
    const outgoing = step.requests.map((sending) => compose(sending, this.subject, this.scope));
    const answers = await overBytes(outgoing, this.subject.target.timeoutMs);
    answers.forEach((answer, index) => {
      const sending = step.requests[index]!;
      this.note(sending.as, outgoing[index]!, answer);
      this.subject.effects.saw(this.scope.mark(sending.effect), answer);
      this.answers.set(sending.as, answer);
    });
    if (answers.length < outgoing.length) throw notApplicable(`the connection was closed after ${answers.length} of ${outgoing.length} pipelined requests`);
    this.judgeAll('pipelined', answers, step.each, step.successes);
  }

  private async cut(step: Extract<Step, { do: 'cut' }>): Promise<void> {
    const outgoing = compose(step, this.subject, this.scope);
    const mark = this.scope.mark(step.effect);
    if (step.act?.do === 'hold') this.held.add(mark);
    if (step.at === 'running') {
      const { abandon } = abandonable(outgoing);
      try {
        await this.running(step.effect, 1);
      } finally {
        await abandon();
      }
    } else {
      await cutShort(outgoing, step.at, this.subject.target.timeoutMs);
    }
    this.note(step.as, outgoing, `hung up ${{ body: 'in the middle of the request', running: 'while the handler ran', answer: 'as the answer began' }[step.at]}`);
  }

  private async running(effect: string | undefined, times: number): Promise<void> {
    const mark = this.scope.mark(effect);
    const until = performance.now() + this.subject.target.timeoutMs;
    while (await this.subject.effects.count(mark) < times) {
      if (performance.now() > until) throw notSetUp(`the effect has not begun within ${this.subject.target.timeoutMs / 1000} s`);
      await pause(BARRIER_PAUSE_MS);
    }
  }

  private async release(effect: string | undefined): Promise<void> {
    const mark = this.scope.mark(effect);
    this.held.delete(mark);
    await this.subject.effects.release(mark);
  }

  private async effects({ of, is, atMost, atLeast, setup }: Extract<Step, { do: 'effects' }>): Promise<void> {
    const count = await this.subject.effects.count(this.scope.mark(of));
    const ends = setup ? notSetUp : broken;
    const ran = `${of === undefined ? 'the operation' : `"${of}"`} ran ${count === 1 ? 'once' : `${count} times`}`;
    if (is !== undefined && count !== is) throw ends(`${ran}, expected ${is}`);
    if (atMost !== undefined && count > atMost) throw ends(`${ran}, expected at most ${atMost}`);
    if (atLeast !== undefined && count < atLeast) throw ends(`${ran}, expected at least ${atLeast}`);
  }

  private async policy(says: readonly string[] | undefined): Promise<void> {
    const { policy, timeoutMs } = this.subject.target;
    const outgoing: Outgoing = { method: 'GET', url: policy!, headers: [], body: undefined };
    const answer = await overHttp1(outgoing, { timeoutMs });
    this.note('policy', outgoing, answer);
    if (!isStatus(answer.status, 'success', this.subject)) throw broken(`${policy!.href} is answered ${answer.status}`);
    const text = answer.body.toString('utf8').toLowerCase();
    const { keyHeader } = this.subject.target;
    if (!text.includes(keyHeader.toLowerCase())) throw broken(`${policy!.href} says nothing of ${keyHeader}`);
    if (says !== undefined && !says.some((word) => text.includes(word.toLowerCase()))) throw broken(`${policy!.href} has none of the words ${says.join(', ')}`);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
