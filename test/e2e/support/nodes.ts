import { execFileSync } from 'node:child_process';
import path from 'node:path';

export interface Node {
  readonly name: string;
  readonly command: string;
  readonly flags: readonly string[];
}

/** This Node, made to say that it is another one, and those of such versions that the machine has. */
export function oldNodes(pretend: { readonly version: string; readonly preload: string }, matching: RegExp): readonly Node[] {
  const pretending = { name: `${process.version} as ${pretend.version}`, command: process.execPath, flags: ['--require', pretend.preload] };
  const commands = [...new Set((process.env.PATH ?? '').split(path.delimiter))].map((folder) => path.join(folder, 'node'));
  const versions = new Map<string, string>();
  for (const command of commands) {
    try {
      versions.set(execFileSync(command, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim(), command);
    } catch {
      // No node is there.
    }
  }
  const old = [...versions].filter(([version]) => matching.test(version)).map(([name, command]) => ({ name, command, flags: [] }));
  return [pretending, ...old];
}
