import type { FileResult } from './stryker';

export interface PartResult {
  readonly date: string;
  readonly commit: string;
  readonly files: Readonly<Record<string, FileResult>>;
}

export interface Total {
  readonly killed: number;
  readonly mutants: number;
}

export const total = (parts: readonly PartResult[]): Total => sum(parts.flatMap(({ files }) => Object.values(files)));

export const sum = (files: readonly FileResult[]): Total => files.reduce(
  (so, { killed, survivors }) => ({ killed: so.killed + killed, mutants: so.mutants + killed + survivors.length }),
  { killed: 0, mutants: 0 },
);

/** In percent. */
export const scoreOf = ({ killed, mutants }: Total): number => (mutants === 0 ? 0 : (100 * killed) / mutants);
