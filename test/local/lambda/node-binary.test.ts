import { join } from 'node:path';
import { Functions } from './functions';
import { findNodeBinary } from '../../../local/lambda/runtimes/node-binary';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

const NAME = `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-`
  + `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

const carrying = (version: string) => functions.folder({
  [`node_modules/${NAME}/package.json`]: JSON.stringify({ version, bin: { node: 'bin/node' } }),
  [`node_modules/${NAME}/bin/node`]: '',
  'deep/below/file.txt': '',
});
const OWN = { path: '/usr/bin/node', version: '20.20.2' };

test('a process of the declared major uses its own Node', () => {
  expect(findNodeBinary(20, [carrying('20.1.0')], OWN)).toEqual(OWN);
});

test('else the package in any folder above the user\'s is used', () => {
  const root = carrying('24.21.0');

  expect(findNodeBinary(24, [join(root, 'deep', 'below')], OWN)).toEqual({
    path: join(root, 'node_modules', NAME, 'bin', 'node'), version: '24.21.0',
  });
});

test('a package of another major is passed over for the next place', () => {
  const right = carrying('22.3.0');

  expect(findNodeBinary(22, [carrying('24.21.0'), right], OWN).path).toBe(join(right, 'node_modules', NAME, 'bin', 'node'));
});

test('without one, this Node and the command that brings the right one', () => {
  expect(findNodeBinary(24, [functions.folder({})], OWN)).toEqual({
    ...OWN, notice: expect.stringContaining(`npm install --no-save ${NAME}@24`),
  });
});

test('the notice is given once, however many functions there are', () => {
  const notices: string[] = [];
  const userDirectory = functions.folder({});
  const runtime = process.versions.node.startsWith('22.') ? 'nodejs20.x' : 'nodejs22.x';

  functions.create({}, { runtime }, { userDirectory, onNotice: (notice) => notices.push(notice) });
  functions.create({}, { runtime }, { userDirectory, onNotice: (notice) => notices.push(notice) });

  expect(notices).toHaveLength(1);
});

test('a wrapper script is named as what does not run', () => {
  const notices: string[] = [];

  functions.create({}, { environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrapper' } }, { onNotice: (notice) => notices.push(notice) });

  expect(notices).toContain('Function Orders: its AWS_LAMBDA_EXEC_WRAPPER is not run locally.');
});

test('layers that cannot be merged are an error that names the layer', () => {
  const layers = [functions.folder({ 'name/file.txt': '' }), functions.folder({ name: '' })];

  expect(() => functions.create({}, { layerDirectories: layers })).toThrow(`Layer ${layers[1]} of function Orders cannot be merged`);
});
