import fc from 'fast-check';
import type { Json, Target } from './target';

export interface Finding {
  readonly input: Json;
  readonly problem: string;
}

/** `finding`: the smallest input that was found for which something does not hold. */
export interface Outcome {
  readonly runs: number;
  readonly finding?: Finding;
}

/** Milliseconds after which an input is one that never ends. */
const LONGEST_RUN = 60_000;

/** Runs one target with random inputs, until one fails or `runs` are through. */
export async function run<Input extends Json>({ inputs, check }: Target<Input>, runs: number, seed: number, longest = LONGEST_RUN): Promise<Outcome> {
  const details = await fc.check(fc.asyncProperty(inputs, async (input) => {
    await check(input);
  }), { numRuns: runs, seed, timeout: longest });
  if (!details.failed) return { runs: details.numRuns };
  const [input] = details.counterexample!;
  return { runs: details.numRuns, finding: { input, problem: problemOf(details.errorInstance) } };
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How many of `all` runs each target has: at least one. */
export const runsOf = (targets: readonly Pick<Target, 'name' | 'share'>[], all: number): ReadonlyMap<string, number> => {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  return new Map(targets.map(({ name, share }) => [name, Math.max(1, Math.round((all * share) / shares))]));
};
