import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, ROOT } from './package';
import { bundle } from '../../scripts/bundle';
import { bundledPackages, renderNotices } from '../../scripts/bundle/notices';

const folder = emptyFolder();
afterAll(() => folder.remove());

/** The sources at another place on the disk. */
function copyOfRepository(name: string): string {
  const copy = join(folder.path, name);
  mkdirSync(copy);
  for (const part of ['audit', 'bin', 'client', 'conformance', 'lib', 'local', 'operate', 'runtime', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.dev.json', 'LICENSE']) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
  return copy;
}

const hashes = (directory: string) => Object.fromEntries(
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => [file.slice(directory.length), createHash('sha256').update(readFileSync(file)).digest('hex')])
    .sort(),
);

test('the same sources make the same bytes, wherever they are', async () => {
  const here = join(folder.path, 'here');
  const there = copyOfRepository('there');
  await bundle(ROOT, here);
  await bundle(there, join(there, 'build'));
  expect(Object.keys(hashes(here))).toContain('/layer/cdk-idempotent-api/handler.mjs');
  expect(hashes(join(there, 'build'))).toEqual(hashes(here));
});

describe('the notices', () => {
  const root = join(folder.path, 'licences');
  const add = (name: string, license: string, files: Readonly<Record<string, string>> = {}) => {
    const home = join(root, 'node_modules', name);
    mkdirSync(home, { recursive: true });
    for (const [file, text] of Object.entries({ ...files, 'package.json': JSON.stringify({ name, version: '1.0.0', license }) })) {
      writeFileSync(join(home, file), text);
    }
    return `node_modules/${name}`;
  };

  test('give each licence text once, under all that it covers, and a NOTICE with it', () => {
    const packages = [add('a', 'MIT', { LICENSE: 'Text of A and B.' }), add('b', 'MIT', { 'LICENSE.md': 'Text of A and B.\r\n' }), add('c', 'ISC', { license: 'Text of C.', NOTICE: 'By C.' })];
    const notices = renderNotices(root, packages);
    expect(notices).toContain('a 1.0.0 (MIT)\nb 1.0.0 (MIT)\n\nText of A and B.\n');
    expect(notices).toContain('c 1.0.0 (ISC)\n\nText of C.\n\nBy C.\n');
  });

  test('take the standard text where a package only names its licence, and refuse where there is none', () => {
    expect(renderNotices(root, [add('d', 'MIT-0')])).toContain('MIT No Attribution');
    expect(() => renderNotices(root, [add('e', 'MIT')])).toThrow('node_modules/e (MIT) has no licence text to pass on');
  });

  test('are of packages of which something is in the output', () => {
    const output = (inputs: Readonly<Record<string, number>>) => ({
      inputs: {},
      outputs: {
        out: {
          bytes: 1,
          imports: [],
          exports: [],
          inputs: Object.fromEntries(Object.entries(inputs).map(([file, bytesInOutput]) => [file, { bytesInOutput }])),
        },
      },
    });
    expect(bundledPackages([
      output({ 'runtime/index.ts': 9, 'node_modules/@x/y/z.js': 9, 'node_modules/unused/index.js': 0 }),
      output({ 'node_modules/@x/y/node_modules/w/index.js': 9, 'node_modules/@x/y/z.js': 9 }),
    ])).toEqual(['node_modules/@x/y', 'node_modules/@x/y/node_modules/w']);
  });
});
