import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Becomes the program, while a subshell waits for the end of descriptor 3,
 * which this process holds open as long as it lives: so that the program ends
 * even where this process is killed without a chance to see to it.
 */
const CONTAINED = '(read -r _; kill -TERM $$ 2>/dev/null) <&3 & exec "$0" "$@" 3<&-';

export interface ContainedProcess {
  readonly child: ChildProcess;
  /** Resolves once the program is gone; its standard error, the last of it. */
  readonly ended: Promise<string>;
  /** Asks the program to end, and after `graceMs` makes it. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Runs a program that does not outlive this process. It has a process group of
 * its own: Ctrl-C in a terminal is this process' to deal with.
 */
export function spawnContained(program: string, args: readonly string[]): ContainedProcess {
  const posix = process.platform !== 'win32';
  const child = posix
    ? spawn('/bin/sh', ['-c', CONTAINED, program, ...args], { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
    : spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => { complaint = (complaint + chunk.toString()).slice(-2000); });
  child.stdio[3]?.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => (child.stdio[3] as Writable | null | undefined)?.destroy());
    // The subshell holds standard error as well: it closes when both are gone.
    child.once('close', () => resolve(complaint.trim()));
  });
  return {
    child,
    ended,
    stop: async (graceMs = 2000) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
