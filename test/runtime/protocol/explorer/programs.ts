import type { Call } from './call';
import type { Event } from './observer';
import { RequestRun, type Role, type Sending, type Told } from './request-run';
import type { Scenario } from './scenario';
import { nameOf, type Shape, type Shapes } from './shapes';

/** A request after all that it has been told so far, which determines what it does. */
export interface Moment {
  readonly role: Role;
  readonly before: Moment | undefined;
  readonly told: Told;
  /** What it has done since the moment before. */
  readonly events: readonly Event[];
  /** What it waits for, or what it came to. */
  readonly call: Call | undefined;
  readonly outcome: string | undefined;
  /** Of all that it has been told. */
  readonly shape: Shape;
  readonly after: Map<string, Moment>;
}

/** A request is told something, or begins. */
export interface Step {
  readonly role: Role;
  readonly from: Moment | undefined;
  readonly told: Told;
}

/**
 * What requests do, by the code that is shipped. A request sees nothing but the
 * time and the answers to its calls, so it is run once for each sequence of them,
 * however many states of the world it is in.
 */
export class Programs {
  readonly #beginnings = new Map<string, Moment>();

  public constructor(private readonly scenario: Scenario, private readonly shapes: Shapes) {}

  public known(step: Step): Moment | undefined {
    return this.#followers(step).get(this.#keyOf(step));
  }

  public async learn(step: Step): Promise<Moment> {
    const [first, ...rest] = [...pathTo(step.from), step.told];
    const run = new RequestRun(this.scenario, step.role, first!);
    await settle();
    for (const told of rest) {
      run.hear(told);
      await settle();
    }
    const { sending, outcome, events } = run;
    if ((sending === undefined) === (outcome === undefined)) throw new Error('a request neither waits nor has ended');
    const moment: Moment = {
      role: step.role,
      before: step.from,
      told: step.told,
      events,
      outcome,
      call: sending === undefined ? undefined : this.#callOf(sending),
      shape: this.#shapeOf(step),
      after: new Map(),
    };
    this.#followers(step).set(this.#keyOf(step), moment);
    return moment;
  }

  #followers({ from }: Step): Map<string, Moment> {
    return from?.after ?? this.#beginnings;
  }

  #keyOf({ role, from, told: { time, reply, effectsHold } }: Step): string {
    const seen = this.scenario.afterUnknownCommit === 'believe-refusal' ? `${effectsHold}` : '';
    return `${time} ${reply?.number} ${seen}${from === undefined ? ` ${role.request} ${role.payload}` : ''}`;
  }

  #shapeOf({ role, from, told }: Step): Shape {
    const reply = told.reply?.shape ?? this.shapes.of('lost');
    const seen = this.scenario.afterUnknownCommit === 'believe-refusal' ? ` ${told.effectsHold}` : '';
    return this.shapes.join(from?.shape ?? this.shapes.of(`start ${nameOf(role.request)}`), `at ${told.time}${seen}`, reply);
  }

  #callOf(sending: Sending): Call {
    if (sending.kind === 'read') return { kind: 'read' };
    const text = JSON.stringify(sending);
    return { ...sending, shape: this.shapes.of(text), number: this.shapes.number(text) };
  }
}

function pathTo(moment: Moment | undefined): readonly Told[] {
  const path: Told[] = [];
  for (let each = moment; each !== undefined; each = each.before) path.unshift(each.told);
  return path;
}

/** Lets every promise that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
