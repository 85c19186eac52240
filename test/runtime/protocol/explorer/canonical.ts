import type { Scenario } from './scenario';
import { requestOf, type Shape } from './shapes';
import type { World } from './world';

type Permutation = readonly number[];

/**
 * A text for each state: of two states with the same text, one leads to a
 * violation where the other does, and to the same verdicts.
 *
 * Unreduced it is all that there is in a state, and all that each request has
 * been told. What the reduction leaves out, and why nothing is lost by it:
 *
 * - What a request has been told that has ended or crashed. Nothing goes on from
 *   it: it makes no further call, and no check looks at it. Its writes that are
 *   still on their way, its effects and its lease are in the state themselves.
 * - Which of the requests is which, where they are the same in all that the
 *   scenario says of them. They differ in nothing but the names of their tokens,
 *   and a token is only ever compared with another for being the same: by the
 *   protocol, by its conditions, and by the checks. So renaming the requests of a
 *   state, in it and in all that follows, gives a run that is as possible as the
 *   one before and breaks the same invariants. Of all renamings the text takes
 *   the one that comes first: equal texts are states that some renaming makes equal.
 * - The order of writes on their way: each of them may land at any time.
 * - A lease that has ended: only those that run are looked at.
 *
 * No partial-order reduction: every call meets the same one record, so that two
 * of them seldom commute, and those faults that do (a crash, a drop) lead to
 * states which other orders lead to anyway.
 */
export class Canonical {
  readonly #permutations: readonly Permutation[];

  public constructor(private readonly scenario: Scenario, private readonly reduced: boolean) {
    const all = [...Array(scenario.requests).keys()];
    this.#permutations = reduced ? permutations(all).filter((order) => order.every((to, from) => alike(from, to, scenario))) : [all];
  }

  public textOf(world: World): string {
    const common = this.#common(world);
    if (this.#permutations.length === 1) return common + this.#named(world, this.#permutations[0]!);
    const forms = Array.from({ length: this.scenario.requests }, (_, request) => this.#form(world, request));
    let first: string | undefined;
    for (const order of this.#permutations) {
      // Only those that put the requests in the order of their forms: there is always one, and renamed states have the same.
      if (!inOrderOf(forms, order, this.scenario)) continue;
      const text = this.#named(world, order);
      if (first === undefined || text < first) first = text;
    }
    return common + first!;
  }

  /** What names no request. */
  #common(world: World): string {
    const flags = (world.effectsHold ? 1 : 0) | (world.hasRun ? 2 : 0) | (world.mayBeForgotten ? 4 : 0);
    return `${world.time} ${world.faults} ${world.jumps} ${flags} ${world.stored.shape.form}`;
  }

  /** Everything else, under the names that `order` gives the requests. */
  #named(world: World, order: Permutation): string {
    const name = (request: number): number => order[request] ?? request;
    const requests: string[] = [];
    for (let request = 0; request < order.length; request++) {
      const until = world.executions.filter((execution) => execution.request === request).map((execution) => this.#leaseEnd(world, execution.until));
      const mine = world.current.has(request) && !(this.reduced && !world.isRunning(request));
      requests[order[request]!] = `${this.#form(world, request)}:${this.#heard(world, request, name)}:${mine ? 1 : 0}${world.resent.has(request) ? 'r' : ''}:${until.join('+')}`;
    }
    const delayed = world.delayed.map(({ request, write }) => `${name(request)}:${write.shape.form}:${named(write.shape, name)}`);
    const effects = world.effects.map(({ token, forgotten }) => `${renamed(token, name)}${forgotten ? 'f' : ''}`);
    return [
      named(world.stored.shape, name),
      world.lastClaimer < 0 ? '' : String(name(world.lastClaimer)),
      world.answer === undefined ? '' : renamed(world.answer, name),
      requests.join(';'),
      (this.reduced ? delayed.sort() : delayed).join(';'),
      effects.join(';'),
      world.refusalsTold.map((token) => renamed(token, name)).join(';'),
    ].join('|');
  }

  /** What a request is at, whichever it is. */
  #form(world: World, request: number): string {
    const moment = world.moments[request];
    if (moment === undefined) return 'w';
    const crashed = world.crashed.has(request);
    if (this.reduced && crashed) return 'x';
    if (this.reduced && moment.outcome !== undefined) return moment.outcome;
    return `${moment.shape.form}${crashed ? 'x' : ''}`;
  }

  #heard(world: World, request: number, name: (request: number) => number): string {
    if (world.moments[request] === undefined || (this.reduced && !world.isRunning(request))) return '';
    return named(world.moments[request].shape, name);
  }

  #leaseEnd(world: World, until: number): number {
    return this.reduced && until <= world.time ? 0 : until;
  }
}

const named = ({ requests }: Shape, name: (request: number) => number): string => requests.map(name).join('');

const renamed = (text: string, name: (request: number) => number): string => `${name(requestOf(text))}${text.slice(2)}`;

/** Whether the scenario says the same of the two. */
function alike(one: number, other: number, { payloads, retryable = [], commits = [], skew, show }: Scenario): boolean {
  const isSkewed = (request: number): boolean => request === 1 && skew !== undefined;
  return one === other || (payloads[one] === payloads[other] && retryable.includes(one) === retryable.includes(other)
    && commits.includes(one) === commits.includes(other) && !isSkewed(one) && !isSkewed(other) && show === undefined);
}

/** Whether the order gives those that are alike their places by their forms. */
function inOrderOf(forms: readonly string[], order: Permutation, scenario: Scenario): boolean {
  const placed: string[] = [];
  order.forEach((to, from) => { placed[to] = forms[from]!; });
  return placed.every((form, place) => placed.every((later, at) => at <= place || !alike(place, at, scenario) || form <= later));
}

function permutations(members: readonly number[]): readonly Permutation[] {
  if (members.length < 2) return [members];
  return members.flatMap((first) => permutations(members.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}
