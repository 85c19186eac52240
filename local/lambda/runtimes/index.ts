import { customRuntimes } from './custom-runtimes';
import { nodeRuntimes } from './node-runtimes';
import { pythonRuntimes } from './python-runtimes';
import type { Machine, RuntimeFamily } from './runtime-family';

const FAMILIES: readonly RuntimeFamily[] = [nodeRuntimes, pythonRuntimes, customRuntimes];

/** What runs here, for people. */
export const RUNTIMES_RUN = 'Node.js 20, 22 and 24, Python and custom runtimes (provided.*), in a zip';

/** The family of a runtime; `undefined` where none here has it. */
export const familyOf = (runtime: string): RuntimeFamily | undefined => FAMILIES.find((family) => family.runs(runtime));

/** Why a runtime does not run here, for the middle of a line; `undefined` where it does. */
export function runtimeProblem(runtime: string, machine: Machine): string | undefined {
  const family = familyOf(runtime);
  return family ? family.missing(runtime, machine) : `the runtime ${runtime} is not run`;
}
