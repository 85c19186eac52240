import type { Reporter } from './events';

/** What a run is given by the process that it runs in. */
export interface RunContext {
  /** The user's folder: apps run there, packages are looked for there first. */
  readonly directory: string;
  /** Where the command itself lies. */
  readonly cliDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `linux-x64` */
  readonly platform: string;
  readonly reporter: Reporter;
  /** Fires when the start is to be given up. */
  readonly signal: AbortSignal;
}
