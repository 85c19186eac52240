import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface NodeBinary {
  readonly path: string;
  /** `24.21.0` */
  readonly version: string;
  /** One line for people, where the binary is not what the function declares. */
  readonly notice?: string;
}

const OWN: NodeBinary = { path: process.execPath, version: process.versions.node };

/**
 * A Node of the declared major: this process' own if it is one, else that of
 * the npm package which carries Node for this platform, looked for from each
 * of `roots` upwards. Without it, this process' own and a notice.
 */
export function findNodeBinary(major: number, roots: readonly string[], own: NodeBinary = OWN): NodeBinary {
  if (majorOf(own.version) === major) {
    return own;
  }
  const name = packageName(process.platform, process.arch);
  for (const root of roots) {
    const found = readPackage(name, root);
    if (found !== undefined && majorOf(found.version) === major) {
      return found;
    }
  }
  return {
    ...own,
    notice: `Functions for Node ${major} run on this Node ${own.version}: `
      + `\`npm install --no-save ${name}@${major}\` brings the one that Lambda has.`,
  };
}

/** The names under which npm has Node's binaries; Apple silicon has a prefix of its own. */
function packageName(platform: string, arch: string): string {
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

function readPackage(name: string, root: string): NodeBinary | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const home = join(folder, 'node_modules', name);
    const manifest = join(home, 'package.json');
    if (existsSync(manifest)) {
      const { version, bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string; bin?: { node?: string } };
      const path = join(home, bin?.node ?? 'bin/node');
      return existsSync(path) ? { path, version } : undefined;
    }
    if (dirname(folder) === folder) {
      return undefined;
    }
  }
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
