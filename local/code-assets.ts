import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DeployedResource } from './deployment';
import { LocalError, reasonOf } from './local-error';
import { unzip } from './zip';

/** Where code lies, or why it is not on this machine. */
export type CodeLocation = { readonly directory: string } | { readonly absent: string };

export const NO_CODE_OF_IMAGES = 'container images are not run';

/**
 * The unpacked code of a function (`Code`) or a layer (`Content`): the asset's
 * own folder, a zip asset unpacked below `temporaryDirectory`, or inline code.
 */
export function locateCode(resource: DeployedResource, property: 'Code' | 'Content', temporaryDirectory: () => string): CodeLocation {
  const code = resource.property(property) as { S3Key?: unknown; ZipFile?: unknown; ImageUri?: unknown } | undefined;
  if (typeof code?.ZipFile === 'string') return { directory: inlineCode(code.ZipFile, resource.string('Runtime') ?? '', temporaryDirectory()) };
  if (code?.ImageUri !== undefined) return { absent: NO_CODE_OF_IMAGES };
  const asset = resource.stack.assets.get(String(code?.S3Key));
  if (asset === undefined) return { absent: 'its code is in a bucket, not in the assembly' };
  if (!existsSync(asset)) {
    throw new LocalError('ASSEMBLY_INVALID', `the code of ${resource.constructPath} is missing (${asset}); synthesize again with "npx cdk synth"`);
  }
  return { directory: statSync(asset).isDirectory() ? asset : unpacked(asset, `the code of ${resource.constructPath}`, temporaryDirectory()) };
}

/** The unpacked content of a layer that is given as a folder or an archive. Throws `USAGE` where it is neither. */
export function layerDirectory(arn: string, given: string, temporaryDirectory: () => string): string {
  const found = statSync(given, { throwIfNoEntry: false });
  if (!found) throw new LocalError('USAGE', `--layer ${arn}: there is no folder or archive ${given}`);
  return found.isDirectory() ? given : unpacked(given, `the layer ${arn}`, temporaryDirectory());
}

function inlineCode(source: string, runtime: string, temporaryDirectory: string): string {
  const directory = path.join(temporaryDirectory, `inline-${hashOf(runtime, source)}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, runtime.startsWith('python') ? 'index.py' : 'index.js'), source);
  return directory;
}

function unpacked(archive: string, what: string, temporaryDirectory: string): string {
  const directory = path.join(temporaryDirectory, `asset-${hashOf(archive, String(statSync(archive).mtimeMs))}`);
  if (existsSync(directory)) return directory;
  try {
    unzip(readFileSync(archive), directory);
  } catch (cause) {
    throw new LocalError('ASSEMBLY_INVALID', `${what} (${archive}) cannot be unpacked: ${reasonOf(cause)}`, { cause });
  }
  return directory;
}

/** The same code lies in the same folder, so that what has not changed is seen not to have. */
const hashOf = (...parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
