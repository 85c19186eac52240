import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, transform, type Metafile, type Plugin } from 'esbuild';
import { builtinsAsTheyAre } from './cold-start';
import { lazyFiles } from './lazy-files';
import { unnamedModules } from './unnamed-modules';

export interface JavaScriptBundle {
  /** From the repository's root. */
  readonly entry: string;
  /** From the output folder. */
  readonly outfile: string;
  readonly format: 'esm' | 'cjs';
  readonly target: 'node20' | 'node22' | 'es2022';
  /** `syntax` keeps names and lines, for people who read stack traces; `twice` also joins what the modules declare. */
  readonly minify: 'twice' | 'all' | 'syntax';
  /** Whether an ES module may make itself a `require`, where a bundled CommonJS package calls one for Node's modules. */
  readonly requireAllowed: boolean;
  /** Packages that are the user's own. */
  readonly external?: readonly string[];
  /** Whether an ES module takes Node's modules by `process.getBuiltinModule`. */
  readonly coldStart?: boolean;
  /** Whatever is imported only when needed gets a file of its own; entries for packages, by the packages' names. */
  readonly lazy?: Readonly<Record<string, string>>;
}

const REQUIRE = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);\n";

// esbuild's stand-in for `require` in an ES module, which throws this when no real one is in scope.
const MISSING_REQUIRE = 'Dynamic require of "';

/**
 * Writes one file that needs nothing beside it but Node and the files that it
 * imports when it needs them; one with a `#!` line may be run. Paths in it, if
 * any, are from the repository's root, so the bytes do not depend on where it is.
 */
export async function bundleJavaScript(root: string, outdir: string, bundle: JavaScriptBundle): Promise<readonly Metafile[]> {
  const lazy = bundle.lazy === undefined ? undefined : lazyFiles(root, bundle.lazy);
  const metafiles = [await writeFile(root, outdir, bundle, lazy?.plugin)];
  const done = new Set<string>();
  // A file of its own may have more of them.
  for (const [name, { entry, format }] of lazy?.files ?? []) {
    if (done.has(name)) continue;
    done.add(name);
    metafiles.push(await writeFile(root, outdir, { ...bundle, entry, format, outfile: join(dirname(bundle.outfile), name) }, lazy?.plugin));
  }
  return metafiles;
}

async function writeFile(root: string, outdir: string, bundle: JavaScriptBundle, lazy?: Plugin): Promise<Metafile> {
  const { outputFiles: [output], metafile } = await build({
    absWorkingDir: root,
    entryPoints: [bundle.entry],
    outfile: join(outdir, bundle.outfile),
    bundle: true,
    external: [...(bundle.external ?? [])],
    platform: 'node',
    format: bundle.format,
    target: bundle.target,
    mainFields: ['module', 'main'],
    minify: bundle.minify !== 'syntax',
    minifySyntax: true,
    treeShaking: true,
    plugins: [...(bundle.coldStart ? [builtinsAsTheyAre] : []), ...(lazy === undefined ? [] : [lazy])],
    preserveSymlinks: true, // a linked node_modules would leave the path to its place in the output
    sourcemap: false,
    legalComments: 'none', // the licences stand in THIRD-PARTY-NOTICES.txt
    metafile: true,
    write: false,
    logLevel: 'warning',
    tsconfig: 'tsconfig.dev.json',
  });

  const needsRequire = bundle.format === 'esm' && output.text.includes(MISSING_REQUIRE);
  if (needsRequire && !bundle.requireAllowed) {
    throw new Error(`${bundle.outfile}: a bundled CommonJS package calls require(); take its ES module, or leave it out of ${bundle.entry}`);
  }
  const readable = bundle.format === 'esm' && bundle.minify === 'syntax' ? unnamedModules(output.text) : output.text;
  // Of CommonJS it would leave out the names that Node looks for.
  const text = bundle.minify === 'twice' && bundle.format === 'esm' ? (await transform(output.text, { minify: true, format: bundle.format, target: bundle.target })).code : readable;
  const [, interpreter = '', body] = /^(#!.*\n)?([^]*)$/.exec(text)!;
  mkdirSync(dirname(output.path), { recursive: true });
  writeFileSync(output.path, interpreter + (needsRequire ? REQUIRE : '') + body, { mode: interpreter ? 0o755 : 0o644 });
  return metafile;
}
