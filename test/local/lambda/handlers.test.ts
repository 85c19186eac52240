import { Functions } from './functions';
import { findNodeBinary } from '../../../local/lambda/runtimes/node-binary';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

describe.each(['nodejs20.x', 'nodejs24.x'])('on %s', (runtime) => {
  test('a CommonJS handler gets the event and Lambda\'s context', async () => {
    const { invoke } = functions.create({
      'index.js': `exports.handler = async (event, context) => ({
        event,
        requestId: context.awsRequestId,
        arn: context.invokedFunctionArn,
        remaining: context.getRemainingTimeInMillis(),
        name: context.functionName,
        major: process.versions.node.split('.')[0],
      });`,
    }, { runtime, timeoutSeconds: 7 });

    const result = await invoke('request-1', { path: '/päyments' });

    expect(result).toMatchObject({
      kind: 'returned',
      payload: {
        event: { path: '/päyments' },
        requestId: 'request-1',
        arn: 'arn:aws:lambda:us-east-1:123456789012:function:orders',
        name: 'orders',
        major: findNodeBinary(Number(runtime.slice(6, 8)), [process.cwd()]).version.split('.')[0],
      },
    });
    const { remaining } = (result as { payload: { remaining: number } }).payload;
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(7000);
  });

  test('an ES module may await at its top level', async () => {
    const { invoke } = functions.create({
      'index.mjs': 'const value = await Promise.resolve(42); export const handler = async () => value;',
    }, { runtime });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 42 });
  });

  test('an ES module finds the AWS SDK that Lambda would bring', async () => {
    const { invoke } = functions.create({
      'index.mjs': 'import { DynamoDBClient } from "@aws-sdk/client-dynamodb"; export const handler = async () => DynamoDBClient.name;',
    }, { runtime });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'DynamoDBClient' });
  });

  test('a CommonJS module finds the AWS SDK that Lambda would bring', async () => {
    const { invoke } = functions.create({
      'index.js': 'const { DynamoDBClient } = require("@aws-sdk/client-dynamodb"); exports.handler = async () => DynamoDBClient.name;',
    }, { runtime });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'DynamoDBClient' });
  });

  test.each([
    ['index.mjs', 'import "@aws-sdk/client-absent"; export const handler = async () => 1;'],
    ['index.js', 'require("@aws-sdk/client-absent"); exports.handler = async () => 1;'],
  ])('a part of the SDK that is not installed is named with its remedy (%s)', async (file, code) => {
    const { invoke } = functions.create({ [file]: code }, { runtime });

    expect(await invoke('request-1')).toMatchObject({
      kind: 'threw',
      error: { errorMessage: expect.stringContaining('npm install --save-dev @aws-sdk/client-absent') },
    });
  });

  test.each([
    ['index.mjs', 'import "fast-check"; export const handler = async () => 1;', /ERR_MODULE_NOT_FOUND|Cannot find package/],
    ['index.js', 'require("fast-check"); exports.handler = async () => 1;', /Cannot find module/],
  ])('any other package has to be in the asset (%s)', async (file, code, message) => {
    const { invoke } = functions.create({ [file]: code }, { runtime });

    expect(await invoke('request-1')).toMatchObject({
      kind: 'threw',
      error: { errorMessage: expect.stringMatching(message) },
    });
  });

  test('a callback-style handler is refused at init', async () => {
    const { invoke } = functions.create({
      'index.js': 'exports.handler = (event, context, callback) => callback(null, 1);',
    }, { runtime });

    expect(await invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorType: 'Runtime.CallbackHandlerDeprecated' } });
  });
});

test('a handler may lie deeper in its module, and its module in a folder', async () => {
  const { invoke } = functions.create({
    'src/orders.js': 'exports.api = { post: { handler: async () => "nested" } };',
  }, { handler: 'src/orders.api.post.handler' });

  expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'nested' });
});

test('a handler that returns nothing returns null', async () => {
  const { invoke } = functions.create({ 'index.js': 'exports.handler = async () => {};' });

  expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: null });
});

test.each([
  ['throws', 'throw new RangeError("out of stock");', 'RangeError'],
  ['rejects', 'return Promise.reject(new RangeError("out of stock"));', 'RangeError'],
  ['rejects with a string', 'return Promise.reject("out of stock");', 'string'],
])('a handler that %s yields Lambda\'s error document, and its sandbox lives on', async (_, code, errorType) => {
  const { invoke, linesOf } = functions.create({
    'index.js': `exports.handler = ({ fails }) => { if (fails) { ${code} } return Promise.resolve(process.pid); };`,
  }, { maxSandboxes: 1 });

  const before = await invoke('request-1', {});
  const result = await invoke('request-2', { fails: true });
  const after = await invoke('request-3', {});

  expect(result).toMatchObject({ kind: 'threw', error: { errorType, errorMessage: 'out of stock' } });
  expect(linesOf('request-2').join('\n')).toContain('Invoke Error');
  expect(after).toMatchObject({ kind: 'returned', payload: (before as { payload: number }).payload });
});

test('what cannot be serialised is an error of the handler', async () => {
  const { invoke } = functions.create({ 'index.js': 'exports.handler = async () => ({ amount: 1n });' });

  expect(await invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorType: 'Runtime.JSONStringifyError' } });
});

test('a result of 5 MB arrives whole', async () => {
  const { invoke } = functions.create({ 'index.js': 'exports.handler = async () => "x".repeat(5 * 1024 * 1024);' });

  const result = await invoke('request-1');

  expect(result.kind).toBe('returned');
  expect((result as { payload: string }).payload).toHaveLength(5 * 1024 * 1024);
});

test('a result over Lambda\'s limit is Lambda\'s error, and the sandbox goes on', async () => {
  const { invoke, linesOf } = functions.create({
    'index.js': 'exports.handler = async ({ size }) => (size ? "x".repeat(size) : process.pid);',
  }, { maxSandboxes: 1 });

  const before = await invoke('request-1', {});
  const result = await invoke('request-2', { size: 6_291_556 });
  const after = await invoke('request-3', {});

  expect(result).toMatchObject({
    kind: 'threw',
    error: {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    },
  });
  expect(linesOf('request-2')).toEqual(['LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.']);
  expect(after).toMatchObject({ payload: (before as { payload: number }).payload });
});

test('a streamed result is returned as one', async () => {
  const { invoke } = functions.create({
    'index.mjs': `export const handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.write('{"statusCode":');
      stream.write('201}');
      stream.end();
    });`,
  });

  expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: { statusCode: 201 } });
});

test('a streamed result with a prelude is returned as a response', async () => {
  const { invoke } = functions.create({
    'index.mjs': `export const handler = awslambda.streamifyResponse(async (event, stream) => {
      const http = awslambda.HttpResponseStream.from(stream, { statusCode: 202, headers: { 'x-a': 'b' } });
      http.write('hello');
      http.end();
    });`,
  });

  expect(await invoke('request-1')).toMatchObject({
    kind: 'returned',
    payload: { statusCode: 202, headers: { 'x-a': 'b' }, body: Buffer.from('hello').toString('base64'), isBase64Encoded: true },
  });
});

test.each([
  ['before its first byte', ''],
  ['midway', 'stream.write("half");'],
])('a stream that fails %s is an error, and its sandbox goes on', async (_, write) => {
  const { invoke } = functions.create({
    'index.mjs': `export const handler = awslambda.streamifyResponse(async (event, stream) => {
      if (event.ok) { stream.end('"fine"'); return; }
      ${write}
      throw new Error('source went away');
    });`,
  }, { maxSandboxes: 1 });

  expect(await invoke('request-1', {})).toMatchObject({ kind: 'threw', error: { errorMessage: 'source went away' } });
  expect(await invoke('request-2', { ok: true })).toMatchObject({ kind: 'returned', payload: 'fine' });
});
