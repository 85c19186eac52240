import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { unzip } from '../../local/zip';

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly method: 0 | 8 | 12;
  readonly mode?: number;
  readonly claimedSize?: number;
}

/** An archive by the book (APPNOTE.TXT), checksums left out: nothing here reads them. */
function zip(entries: readonly Entry[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method, mode = 0o644, claimedSize = content.length } of entries) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(3 * 256 + 20, 4);
    header.writeUInt16LE(method, 10);
    header.writeUInt32LE(data.length, 20);
    header.writeUInt32LE(claimedSize, 24);
    header.writeUInt16LE(name.length, 28);
    header.writeUInt32LE(mode * 65536, 38);
    header.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), data);
    central.push(header, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, ...central, end, Buffer.from(comment)]);
}

let directory: string;
beforeEach(() => { directory = mkdtempSync(path.join(tmpdir(), 'zip-')); });
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const text = (name: string) => readFileSync(path.join(directory, name), 'utf8');

test('stored and deflated files arrive, with their folders and permissions', () => {
  unzip(zip([
    { name: 'index.js', content: Buffer.from('a'.repeat(5000)), method: 8 },
    { name: 'bin/', content: Buffer.alloc(0), method: 0 },
    { name: 'bin/deep/run', content: Buffer.from('run'), method: 0, mode: 0o755 },
    { name: 'empty', content: Buffer.alloc(0), method: 8 },
  ], 'a comment'), directory);
  expect([text('index.js').length, text('bin/deep/run'), text('empty')]).toEqual([5000, 'run', '']);
  expect((statSync(path.join(directory, 'bin/deep/run')).mode % 0o1000).toString(8)).toBe('755');
});

test.each(['../outside', '/etc/outside', 'a/../../outside'])('an entry %s does not leave the folder', (name) => {
  expect(() => unzip(zip([{ name, content: Buffer.from('x'), method: 0 }]), path.join(directory, 'in'))).toThrow('outside');
});

test('what is no archive is refused', () => {
  expect(() => unzip(Buffer.from('PK but not really, and long enough to look'), directory)).toThrow('it is no zip archive');
});

test('a compression that Lambda does not take is named', () => {
  expect(() => unzip(zip([{ name: 'x', content: Buffer.from('x'), method: 12 }]), directory)).toThrow('method 12');
});

test('an entry larger than it says is not inflated', () => {
  expect(() => unzip(zip([{ name: 'bomb', content: Buffer.alloc(1_000_000), method: 8, claimedSize: 10 }]), directory)).toThrow(/larger than/);
});
