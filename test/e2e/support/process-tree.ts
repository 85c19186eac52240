import { readFileSync, readdirSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  /** Its command line, words apart by spaces. */
  readonly command: string;
}

/** All that a process has started and what that has, as /proc has it; what ends meanwhile is left out. */
export function descendants(pid: number): readonly RunningProcess[] {
  return childrenOf(pid).flatMap((child) => {
    const command = commandOf(child);
    return command === undefined ? [] : [{ pid: child, command }, ...descendants(child)];
  });
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) => numbers(readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')));
  } catch {
    return [];
  }
}

const numbers = (text: string): readonly number[] => text.split(' ').filter((word) => word !== '').map(Number);

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return undefined;
  }
}
