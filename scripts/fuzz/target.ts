import type fc from 'fast-check';

/** What a corpus file can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** One part of the package, and what must hold for it whatever comes in. */
export interface Target<Input extends Json = Json> {
  /** As `--only` names it, and the folder of its corpus. */
  readonly name: string;
  /** Of a hundred runs over all targets, how many are of this one. */
  readonly share: number;
  readonly inputs: fc.Arbitrary<Input>;
  /** Throws, or rejects, where something does not hold. */
  check(input: Input): void | Promise<void>;
  /** Ends what `check` has started. */
  close?(): Promise<void>;
}
