import { PACKAGED_ON } from './browser';

/** A program that tests run and that no npm package brings. */
export interface Requirement {
  readonly command: string;
  /** The Debian package that has it. */
  readonly debianPackage: string;
}

const ALWAYS: readonly Requirement[] = [
  { command: 'redis-server', debianPackage: 'redis-server' },
  { command: 'python3', debianPackage: 'python3' },
  { command: 'ps', debianPackage: 'procps' },
];

/** What this platform needs: a browser only where the packaged one does not run, and `CHROMIUM` names none. */
export const requirements = (platform: string, chromium: string | undefined): readonly Requirement[] =>
  chromium !== undefined || platform === PACKAGED_ON ? ALWAYS : [...ALWAYS, { command: 'chromium', debianPackage: 'chromium' }];
