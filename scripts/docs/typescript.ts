import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildSync } from 'esbuild';
import ts from 'typescript';
import type { Block } from './blocks';

/** What readers import, and the sources that they get. */
const ENTRIES: Readonly<Record<string, string>> = {
  'cdk-idempotent-api': 'lib/index.ts',
  'cdk-idempotent-api/runtime': 'runtime/index.ts',
  'cdk-idempotent-api/testing': 'runtime/testing/index.ts',
  'cdk-idempotent-api/client': 'client/index.ts',
  'cdk-idempotent-api/conformance': 'conformance/index.ts',
  'cdk-idempotent-api/powertools': 'runtime/powertools/index.ts',
};

/**
 * Type-checks `ts` blocks against the sources, and runs those flagged `run`. A
 * block flagged `stack` stands in the constructor of a stack.
 */
export function checkTypeScript(root: string, blocks: readonly Block[]): readonly string[] {
  const folder = join(root, 'node_modules', '.cache', 'cdk-idempotent-api', `docs-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const files = blocks.map((block, index) => {
      const file = join(folder, `block-${index}.ts`);
      writeFileSync(file, source(block));
      return { file, block };
    });
    const where = (file: string): string => {
      const found = files.find((each) => each.file === file)?.block;
      return found === undefined ? relative(root, file) : `${found.page}:${found.line}`;
    };
    const options = compilerOptions(root);
    const wrong = typeErrors(files.map(({ file }) => file), options, where);
    if (wrong.length > 0) return wrong;
    return files.filter(({ block }) => block.flags.includes('run')).flatMap(({ file }) => run(root, file, where(file)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function source({ text, given, flags }: Block): string {
  const ambient = given === '' ? '' : `${given}\n`;
  if (!flags.includes('stack')) return `${text}\n${ambient}export {};\n`;
  const lines = text.split('\n');
  const lastImport = lines.findLastIndex((line) => /^(import |\} from )/.test(line));
  return [
    'import { Stack as DocumentedStack } from \'aws-cdk-lib\';',
    ...lines.slice(0, lastImport + 1),
    ambient,
    'export class Documented extends DocumentedStack {',
    '  public documented(): void {',
    ...lines.slice(lastImport + 1),
    '  }',
    '}',
  ].join('\n');
}

function compilerOptions(root: string): ts.CompilerOptions {
  return {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    esModuleInterop: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    paths: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, [join(root, file)]])),
  };
}

function typeErrors(files: readonly string[], options: ts.CompilerOptions, where: (file: string) => string): readonly string[] {
  const program = ts.createProgram([...files], options);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) =>
    `${file === undefined ? 'docs' : where(file.fileName)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

/** As the module that a reader would make of it: examples await at the top. */
function run(root: string, file: string, where: string): readonly string[] {
  const outfile = file.replace(/\.ts$/, '.mjs');
  buildSync({
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    // From there the constructs find the layer, which a bundle does not lie beside.
    define: { __dirname: JSON.stringify(join(root, 'lib', 'private')) },
    alias: Object.fromEntries(Object.entries(ENTRIES).map(([name, entry]) => [name, join(root, entry)])),
    logLevel: 'silent',
  });
  const env = { ...process.env, POWERTOOLS_LOG_LEVEL: 'SILENT' };
  const { status, stderr } = spawnSync(process.execPath, [outfile], { cwd: root, encoding: 'utf8', env, timeout: 60_000 });
  return status === 0 ? [] : [`${where}: the block failed: ${stderr.trim()}`];
}
