/**
 * What came of a test. As in other suites that are data, a result is `true` or
 * a kind and a message; what says nothing about the target's conformance is
 * kept apart from what does.
 */
export type Outcome =
  | true
  /** The rule is broken. */
  | readonly ['fails', string]
  /** What the test begins with did not work, so that the rule was not put to the test. */
  | readonly ['set-up', string]
  /** The target has not, or was not said to have, what the test needs. */
  | readonly ['not applicable', string]
  /** A test that this one builds on did not pass. */
  | readonly ['dependency', string];

export type OutcomeKind = 'passes' | Exclude<Outcome, true>[0];

export const kindOf = (outcome: Outcome): OutcomeKind => (outcome === true ? 'passes' : outcome[0]);
export const messageOf = (outcome: Outcome): string => (outcome === true ? '' : outcome[1]);

/** Thrown within a test to end it with an outcome. */
export class Ended extends Error {
  public constructor(public readonly outcome: Exclude<Outcome, true>) {
    super(outcome[1]);
    this.name = 'Ended';
  }
}

export const broken = (message: string): Ended => new Ended(['fails', message]);
export const notSetUp = (message: string): Ended => new Ended(['set-up', message]);
export const notApplicable = (reason: string): Ended => new Ended(['not applicable', reason]);
