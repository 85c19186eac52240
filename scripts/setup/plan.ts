import type { Requirement } from './requirements';

export interface Machine {
  /** Debian, or what is made of it, with `apt-get`. */
  readonly isDebian: boolean;
  readonly isRoot: boolean;
  readonly hasSudo: boolean;
}

export type Plan =
  | { readonly kind: 'ready' }
  | { readonly kind: 'install'; readonly message: string; readonly commands: readonly (readonly string[])[] }
  | { readonly kind: 'refuse'; readonly message: string };

/** What to do about the programs that are missing. */
export function planFor(missing: readonly Requirement[], { isDebian, isRoot, hasSudo }: Machine): Plan {
  if (missing.length === 0) return { kind: 'ready' };
  const names = and(missing.map(({ command }) => command));
  const packages = missing.map(({ debianPackage }) => debianPackage);
  if (!isDebian) return { kind: 'refuse', message: `The tests need ${names} on the PATH. Install what is missing, then run the tests again.` };
  if (!isRoot && !hasSudo) {
    return { kind: 'refuse', message: `The tests need ${names}: run as root "apt-get install ${packages.join(' ')}", then run the tests again.` };
  }
  const by = isRoot ? [] : ['sudo'];
  const apt = [...by, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300'];
  return {
    kind: 'install',
    message: `The tests need ${names}: installing by ${[...by, 'apt-get'].join(' ')}.`,
    commands: [[...apt, 'update'], [...apt, 'install', '--no-install-recommends', ...packages]],
  };
}

const and = (names: readonly string[]): string => [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' and ');
