import { basename, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

/** Files of their own for what is imported only when it is needed. */
export interface LazyFiles {
  readonly plugin: Plugin;
  /** Entries by the names of their files, without ending, as far as they have been met. */
  readonly entries: ReadonlyMap<string, string>;
}

/**
 * Leaves each `import()` of the runtime's in the output, as one of a file beside it. esbuild's own
 * `splitting` would put what the files share into chunks, of which each costs
 * milliseconds at load; these have copies of it.
 *
 * @param packages entries that stand for packages, by the packages' names
 */
export function lazyFiles(root: string, packages: Readonly<Record<string, string>>): LazyFiles {
  const entries = new Map<string, string>();
  const sources = join(root, 'runtime');
  const plugin: Plugin = {
    name: 'lazy-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === RESOLVING || !importer.startsWith(sources)) return undefined;
        const own = path.startsWith('.');
        if (!own && packages[path] === undefined) return undefined;
        const file = own
          ? relative(root, (await build.resolve(path, { kind, resolveDir, pluginData: RESOLVING })).path)
          : packages[path]!;
        const name = basename(file, '.ts');
        if ((entries.get(name) ?? file) !== file) throw new Error(`${file} and ${entries.get(name)!} would be one file: rename one of them`);
        entries.set(name, file);
        return { path: `./${name}.mjs`, external: true };
      });
    },
  };
  return { plugin, entries };
}

const RESOLVING = Symbol('resolving');

/** Where the file of an entry lies, beside the one that imports it. */
export const lazyFile = (folder: string, name: string): string => join(folder, `${name}.mjs`);
