import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_FILE_HEADER = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;
const UNIX = 3;

/**
 * Unpacks a zip archive (APPNOTE.TXT: stored and deflated entries; neither
 * ZIP64 nor encryption, which Lambda's 250 MB limit never needs). Throws an
 * `Error` on anything else, and on entries that would leave `directory`.
 */
export function unzip(archive: Buffer, directory: string): void {
  for (const entry of entries(archive)) {
    const target = path.resolve(directory, entry.name);
    if (target !== path.resolve(directory) && !target.startsWith(path.resolve(directory) + path.sep)) {
      throw new Error(`the entry ${entry.name} lies outside of the archive`);
    }
    if (entry.name.endsWith('/')) {
      mkdirSync(target, { recursive: true });
    } else {
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content(archive, entry), { mode: entry.mode });
    }
  }
}

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

function entries(archive: Buffer): Entry[] {
  const end = endOfCentralDirectory(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    if (archive.readUInt32LE(at) !== CENTRAL_FILE_HEADER) throw new Error('the central directory is broken');
    const nameLength = archive.readUInt16LE(at + 28);
    const permissions = archive.readUInt32LE(at + 38) >>> 16 & 0o777; // eslint-disable-line no-bitwise
    const entry: Entry = {
      name: archive.toString('utf8', at + 46, at + 46 + nameLength),
      mode: archive.readUInt8(at + 5) === UNIX && permissions ? permissions : 0o644,
      method: archive.readUInt16LE(at + 10),
      compressedSize: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      offset: archive.readUInt32LE(at + 42),
    };
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    return entry;
  });
}

/** It is the last record, before a comment of at most 64 KiB. */
function endOfCentralDirectory(archive: Buffer): number {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 22 - 0xffff); at -= 1) {
    if (archive.readUInt32LE(at) === END_OF_CENTRAL_DIRECTORY) return at;
  }
  throw new Error('it is no zip archive');
}

function content(archive: Buffer, entry: Entry): Buffer {
  const start = entry.offset + 30 + archive.readUInt16LE(entry.offset + 26) + archive.readUInt16LE(entry.offset + 28);
  const bytes = archive.subarray(start, start + entry.compressedSize);
  if (entry.method === STORED) return bytes;
  if (entry.method === DEFLATED) return inflateRawSync(bytes, { maxOutputLength: Math.max(1, entry.size) });
  throw new Error(`the entry ${entry.name} is compressed by method ${entry.method}, which Lambda does not take`);
}
