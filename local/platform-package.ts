import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * The folder of a package that the user installs or not, looked for from each
 * of the folders in turn: theirs first, then where the CLI lies.
 */
export function findPackage(name: string, from: readonly string[]): string | undefined {
  for (const directory of from) {
    try {
      return path.dirname(createRequire(path.join(directory, 'package.json')).resolve(`${name}/package.json`));
    } catch { /* Not there: the next one. */ }
  }
  return undefined;
}
