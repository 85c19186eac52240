import { existsSync } from 'node:fs';
import path from 'node:path';
import { circles, importsBelow } from './support/imports';

const ROOT = path.join(__dirname, '..');
const FOLDERS = ['audit', 'bin', 'client', 'conformance', 'lib', 'local', 'operate', 'runtime'].filter((folder) => existsSync(path.join(ROOT, folder)));

test('no circle between files, types included', () => {
  const imports = importsBelow(ROOT, FOLDERS);
  // A resolution that finds nothing would find no circle either.
  expect(imports.get('bin/idempotent-api.ts')).toContain('local/command.ts');
  expect(circles(imports).map((circle) => circle.join(' -> '))).toEqual([]);
});

test('a circle is told once, by its shortest way', () => {
  const imports = new Map([['a', ['b', 'd']], ['b', ['c']], ['c', ['a']], ['d', ['b']], ['e', ['e']]]);
  expect(circles(imports)).toEqual([['a', 'b', 'c'], ['d', 'b', 'c', 'a'], ['e']]);
});
