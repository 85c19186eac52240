import type { FunctionSpec } from '../local-function';

/** Runtimes of one kind, and how a function of theirs is started here. One file each. */
export interface RuntimeFamily {
  /** Whether it has a runtime by that identifier: `nodejs24.x`. */
  runs(runtime: string): boolean;
  /** What this machine lacks for it, for the middle of a line; `undefined` where it lacks nothing. */
  missing(runtime: string, machine: Machine): string | undefined;
  /** Only where nothing is missing. */
  launch(spec: FunctionSpec, place: LaunchPlace): Launch;
}

/** Where programs are looked for. */
export interface Machine {
  /** PATH. */
  readonly path: string;
}

export interface LaunchPlace {
  readonly machine: Machine;
  /** What the function sees as `/opt`. */
  readonly optDirectory: string;
  /** Folders that the user's packages are looked for from, upwards. */
  readonly roots: readonly string[];
  /** Tells people what they should know about the program that was found. */
  notice(text: string): void;
}

/** How a sandbox's process is started. */
export interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Where the runtime itself lies. */
  readonly runtimeDirectory: string;
  /** `AWS_EXECUTION_ENV`, which OS-only runtimes lack. */
  readonly executionEnvironment?: string;
  /** Variables under the function's own. */
  readonly defaults: Readonly<Record<string, string>>;
  /** What it is told under `SANDBOX_VARIABLE`; absent: nothing, since it would hand it on to the function. */
  readonly message?: Readonly<Record<string, unknown>>;
  /** It writes the mark that the message has to both outputs after each invocation. */
  readonly marksItsOutput: boolean;
  /** It ends when descriptor 3 does; what does not is watched. */
  readonly endsByItself: boolean;
}

/** The variable that our side of a sandbox gets its message in, and removes. */
export const SANDBOX_VARIABLE = 'CDK_IDEMPOTENT_API_SANDBOX';
