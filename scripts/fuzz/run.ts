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

/** Runs one target with random inputs, until one fails or `runs` are through. */
export async function run<Input extends Json>({ inputs, check }: Target<Input>, runs: number, seed: number): Promise<Outcome> {
  const details = await fc.check(fc.asyncProperty(inputs, async (input) => {
    await check(input);
  }), { numRuns: runs, seed });
  if (!details.failed) return { runs: details.numRuns };
  const [input] = details.counterexample!;
  return { runs: details.numRuns, finding: { input, problem: problemOf(details.errorInstance) } };
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How many of `all` runs each target has: at least one. */
export const runsOf = (targets: readonly Target<never>[], all: number): ReadonlyMap<string, number> => {
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  return new Map(targets.map(({ name, share }) => [name, Math.max(1, Math.round((all * share) / shares))]));
};
