import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { commandPath } from './command-path';

/** A browser to start: the program, and what its environment must have. */
export interface BrowserProgram {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the binary of `@sparticuz/chromium` runs. */
export const PACKAGED_ON = 'linux-x64';

/**
 * The Chromium that `CHROMIUM` names, or the packaged one where it runs, or the
 * one on the PATH. The packaged one is unpacked when first asked for, which takes
 * two seconds, and needs nothing of the system's: libraries and a font come with it.
 */
export function browserProgram(root: string, platform = `${process.platform}-${process.arch}`, { CHROMIUM, PATH } = process.env): BrowserProgram {
  if (CHROMIUM === undefined && platform === PACKAGED_ON) return packagedBrowser(root);
  const executablePath = CHROMIUM ?? commandPath('chromium', PATH);
  if (executablePath === undefined || !existsSync(executablePath)) {
    throw new Error(`There is no browser${CHROMIUM === undefined ? ' on the PATH' : ` at ${CHROMIUM}`}, and this test needs one: let CHROMIUM name the program of a Chromium.`);
  }
  return { executablePath, env: {} };
}

function packagedBrowser(root: string): BrowserProgram {
  const source = join(root, 'node_modules', '@sparticuz', 'chromium');
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  const target = join(root, 'node_modules', '.cache', 'cdk-idempotent-api', `chromium-${version}`);
  if (!existsSync(target)) {
    const fresh = `${target}-${process.pid}`;
    unpack(join(source, 'bin'), fresh);
    putInPlace(fresh, target);
  }
  return {
    executablePath: join(target, 'chromium'),
    env: { LD_LIBRARY_PATH: join(target, 'al2023', 'lib'), FONTCONFIG_FILE: join(target, 'fonts', 'with-system.conf') },
  };
}

/** The package's own fonts.conf names folders of a Lambda environment. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

function unpack(bin: string, folder: string): void {
  const inflated = (file: string) => brotliDecompressSync(readFileSync(join(bin, file)));
  for (const name of ['al2023', 'fonts']) {
    mkdirSync(join(folder, name), { recursive: true });
    const { status, stderr } = spawnSync('tar', ['-x', '-C', join(folder, name)], { input: inflated(`${name}.tar.br`), encoding: 'utf8' });
    if (status !== 0) throw new Error(`tar could not unpack ${name} of @sparticuz/chromium: ${stderr}`);
  }
  writeFileSync(join(folder, 'fonts', 'with-system.conf'), FONTS);
  writeFileSync(join(folder, 'chromium'), inflated('chromium.br'), { mode: 0o755 });
}

/** Two test workers may have unpacked it at the same time: the first one's stays. */
function putInPlace(fresh: string, target: string): void {
  try {
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(target)) throw error;
  }
}
