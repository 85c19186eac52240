import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface PackedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly mode: number;
}

export interface Packed {
  readonly tarball: string;
  readonly files: readonly PackedFile[];
  /** Bytes of the tarball. */
  readonly size: number;
}

/** Packs the package as it would be published. `build/` and the compiled constructs must be there. */
export function pack(folder: string): Packed {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8' });
  const [{ filename, files, size }] = JSON.parse(output) as [{ filename: string; files: readonly PackedFile[]; size: number }];
  return { tarball: join(folder, filename), files, size };
}

/** A folder outside of the repository, where no package of it can be found by accident. */
export function emptyFolder(): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'packaging-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Installs the tarball as npm does, and nothing else: no network. */
export function install(tarball: string, folder: string): void {
  execFileSync('npm', ['install', '--offline', '--legacy-peer-deps', '--ignore-scripts', '--no-save', '--loglevel=error', tarball], { cwd: folder });
}

/** Puts packages of the repository into a user's folder. */
export function link(names: readonly string[], folder: string): void {
  for (const name of names) {
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), target, 'junction');
  }
}
