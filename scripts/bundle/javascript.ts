import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { coldStart } from './cold-start';

export interface JavaScriptBundle {
  /** From the repository's root. */
  readonly entry: string;
  /** From the output folder. */
  readonly outfile: string;
  readonly format: 'esm' | 'cjs';
  readonly target: 'node20' | 'node22' | 'es2022';
  /** `syntax` keeps names and lines, for people who read stack traces. */
  readonly minify: 'all' | 'syntax';
  /** Whether an ES module may make itself a `require`, where a bundled CommonJS package calls one for Node's modules. */
  readonly requireAllowed: boolean;
  /** Packages that are the user's own. */
  readonly external?: readonly string[];
  /** Runs in Lambda and nowhere else. */
  readonly lambdaOnly?: boolean;
}

const REQUIRE = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);\n";

// esbuild's stand-in for `require` in an ES module, which throws this when no real one is in scope.
const MISSING_REQUIRE = 'Dynamic require of "';

/**
 * Writes one file that needs nothing beside it but Node; one with a `#!` line may be run. Paths in it, if any,
 * are from the repository's root, so the bytes do not depend on where it is.
 */
export async function bundleJavaScript(root: string, outdir: string, bundle: JavaScriptBundle): Promise<Metafile> {
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
    minify: bundle.minify === 'all',
    minifySyntax: true,
    treeShaking: true,
    plugins: bundle.lambdaOnly ? [coldStart(root)] : [],
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
  const [, interpreter = '', body] = /^(#!.*\n)?([^]*)$/.exec(output.text)!;
  mkdirSync(dirname(output.path), { recursive: true });
  writeFileSync(output.path, interpreter + (needsRequire ? REQUIRE : '') + body, { mode: interpreter ? 0o755 : 0o644 });
  return metafile;
}
