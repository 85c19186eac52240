import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Functions } from './functions';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

const ENVIRONMENT = { 'index.js': 'exports.handler = async () => ({ env: process.env, cwd: process.cwd(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone });' };

async function environmentOf(invoke: (id: string) => Promise<unknown>) {
  return (await invoke('request-1') as { payload: { env: Record<string, string>; cwd: string; zone: string } }).payload;
}

test('a function sees what Lambda sets, and its own variables', async () => {
  const { invoke, function: fn } = functions.create(ENVIRONMENT, { environment: { TABLE: 'keys' }, memoryMb: 256 }, { environment: { account: '111111111111', region: 'eu-west-3' } });

  const { env, cwd, zone } = await environmentOf(invoke);

  expect(env).toMatchObject({
    TABLE: 'keys',
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    _HANDLER: 'index.handler',
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'orders',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/orders',
    AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    AWS_ACCESS_KEY_ID: 'local',
    LAMBDA_TASK_ROOT: fn.spec.codeDirectory,
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
  });
  expect(cwd).toBe(fn.spec.codeDirectory);
  expect(zone).toMatch(/^(Etc\/)?UTC$/);
});

test('nothing of this process\' environment but PATH gets through', async () => {
  const kept = { ...process.env };
  Object.assign(process.env, { AWS_PROFILE: 'production', AWS_SESSION_TOKEN: 'secret', SOME_SECRET: 'secret', NODE_OPTIONS: '--trace-warnings' });
  try {
    const { env } = await environmentOf(functions.create(ENVIRONMENT).invoke);

    expect(env.PATH.split(':')).toEqual(expect.arrayContaining(process.env.PATH!.split(':')));
    expect(env).toMatchObject({ AWS_SESSION_TOKEN: 'local' });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(AWS_PROFILE|SOME_SECRET|NODE_OPTIONS|CDK_)/)]));
    expect(env.HOME).not.toBe(kept.HOME);
  } finally {
    process.env = kept;
  }
});

test('what Lambda reserves cannot be overridden; what it does not, can', async () => {
  const { invoke } = functions.create(ENVIRONMENT, {
    environment: { AWS_REGION: 'mars-1', AWS_ACCESS_KEY_ID: 'mine', _HANDLER: 'other.handler', TZ: 'Asia/Tokyo', LANG: 'C' },
  });

  const { env, zone } = await environmentOf(invoke);

  expect(env).toMatchObject({ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', _HANDLER: 'index.handler', LANG: 'C' });
  expect(zone).toBe('Asia/Tokyo');
});

describe('layers', () => {
  test.each([
    ['index.js', 'const name = require("shared"); exports.handler = async () => name;'],
    ['index.mjs', 'import name from "shared"; export const handler = async () => name;'],
  ])('a package of a layer resolves, the later layer wins, and layers see each other (%s)', async (file, code) => {
    const first = functions.folder({
      'nodejs/node_modules/shared/index.js': 'module.exports = "first";',
      'nodejs/node_modules/helper/index.js': 'module.exports = "helped";',
    });
    const second = functions.folder({ 'nodejs/node_modules/shared/index.js': 'module.exports = "second, " + require("helper");' });

    const { invoke } = functions.create({ [file]: code }, { layerDirectories: [first, second] });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'second, helped' });
  });

  test('what the function brings goes before its layers', async () => {
    const layer = functions.folder({ 'nodejs/node_modules/shared/index.js': 'module.exports = "layer";' });
    const { invoke } = functions.create({
      'index.mjs': 'import name from "shared"; export const handler = async () => name;',
      'node_modules/shared/index.js': 'module.exports = "own";',
    }, { layerDirectories: [layer] });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'own' });
  });

  test.each([1, 2])('a handler below /opt is that of the layer (%d layers)', async (count) => {
    const layer = functions.folder({
      'redirect/handler.mjs': 'const { handler: own } = await import(process.env.LAMBDA_TASK_ROOT + "/index.mjs"); export const handler = async () => "layer of " + await own();',
    });
    const { invoke } = functions.create({ 'index.mjs': 'export const handler = async () => "function";' }, {
      handler: '/opt/redirect/handler.handler',
      layerDirectories: [layer, functions.folder({ 'other/file.txt': '' })].slice(0, count),
    });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'layer of function' });
  });

  test('NODE_OPTIONS may preload a file of a layer', async () => {
    const layer = functions.folder({ 'preload.cjs': 'globalThis.preloaded = true;' });
    const { invoke } = functions.create({ 'index.js': 'exports.handler = async () => globalThis.preloaded;' }, {
      environment: { NODE_OPTIONS: '--require /opt/preload.cjs' },
      layerDirectories: [layer],
    });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: true });
  });
});

test('nothing is left on the disk after close', async () => {
  const { invoke, function: fn } = functions.create(ENVIRONMENT, {
    layerDirectories: [functions.folder({ a: '' }), functions.folder({ b: '' })],
  });
  const { env } = await environmentOf(invoke);
  expect(existsSync(join(env.HOME, 'opt', 'b'))).toBe(true);

  await fn.close();

  expect(existsSync(env.HOME)).toBe(false);
});
