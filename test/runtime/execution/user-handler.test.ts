/** The function's own module, loaded in a process of its own: Jest has a module system of its own too. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const SOURCES = path.join(__dirname, '../../../runtime/execution');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'user-handler-'));
  buildSync({
    entryPoints: [path.join(SOURCES, 'user-handler.ts')], bundle: true, platform: 'node', format: 'esm', outfile: path.join(folder, 'loader.mjs'),
  });
  // As tracers do: what is required is seen, what is imported is not.
  writeFileSync(path.join(folder, 'hook.cjs'), `
    const Module = require('node:module');
    const original = Module.prototype.require;
    globalThis.required = [];
    Module.prototype.require = function (id) {
      globalThis.required.push(Module._resolveFilename(id, this));
      return original.call(this, id);
    };
  `);
  writeFileSync(path.join(folder, 'load.mjs'), `
    import { loadUserHandler } from './loader.mjs';
    const [handler, root] = process.argv.slice(2);
    const say = (line) => console.log(JSON.stringify(line));
    try {
      const user = await loadUserHandler(handler, root);
      const required = globalThis.required.filter((file) => file.startsWith(root + '/')).map((file) => file.slice(root.length + 1));
      say({ returns: await user.handler(), required, idempotency: user.idempotency });
    } catch (error) {
      say({ error: error.code ?? error.name, message: error.message });
    }
  `);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Loaded {
  readonly returns?: string;
  /** Files below the root that went through `require`. */
  readonly required?: readonly string[];
  readonly idempotency?: unknown;
  readonly error?: string;
  readonly message?: string;
}

let roots = 0;

/** @param files by their path below the task root; `{}` for a package.json without a type */
function load(handler: string | undefined, files: Readonly<Record<string, string>>, flags: readonly string[] = []): Loaded {
  const root = path.join(folder, `root-${++roots}`);
  for (const [name, content] of Object.entries({ 'package.json': '{}', ...files })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  const stdout = execFileSync(
    process.execPath,
    [...flags, '--no-warnings', '--require', path.join(folder, 'hook.cjs'), path.join(folder, 'load.mjs'), ...(handler === undefined ? [] : [handler, root])],
    { encoding: 'utf8' },
  );
  return JSON.parse(stdout) as Loaded;
}

const common = (says: string): string => `exports.handler = async () => '${says}';`;
const modern = (says: string): string => `export const handler = async () => '${says}';`;

describe('F161: which file it is, and how it is loaded', () => {
  test.each<[string, string, Readonly<Record<string, string>>, string, readonly string[]]>([
    ['a .js file is CommonJS, and required', 'index.handler', { 'index.js': common('js') }, 'js', ['index.js']],
    ['a .cjs file is required', 'index.handler', { 'index.cjs': common('cjs') }, 'cjs', ['index.cjs']],
    ['an .mjs file is imported', 'index.handler', { 'index.mjs': modern('mjs') }, 'mjs', []],
    ['a .js file of a package of modules is imported', 'index.handler', { 'package.json': '{"type":"module"}', 'index.js': modern('js') }, 'js', []],
    ['the nearest package.json says so', 'dir/index.handler', { 'dir/package.json': '{"type":"module"}', 'dir/index.js': modern('js') }, 'js', []],
    ['and takes it back', 'dir/index.handler', {
      'package.json': '{"type":"module"}', 'dir/package.json': '{}', 'dir/index.js': common('js'),
    }, 'js', ['dir/index.js']],
    ['a package.json above node_modules says nothing', 'node_modules/pay/index.handler', {
      'package.json': '{"type":"module"}', 'node_modules/pay/index.js': common('js'),
    }, 'js', ['node_modules/pay/index.js']],
    ['a file without an extension comes first', 'index.handler', { 'index': common('none'), 'index.js': common('js') }, 'none', ['index']],
    ['.js comes before .mjs and .cjs', 'index.handler', {
      'index.js': common('js'), 'index.mjs': modern('mjs'), 'index.cjs': common('cjs'),
    }, 'js', ['index.js']],
    ['.mjs comes before .cjs', 'index.handler', { 'index.mjs': modern('mjs'), 'index.cjs': common('cjs') }, 'mjs', []],
    ['a file comes before a folder of its name', 'index.handler', { 'index.js': common('js'), 'index/index.js': common('folder') }, 'js', ['index.js']],
    ['a folder has an index', 'src.handler', { 'src/index.js': common('folder') }, 'folder', ['src/index.js']],
    ['a folder has a main file', 'src.handler', { 'src/package.json': '{"main":"pay.js"}', 'src/pay.js': common('main') }, 'main', ['src/pay.js']],
    ['a package is found by its name', 'pay.handler', { 'node_modules/pay/index.js': common('package') }, 'package', ['node_modules/pay/index.js']],
    ['a package beside the handler’s folder too', 'dir/pay.handler', {
      'dir/node_modules/pay/index.js': common('package'),
    }, 'package', ['dir/node_modules/pay/index.js']],
    ['what it requires is required', 'index.handler', {
      'index.js': "exports.handler = require('./pay').handler;", 'pay.js': common('pay'),
    }, 'pay', ['index.js', 'pay.js']],
  ])('F161: %s', (_, handler, files, returns, required) => {
    expect(load(handler, files)).toEqual({ returns, required });
  });

  test.each([['with', 'await null;'], ['without', '']])('F161: a module by its syntax alone, %s top-level await, is loaded where Node.js takes it for one', (_, first) => {
    // As Lambda starts Node.js 22: there it is a syntax error, and so it is here.
    const strict = load('index.handler', { 'index.js': `${first} ${modern('detected')}` }, ['--no-experimental-detect-module', '--no-experimental-require-module']);
    expect(strict).toMatchObject({ error: 'SyntaxError' });
    expect(load('index.handler', { 'index.js': `${first} ${modern('detected')}` })).toMatchObject({ returns: 'detected' });
  });
});

describe('which export it is', () => {
  test.each<[string, string, string]>([
    ['one within another', 'index.api.v1.pay', "exports.api = { v1: { pay: async () => 'found' } };"],
    ['one of a function', 'index.handler', "module.exports = Object.assign(() => undefined, { handler: async () => 'found' });"],
    ['one of what a compiler made the default', 'index.handler', "exports.default = { handler: async () => 'found' };"],
    ['one of a class', 'index.Api.handler', "exports.Api = class { static async handler() { return 'found'; } };"],
  ])('%s', (_, handler, content) => {
    expect(load(handler, { 'index.js': content })).toMatchObject({ returns: 'found' });
  });

  test('one of an ES module’s default export', () => {
    expect(load('index.handler', { 'index.mjs': "export default { handler: async () => 'found' };" })).toMatchObject({ returns: 'found' });
  });

  test.each(['index.js', 'index.mjs'])('with the options that it exports (%s)', (file) => {
    const content = file === 'index.js' ? `${common('x')} exports.idempotency = { required: true };` : `${modern('x')} export const idempotency = { required: true };`;
    expect(load('index.handler', { [file]: content })).toMatchObject({ idempotency: { required: true } });
  });
});

describe('what cannot be loaded', () => {
  test.each<[string, string, Readonly<Record<string, string>>, string, RegExp]>([
    ['no file', 'index.handler', {}, 'IDEMPOTENCY_HANDLER_NOT_FOUND', /there is no index\.js, \.mjs or \.cjs/],
    ['an empty folder', 'src.handler', { 'src/readme': '' }, 'IDEMPOTENCY_HANDLER_NOT_FOUND', /there is no src\.js/],
    ['no such export', 'index.pay', { 'index.js': common('x') }, 'IDEMPOTENCY_HANDLER_NOT_A_FUNCTION', /pay is not a function that index exports/],
    ['an export of another kind', 'index.pay', { 'index.js': 'exports.pay = 1;' }, 'IDEMPOTENCY_HANDLER_NOT_A_FUNCTION', /pay is not a function/],
    ['no name of an export', 'index', { 'index.js': common('x') }, 'IDEMPOTENCY_HANDLER_UNSET', /must read file\.export/],
    ['a dependency that is missing, told as it is', 'index.handler', { 'index.js': "require('nowhere');" }, 'MODULE_NOT_FOUND', /Cannot find module 'nowhere'/],
    ['a module that throws, told as it is', 'index.handler', { 'index.js': "throw new RangeError('at init');" }, 'RangeError', /at init/],
    ['a syntax error, told as it is', 'index.handler', { 'index.js': 'exports.handler = (' }, 'SyntaxError', /./],
  ])('%s', (_, handler, files, error, message) => {
    expect(load(handler, files)).toEqual({ error, message: expect.stringMatching(message) });
  });

  test('no handler at all', () => {
    expect(load(undefined, {})).toMatchObject({ error: 'IDEMPOTENCY_HANDLER_UNSET', message: expect.stringMatching(/redeploy the stack/) });
  });
});
