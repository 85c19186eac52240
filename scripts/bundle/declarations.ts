import { join } from 'node:path';
import ts from 'typescript';

/**
 * Writes the declarations of `entries` and of all they import from the
 * repository below `outdir`, in the sources' folders. Only emits: whether the
 * sources are right is asked by `tsc -p tsconfig.dev.json`.
 */
export function emitDeclarations(root: string, outdir: string, entries: readonly string[]): void {
  if (entries.length === 0) return;
  const program = ts.createProgram({
    rootNames: entries.map((entry) => join(root, entry)),
    options: {
      rootDir: root,
      outDir: outdir,
      declaration: true,
      emitDeclarationOnly: true,
      stripInternal: true,
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Preserve,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      esModuleInterop: true,
      lib: ['lib.es2023.d.ts'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
    },
  });
  const { diagnostics } = program.emit();
  if (diagnostics.length > 0) {
    throw new Error(ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }));
  }
}
