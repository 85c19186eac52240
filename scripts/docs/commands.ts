import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Block } from './blocks';

/** Flags that `idempotent-api` knows, by its own help. */
export type HelpOf = (command: string) => string;

/** Lines of `sh` blocks that name a script, a command or a flag that is not there. */
export function wrongCommands(root: string, block: Block, helpOf: HelpOf): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const lines = block.text.replaceAll('\\\n', ' ').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return lines.flatMap((line) => line.split(/\s&&\s|\s\|\s/)).flatMap((command) => {
    const problem = problemOf(command.trim(), scripts, helpOf);
    return problem === undefined ? [] : [`${block.page}:${block.line}: ${command}: ${problem}`];
  });
}

function problemOf(command: string, scripts: Record<string, string>, helpOf: HelpOf): string | undefined {
  const [program = '', first = '', second = ''] = command.split(/\s+/);
  if (program === 'npm') {
    if (['ci', 'install'].includes(first)) return undefined;
    const script = first === 'run' ? second : first;
    return script in scripts ? undefined : `package.json has no script ${script}`;
  }
  if (program === 'npx' && first === 'idempotent-api') {
    const help = helpOf(second);
    // What stands in quotes is another program's.
    const flags = [...command.replaceAll(/"[^"]*"/g, '').matchAll(/\s(--[a-z-]+)/g)].map((match) => match[1]!);
    const unknown = flags.filter((flag) => !help.includes(flag));
    return unknown.length === 0 ? undefined : `its help does not name ${unknown.join(', ')}`;
  }
  if (['npx', 'curl', 'git', 'cat', 'aws', 'pip'].includes(program)) return undefined;
  return 'no check knows this command';
}
