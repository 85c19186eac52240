import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** What a test starts does not outlive it, even where it ends without its cleanup. */
export function killOnExit(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}
