import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { Metafile } from 'esbuild';
import { emitDeclarations } from './bundle/declarations';
import { bundleJavaScript, type JavaScriptBundle } from './bundle/javascript';
import { bundledPackages, renderNotices } from './bundle/notices';
import { renderSbom } from './bundle/sbom';
import { LAYER, RELAY } from '../lib/contract';

const RUNTIME_CLIENT = join('node_modules', 'aws-lambda-ric');
const LAMBDA_RUNTIME = join('cli', 'lambda-runtime');

/** The user's own, of which the runtime has no copy: a client that is given and the commands that it sends are of one version then. */
const SDK = '@aws-sdk/client-dynamodb';

/** The layer: one ES module, for the Node versions that Lambda has. */
export const layer: JavaScriptBundle = {
  entry: 'runtime/handler.ts',
  outfile: join('layer', LAYER.DIRECTORY, 'handler.mjs'),
  format: 'esm',
  target: 'node22',
  minify: 'all',
  requireAllowed: true,
  coldStart: true,
  lazy: { [SDK]: 'runtime/aws/aws-sdk.ts' },
};

/** The relay: a function's whole code. */
const relay: JavaScriptBundle = { ...layer, entry: 'runtime/relay.ts', outfile: join(RELAY.DIRECTORY, 'relay.mjs') };

/** What users import: readable in stack traces, and bundled again by them; but for the client, which a page may load as it is. */
const ENTRIES: readonly (Pick<JavaScriptBundle, 'entry' | 'target' | 'minify' | 'external' | 'coldStart'> & { readonly name: string })[] = [
  { name: 'runtime', entry: 'runtime/index.ts', target: 'node20', minify: 'syntax', external: [SDK], coldStart: true },
  { name: 'testing', entry: 'runtime/testing/index.ts', target: 'node20', minify: 'syntax', external: [SDK], coldStart: true },
  {
    name: 'powertools', entry: 'runtime/powertools/index.ts', target: 'node20', minify: 'syntax', external: [SDK, '@aws-lambda-powertools/idempotency'], coldStart: true,
  },
  { name: 'client', entry: 'client/index.ts', target: 'es2022', minify: 'twice' },
  { name: 'conformance', entry: 'conformance/index.ts', target: 'node20', minify: 'syntax' },
];

export const EXPORTED: readonly JavaScriptBundle[] = ENTRIES.flatMap(({ name, ...entry }) => (['esm', 'cjs'] as const).map((format) => ({
  ...entry,
  outfile: join(name, format === 'esm' ? 'index.mjs' : 'index.cjs'),
  format,
  // A `require` made from import.meta.url does not survive the user's bundling to CommonJS.
  requireAllowed: format === 'cjs',
})));

const cli: readonly JavaScriptBundle[] = [
  {
    entry: 'bin/idempotent-api.ts',
    outfile: join('cli', 'idempotent-api.mjs'),
    format: 'esm',
    target: 'node20',
    minify: 'syntax',
    requireAllowed: true,
  },
  {
    entry: `${RUNTIME_CLIENT}/index.mjs`,
    outfile: join(LAMBDA_RUNTIME, 'index.mjs'),
    format: 'esm',
    target: 'node20',
    minify: 'syntax',
    requireAllowed: true,
  },
];

/**
 * Builds everything that is made from the sources of `root`, other than the
 * constructs, into `outdir`. The same sources give the same bytes, wherever
 * both folders are: the layer's hash is part of what users deploy.
 */
export async function bundle(root: string, outdir: string): Promise<void> {
  const [ofLayer, ofRelay, ...others] = await Promise.all([layer, relay, ...EXPORTED, ...cli].map((each) => bundleJavaScript(root, outdir, each)));
  const all = [...ofLayer!, ...ofRelay!, ...others.flat()];
  writeNotices(root, join(outdir, 'THIRD-PARTY-NOTICES.txt'), all);
  writeFileSync(join(outdir, 'sbom.cdx.json'), renderSbom(root, bundledPackages(all)));
  writeNotices(root, join(outdir, dirname(layer.outfile), 'THIRD-PARTY-NOTICES.txt'), ofLayer!);
  writeNotices(root, join(outdir, RELAY.DIRECTORY, 'THIRD-PARTY-NOTICES.txt'), ofRelay!);

  emitDeclarations(root, join(outdir, 'types'), ENTRIES.map(({ entry }) => entry));
  for (const { name, entry } of ENTRIES) {
    writeDeclarationEntry(outdir, entry, name);
    if (name === 'powertools') copyDeclarationsForModules(outdir, entry, name);
  }
  copyLambdaRuntime(root, join(outdir, LAMBDA_RUNTIME));
  cpSync(join(root, 'local', 'window', 'page'), join(outdir, 'cli', 'window'), { recursive: true });
  cpSync(join(root, 'conformance', 'report', 'page'), join(outdir, 'cli', 'conformance'), { recursive: true });
}

/** Two faces of the same declarations: TypeScript wants `.d.mts` beside `.mjs`. */
function writeDeclarationEntry(outdir: string, entry: string, folder: string): void {
  const declared = `../types/${entry.replace(/\.ts$/, '')}`;
  writeFileSync(join(outdir, folder, 'index.d.ts'), `export * from '${declared}';\n`);
  writeFileSync(join(outdir, folder, 'index.d.mts'), `export * from '${declared}.js';\n`);
}

/**
 * What extends a class of the user's package extends, for an ES module, another
 * copy of it than for CommonJS: so each has declarations of its own.
 */
function copyDeclarationsForModules(outdir: string, entry: string, folder: string): void {
  const source = join('types', dirname(entry));
  for (const file of readdirSync(join(outdir, source)).filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(join(outdir, source, file), 'utf8').replaceAll(/(?<=from ')\.[^']*(?=')/g, (specifier) =>
      specifier.startsWith('./') ? `${specifier}.mjs` : `${posix.join('..', 'types', dirname(entry), specifier)}.js`);
    writeFileSync(join(outdir, folder, file.replace(/\.ts$/, '.mts')), text);
  }
}

/** The preloaded shim and the Python bootstrap stay as they are, and the client's own notices stand beside it. */
function copyLambdaRuntime(root: string, folder: string): void {
  cpSync(join(root, 'local', 'lambda', 'shim'), join(folder, 'shim'), { recursive: true });
  cpSync(join(root, 'local', 'lambda', 'python', 'bootstrap.py'), join(folder, 'python', 'bootstrap.py'));
  for (const file of ['LICENSE', 'NOTICE', 'THIRD-PARTY-LICENSES']) {
    cpSync(join(root, RUNTIME_CLIENT, file), join(folder, file));
  }
}

function writeNotices(root: string, file: string, metafiles: readonly Metafile[]): void {
  writeFileSync(file, renderNotices(root, bundledPackages(metafiles)));
}

/** Whoever reads `build/` meanwhile finds the old one or the new one, not half of it. */
export async function rebuild(root: string): Promise<void> {
  const target = join(root, 'build');
  const fresh = join(root, 'node_modules', '.cache', 'cdk-idempotent-api', `${basename(target)}-${process.pid}`);
  const old = `${fresh}-old`;
  mkdirSync(fresh, { recursive: true });
  try {
    await bundle(root, fresh);
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

if (require.main === module) {
  rebuild(join(__dirname, '..')).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
