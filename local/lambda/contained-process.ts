import { spawn, type ChildProcess } from 'node:child_process';

const alive = new Set<ChildProcess>();
let isHooked = false;

export interface ContainedProcessOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** It sees to it that it does not outlive descriptor 3; what does not is watched. */
  readonly endsByItself: boolean;
}

/**
 * Becomes the program, once a process that belongs to nobody waits for the end
 * of descriptor 3, to end the group then. It is no child of the program's, which
 * may wait for its own.
 */
const WATCHED = '((read -r _; kill -s KILL -- -$$) <&3 >/dev/null 2>&1 &); exec "$0" "$@" 3<&-';

/**
 * A child in a process group of its own, so that whatever it starts dies with
 * it and a Ctrl+C in the terminal is this process' to handle. It does not
 * outlive this process: an exit kills it, and for the death that runs no exit
 * handler, its descriptor 3 is a pipe that ends with this process.
 */
export function spawnContained(command: string, args: readonly string[], options: ContainedProcessOptions): ChildProcess {
  if (!isHooked) {
    isHooked = true;
    process.once('exit', () => alive.forEach(killGroup));
  }
  const [program, argv] = options.endsByItself ? [command, args] : ['/bin/sh', ['-c', WATCHED, command, ...args]] as const;
  const child = spawn(program, argv, {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('exit', () => {
    alive.delete(child);
    killGroup(child);
  });
  child.once('error', () => alive.delete(child));
  child.stdio[3]?.on('error', () => undefined);
  return child;
}

/** SIGKILL for the child and all that it started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // No such group is left, or the platform has none.
    child.kill('SIGKILL');
  }
}
