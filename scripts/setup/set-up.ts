import { spawnSync } from 'node:child_process';
import { commandPath } from './command-path';
import { planFor } from './plan';
import type { Requirement } from './requirements';

export interface Host {
  readonly path: string;
  /** The text of `/etc/os-release`; empty where there is none. */
  readonly osRelease: string;
  readonly isRoot: boolean;
  readonly say: (line: string) => void;
}

/** Installs the programs that are missing, or says in one line what to install; false where some still are. */
export function setUp(required: readonly Requirement[], { path, osRelease, isRoot, say }: Host): boolean {
  const missing = () => required.filter(({ command }) => commandPath(command, path) === undefined);
  const isDebian = isDebianLike(osRelease) && commandPath('apt-get', path) !== undefined;
  const plan = planFor(missing(), { isDebian, isRoot, hasSudo: commandPath('sudo', path) !== undefined });
  if (plan.kind === 'ready') return true;
  say(plan.message);
  if (plan.kind === 'refuse') return false;
  for (const [command, ...args] of plan.commands) {
    // Standard input for a password that sudo may ask for; what apt-get says matters only where it fails.
    const { status, output } = spawnSync(command!, args, { env: { ...process.env, PATH: path }, stdio: ['inherit', 'pipe', 'pipe'], encoding: 'utf8' });
    if (status === 0) continue;
    say(`${output?.join('').trim() ?? ''}\n${[command, ...args].join(' ')} failed: install what it names by hand, then run the tests again.`.trimStart());
    return false;
  }
  const left = missing().map(({ command }) => command);
  if (left.length > 0) say(`Installed, and still not on the PATH: ${left.join(', ')}.`);
  return left.length === 0;
}

const isDebianLike = (osRelease: string): boolean =>
  /^ID(?:_LIKE)?=.*\bdebian\b/m.test(osRelease);
