import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Functions, isAlive, until, type TestFunction } from './functions';
import type { FunctionSpec } from '../../../local/lambda/local-function';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

/** The four calls, by the documentation; what `handle` returns is posted as it is, what it throws as an error. */
const bootstrap = (handle: string, init = '') => `#!${process.execPath}
const http = require('node:http');
const call = (method, path, body, headers = {}) => new Promise((resolve, reject) => http.request(
  'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/' + path, { method, headers, agent: false }, (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
  }).on('error', reject).end(body));
(async () => {
  ${init}
  for (;;) {
    const { headers, body } = await call('GET', 'invocation/next');
    const id = headers['lambda-runtime-aws-request-id'];
    try {
      await call('POST', 'invocation/' + id + '/response', await (async (event, headers) => { ${handle} })(JSON.parse(body), headers));
    } catch (error) {
      await call('POST', 'invocation/' + id + '/error', error.body ?? JSON.stringify({ errorType: error.name, errorMessage: error.message, stackTrace: [] }),
        { 'Lambda-Runtime-Function-Error-Type': error.name });
    }
  }
})();
`;

function custom(source: string, spec: Partial<FunctionSpec> = {}, layer?: string): TestFunction {
  const created = functions.create(layer === undefined ? { bootstrap: source } : { 'other.txt': '' }, {
    runtime: 'provided.al2023', handler: 'any.handler', ...(layer === undefined ? {} : { layerDirectories: [layer] }), ...spec,
  });
  const file = join(created.function.spec.codeDirectory, 'bootstrap');
  if (existsSync(file)) chmodSync(file, 0o755);
  return created;
}

test('its bootstrap is executed with what Lambda sets, and answers over the Runtime API', async () => {
  const { invoke, function: fn } = custom(bootstrap(`
    const { _HANDLER, LAMBDA_TASK_ROOT, AWS_EXECUTION_ENV = null, CDK_IDEMPOTENT_API_SANDBOX = null, AWS_LAMBDA_FUNCTION_NAME } = process.env;
    return JSON.stringify({ event, _HANDLER, LAMBDA_TASK_ROOT, AWS_EXECUTION_ENV, CDK_IDEMPOTENT_API_SANDBOX, AWS_LAMBDA_FUNCTION_NAME, cwd: process.cwd(),
      arn: headers['lambda-runtime-invoked-function-arn'], isInTime: Number(headers['lambda-runtime-deadline-ms']) > Date.now() });`));
  expect(await invoke('request-1', { a: 1 })).toMatchObject({
    kind: 'returned',
    payload: {
      event: { a: 1 },
      _HANDLER: 'any.handler',
      LAMBDA_TASK_ROOT: fn.spec.codeDirectory,
      AWS_EXECUTION_ENV: null,
      CDK_IDEMPOTENT_API_SANDBOX: null,
      AWS_LAMBDA_FUNCTION_NAME: 'orders',
      cwd: fn.spec.codeDirectory,
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:orders',
      isInTime: true,
    },
  });
});

test('that of a layer is, where the function brings none', async () => {
  const layer = functions.folder({ bootstrap: bootstrap('return \'"of the layer"\';') });
  chmodSync(join(layer, 'bootstrap'), 0o755);
  expect(await custom('', {}, layer).invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'of the layer' });
});

test('what it answers is passed on byte for byte, JSON or not', async () => {
  const { invoke } = custom(bootstrap('return event.answer;'));
  expect(await invoke('request-1', { answer: '{ "a" : 1.0 }' })).toMatchObject({ payload: { a: 1 }, body: Buffer.from('{ "a" : 1.0 }') });
  expect(await invoke('request-2', { answer: 'plain text' })).toMatchObject({ kind: 'returned', payload: undefined, body: Buffer.from('plain text') });
});

test('what it posts as an error is passed on as it is', async () => {
  const { invoke } = custom(bootstrap('throw event.body === undefined ? Object.assign(new Error("no"), { name: "Refused" }) : { name: "Odd", body: event.body };'));
  expect(await invoke('request-1', {})).toMatchObject({
    kind: 'threw', error: { errorType: 'Refused', errorMessage: 'no', document: Buffer.from('{"errorType":"Refused","errorMessage":"no","stackTrace":[]}') },
  });
  expect(await invoke('request-2', { body: 'no JSON' })).toMatchObject({ kind: 'threw', error: { document: Buffer.from('no JSON') } });
});

test('an init error that it posts is the invocation\'s', async () => {
  const { invoke } = custom(bootstrap('return "";', 'await call(\'POST\', \'init/error\', \'{"errorType":"Config","errorMessage":"no table"}\'); process.exit(1);'));
  expect(await invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorType: 'Config', errorMessage: 'no table' } });
});

test('its lines carry the id of their request, though it marks no end', async () => {
  const { invoke, log } = custom(bootstrap(`
    process.stdout.write('handling ' + event + '\\n');
    process.stderr.write('no line feed ' + event);
    return 'null';`), { maxSandboxes: 1 });
  for (let n = 0; n < 20; n++) {
    await invoke(`request-${n}`, n);
    expect(log.splice(0).map(({ requestId, line }) => [requestId, line]).sort()).toEqual([[`request-${n}`, `handling ${n}`], [`request-${n}`, `no line feed ${n}`]]);
  }
});

test.each([
  ['exits with a status', 'exit 7', 'Runtime exited with error: exit status 7'],
  ['exits well', 'exit 0', 'Runtime exited without providing a reason'],
  ['is killed', 'kill -SEGV $$', 'Runtime exited with error: signal: segmentation fault'],
])('one that %s has crashed, and the next invocation starts anew', async (_, code, detail) => {
  const { invoke, linesOf } = custom(`#!/bin/sh\necho starting\n${code}\n`);
  for (const id of ['request-1', 'request-2']) {
    expect(await invoke(id)).toMatchObject({ kind: 'crashed', detail });
    expect(linesOf(id)).toEqual(['starting', `RequestId: ${id} Error: ${detail}`]);
  }
});

test('one that takes too long is killed, with what it started', async () => {
  const { invoke, log } = custom(bootstrap(`
    const child = require('node:child_process').spawn('sleep', ['600']);
    process.stdout.write('pids ' + process.pid + ' ' + child.pid + '\\n');
    await new Promise(() => setInterval(() => {}, 1000));`), { timeoutSeconds: 1 });
  expect((await invoke('request-1')).kind).toBe('timed-out');
  const pids = log[0]!.line.split(' ').slice(1).map(Number);
  await until(() => pids.every(isGone));
});

test('a function without a bootstrap, and one whose bootstrap is not executable, fail in Lambda\'s words', async () => {
  const none = functions.create({ 'other.txt': '' }, { runtime: 'provided.al2' });
  expect(await none.invoke('request-1')).toMatchObject({
    kind: 'threw',
    error: {
      errorType: 'Runtime.InvalidEntrypoint',
      errorMessage: "RequestId: request-1 Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
    },
  });
  const locked = functions.create({ bootstrap: '#!/bin/sh\n' }, { runtime: 'provided' });
  expect(await locked.invoke('request-2')).toMatchObject({
    error: { errorType: 'Runtime.InvalidEntrypoint', errorMessage: 'RequestId: request-2 Error: fork/exec /var/task/bootstrap: permission denied' },
  });
});

test('one that waits for its children waits for its own alone', async () => {
  // A process that merely watches over it must not be among them.
  const { invoke } = custom(`#!/bin/sh
    exec ${process.execPath} -e '
      const { execFileSync } = require("node:child_process");
      const children = execFileSync("ps", ["-A", "-o", "ppid=,args="]).toString().split("\\n").filter((row) => Number(row.trim().split(" ")[0]) === process.pid && !row.includes("ps -A"));
      require("node:http").get("http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/next", (response) => {
        const id = response.headers["lambda-runtime-aws-request-id"];
        require("node:http").request("http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/" + id + "/response", { method: "POST" }).end(JSON.stringify(children));
      });
    '
  `);
  expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: [] });
});

const isGone = (pid: number) => !isAlive(pid) || (existsSync(`/proc/${pid}/stat`) && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
