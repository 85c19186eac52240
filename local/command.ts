import { LOCAL_HELP, parseLocalOptions } from './cli-options';
import { createReporter, type Output } from './events';
import type { RunContext } from './run-context';
import { start, type Running } from './runner';

/** The process that a command runs in. */
export interface CommandContext extends Pick<RunContext, 'directory' | 'cliDirectory' | 'environment' | 'platform'> {
  readonly output: Output;
  /** Calls back for each request to end: the first time to end well, the second time to end now. */
  onStopRequested(callback: () => void): void;
}

/** How long a stop waits for the answers to what has been accepted. */
const STOP_GRACE_MS = 5000;

/**
 * `idempotent-api local`: runs until it is asked to stop. Resolves with the
 * exit status once nothing that it started is left; rejects where the start
 * fails or what it needs is lost.
 */
export async function localCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const options = parseLocalOptions(argv);
  if (options === 'help') {
    context.output.out(LOCAL_HELP.trimEnd());
    return 0;
  }
  const reporter = createReporter(options.json, context.output);
  const stop = new AbortController();
  const force = new AbortController();
  context.onStopRequested(() => (stop.signal.aborted ? force : stop).abort());

  let running: Running;
  try {
    running = await start(options, { ...context, reporter, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) return 0;
    throw error;
  }
  try {
    await Promise.race([fired(stop.signal), running.lost]);
  } finally {
    await running.stop(STOP_GRACE_MS, force.signal);
  }
  return 0;
}

const fired = (signal: AbortSignal) => new Promise<void>((resolve) => {
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
});
