import { basename, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

/** A file of its own, for what is loaded only when it is needed. */
export interface LazyFile {
  readonly entry: string;
  /** By `require()`, at once; or by `import()`. */
  readonly format: 'cjs' | 'esm';
}

export interface LazyFiles {
  readonly plugin: Plugin;
  /** By the names of the files, as far as they have been met. */
  readonly files: ReadonlyMap<string, LazyFile>;
}

/**
 * Leaves each `import()` and `require()` of the runtime's in the output, as one
 * of a file beside it. esbuild's own `splitting` would put what the files share
 * into chunks, of which each costs milliseconds at load; these have copies of it.
 *
 * @param packages entries that stand for packages, by the packages' names
 */
export function lazyFiles(root: string, packages: Readonly<Record<string, string>>): LazyFiles {
  const files = new Map<string, LazyFile>();
  const sources = join(root, 'runtime');
  const plugin: Plugin = {
    name: 'lazy-files',
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        const lazily = kind === 'dynamic-import' || kind === 'require-call';
        if (!lazily || pluginData === RESOLVING || !importer.startsWith(sources)) return undefined;
        const own = path.startsWith('.');
        if (!own && packages[path] === undefined) return undefined;
        const entry = own ? relative(root, (await build.resolve(path, { kind, resolveDir, pluginData: RESOLVING })).path) : packages[path]!;
        const format = kind === 'require-call' ? 'cjs' : 'esm';
        const name = `${basename(entry, '.ts')}.${format === 'cjs' ? 'cjs' : 'mjs'}`;
        if ((files.get(name)?.entry ?? entry) !== entry) throw new Error(`${entry} and ${files.get(name)!.entry} would be one file: rename one of them`);
        files.set(name, { entry, format });
        return { path: `./${name}`, external: true };
      });
    },
  };
  return { plugin, files };
}

const RESOLVING = Symbol('resolving');
