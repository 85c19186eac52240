import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Functions, isAlive, until } from './functions';
import { findPythonBinary } from '../../../local/lambda/runtimes/python-binary';

const PYTHON = { runtime: 'python3.13', handler: 'app.handler' };

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

const python = (source: string, spec: object = {}, files: Readonly<Record<string, string>> = {}) =>
  functions.create({ 'app.py': source, ...files }, { ...PYTHON, ...spec });

test('a handler gets the event and a context with the documented attributes', async () => {
  const { function: fn } = python(`
def handler(event, context):
    remaining = context.get_remaining_time_in_millis()
    return {
        "event": event,
        "context": {name: getattr(context, name) for name in (
            "aws_request_id", "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb", "log_group_name", "log_stream_name")},
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        "client": [context.client_context.client.installation_id, context.client_context.custom, context.client_context.env],
        "remaining": isinstance(remaining, int) and 0 < remaining <= 20000,
    }
`);
  const result = await fn.run({
    requestId: 'request-1',
    event: '{"path":"/päyments","amount":12345678901234567890}',
    clientContext: '{"client":{"installation_id":"i"},"custom":{"a":1},"env":{"b":2}}',
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:orders:live',
  });
  expect(result).toMatchObject({ kind: 'returned' });
  const { body } = result as { body: Buffer };
  // Python's integers have no bounds: the digits are those that came.
  expect(body.toString()).toContain('"amount": 12345678901234567890');
  expect(JSON.parse(body.toString())).toMatchObject({
    event: { path: '/päyments' },
    context: {
      aws_request_id: 'request-1',
      function_name: 'orders',
      function_version: '$LATEST',
      invoked_function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:orders:live',
      memory_limit_in_mb: '128',
      log_group_name: '/aws/lambda/orders',
      log_stream_name: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    },
    identity: [null, null],
    client: ['i', { a: 1 }, { b: 2 }],
    remaining: true,
  });
});

test.each([
  ['app.handler', 'app.py'],
  ['api/v1/app.handler', 'api/v1/app.py'],
  ['api.v1.app.handler', 'api/v1/app.py'],
])('the handler %s lies in %s', async (handler, file) => {
  const { invoke } = functions.create({ [file]: 'def handler(event, context):\n    return __name__' }, { ...PYTHON, handler });
  expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: handler.replace(/\.handler$/, '').replaceAll('/', '.') });
});

test('what the function brings and its layers have is imported, the later layer first, and nothing else of this machine\'s', async () => {
  const layers = ['first', 'second'].map((name) => functions.folder({ 'python/shared.py': `name = "${name}"`, [`python/only_${name}.py`]: '' }));
  const { invoke } = python(`
import own, shared, only_first, only_second
try:
    import pip
    found = True
except ImportError:
    found = False
def handler(event, context):
    return [own.name, shared.name, found]
`, { layerDirectories: layers }, { 'own.py': 'name = "own"' });
  expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: ['own', 'second', false] });
});

test('state lives on between invocations, and nothing is written beside the code', async () => {
  const { invoke, function: fn } = python(`
import os
runs = 0
def handler(event, context):
    global runs
    runs += 1
    return [runs, os.getcwd(), sorted(os.listdir(".")), "CDK_IDEMPOTENT_API_SANDBOX" in os.environ, os.environ["_HANDLER"], os.environ["AWS_EXECUTION_ENV"]]
`, { maxSandboxes: 1 }, { 'other.py': '' });
  const rest = [fn.spec.codeDirectory, ['app.py', 'other.py'], false, 'app.handler', 'AWS_Lambda_python3.13'];
  expect(await invoke('request-1')).toMatchObject({ payload: [1, ...rest] });
  expect(await invoke('request-2')).toMatchObject({ payload: [2, ...rest] });
});

test('a Decimal is a number with all of its digits, and a result that is no JSON is Lambda\'s error', async () => {
  const { invoke } = python(`
from decimal import Decimal
def handler(event, context):
    return {event["name"]: Decimal("12345678901234567890.10"), "as it is": "é"} if event["name"] else {1, 2}
`);
  const result = await invoke('request-1', { name: 'amount' }) as unknown as { body: Buffer };
  expect(result.body.toString()).toBe('{"amount": 12345678901234567890.10, "as it is": "é"}');
  expect(await invoke('request-2', { name: '' })).toMatchObject({
    kind: 'threw',
    error: { errorType: 'Runtime.MarshalError', errorMessage: 'Unable to marshal response: Object of type set is not JSON serializable' },
  });
});

describe('a handler that raises', () => {
  const RAISING = `
class RetryableError(Exception):
    pass
def deeper():
    raise RetryableError("try again")
def handler(event, context):
    print("before")
    deeper()
`;

  test('is told as Lambda tells it: type, message, request and stack', async () => {
    const { invoke, linesOf, function: fn } = python(RAISING);
    const result = await invoke('request-1') as unknown as { kind: string; error: { document: Buffer } };
    expect(result.kind).toBe('threw');
    const file = join(fn.spec.codeDirectory, 'app.py');
    const document = JSON.parse(result.error.document.toString()) as { stackTrace: string[] };
    expect(document).toEqual({
      errorMessage: 'try again',
      errorType: 'RetryableError',
      requestId: 'request-1',
      stackTrace: [expect.stringContaining(`  File "${file}", line 8, in handler\n    deeper()\n`), expect.stringContaining(`  File "${file}", line 5, in deeper\n`)],
    });
    expect(linesOf('request-1')).toEqual(expect.arrayContaining(['before', '[ERROR] RetryableError: try again', 'Traceback (most recent call last):']));
  });

  test.each(['Überschuss', 'Ошибка', 'エラー'])('F142: whatever the alphabet of its class (%s), the process goes on', async (name) => {
    const { invoke } = python(`
class ${name}(Exception):
    pass
def handler(event, context):
    if event["raises"]:
        raise ${name}("no")
    return "fine"
`, { maxSandboxes: 1 });
    expect(await invoke('request-1', { raises: true })).toMatchObject({ kind: 'threw', error: { errorType: name, errorMessage: 'no' } });
    expect(await invoke('request-2', { raises: false })).toMatchObject({ kind: 'returned', payload: 'fine' });
    const broken = functions.create({ 'app.py': `class ${name}(Exception):\n    pass\nraise ${name}("no")` }, PYTHON);
    expect(await broken.invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorType: name, errorMessage: 'no' } });
  });

  test('serves the next request in the same process', async () => {
    const { invoke } = python(`
import os
def handler(event, context):
    if event["raises"]:
        raise ValueError("no")
    return os.getpid()
`, { maxSandboxes: 1 });
    const first = await invoke('request-1', { raises: false });
    expect((await invoke('request-2', { raises: true })).kind).toBe('threw');
    expect(await invoke('request-3', { raises: false })).toMatchObject({ payload: (first as unknown as { payload: number }).payload });
  });
});

describe('a module that cannot be loaded is Lambda\'s init error', () => {
  test.each([
    ['is absent', {}, 'missing.handler', 'Runtime.ImportModuleError', /^Unable to import module 'missing': No module named 'missing'$/],
    ['imports what is absent', { 'app.py': 'import requests' }, 'app.handler', 'Runtime.ImportModuleError', /^Unable to import module 'app': No module named 'requests'$/],
    ['is not Python', { 'app.py': 'def handler(:' }, 'app.handler', 'Runtime.UserCodeSyntaxError', /^Syntax error in module 'app': /],
    ['has no such function', { 'app.py': '' }, 'app.handler', 'Runtime.HandlerNotFound', /^Handler 'handler' missing on module 'app'$/],
    ['is named without a function', { 'app.py': '' }, 'app', 'Runtime.MalformedHandlerName', /^Bad handler 'app': not enough values to unpack \(expected 2, got 1\)$/],
    ['is the interpreter\'s own', {}, 'sys.exit', 'Runtime.BuiltInModuleConflict', /^Cannot use built-in module sys as a handler module$/],
    ['raises', { 'app.py': 'raise ValueError("bad config")' }, 'app.handler', 'ValueError', /^bad config$/],
  ])('one that %s', async (_, files, handler, errorType, message) => {
    const { invoke } = functions.create(files as Record<string, string>, { ...PYTHON, handler });
    expect(await invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorType, errorMessage: expect.stringMatching(message) } });
  });

  test('and each invocation after it initialises anew', async () => {
    const marker = join(functions.folder({}), 'marker');
    const { invoke } = python(`
import os
if not os.path.exists(os.environ["MARKER"]):
    open(os.environ["MARKER"], "w").close()
    raise ValueError("first time")
def handler(event, context):
    return "second time"
`, { environment: { MARKER: marker }, maxSandboxes: 1 });
    expect(await invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorMessage: 'first time', trace: [expect.stringContaining('app.py", line 5')] } });
    expect(await invoke('request-2')).toMatchObject({ kind: 'returned', payload: 'second time' });
  });
});

test('what ends a process ends it as in Lambda, and the next invocation starts anew', async () => {
  const { invoke, linesOf } = python(`
import os, signal, sys
def handler(event, context):
    if event == "exit":
        sys.exit(3)
    if event == "quit":
        quit()
    if event == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return "fresh"
`, { maxSandboxes: 1 });
  expect(await invoke('request-1', 'exit')).toMatchObject({ kind: 'crashed', detail: 'Runtime exited with error: exit status 3' });
  expect(linesOf('request-1').at(-1)).toBe('RequestId: request-1 Error: Runtime exited with error: exit status 3');
  expect(await invoke('request-2', 'quit')).toMatchObject({ kind: 'crashed', detail: 'Runtime exited without providing a reason' });
  expect(await invoke('request-3', 'kill')).toMatchObject({ kind: 'crashed', detail: 'Runtime exited with error: signal: killed' });
  expect(await invoke('request-4', '')).toMatchObject({ kind: 'returned', payload: 'fresh' });
});

test('a handler is killed at its timeout', async () => {
  const { invoke, linesOf } = python('import time\ndef handler(event, context):\n    time.sleep(600)', { timeoutSeconds: 1 });
  expect((await invoke('request-1')).kind).toBe('timed-out');
  expect(linesOf('request-1').at(-1)).toContain('Task timed out after 1.00 seconds');
});

test('every line carries the id of its request, those of a logger in Lambda\'s format', async () => {
  const { invoke, log } = python(`
import logging, sys
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    print("printed", event)
    print("to stderr", event, file=sys.stderr)
    logger.info("logged %s", event)
    print("no line feed", event, end="")
`, { maxSandboxes: 1 });
  for (let n = 0; n < 10; n++) {
    await invoke(`request-${n}`, n);
    const lines = log.splice(0);
    expect(lines.every(({ requestId }) => requestId === `request-${n}`)).toBe(true);
    expect(lines.map(({ line }) => line).filter((line) => !line.startsWith('to stderr'))).toEqual([
      `printed ${n}`, expect.stringMatching(new RegExp(`^\\[INFO\\]\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\trequest-${n}\tlogged ${n}$`)), `no line feed ${n}`,
    ]);
    expect(lines.map(({ line }) => line)).toContain(`to stderr ${n}`);
  }
});

test('a result over Lambda\'s limit is its error, and the process goes on', async () => {
  const { invoke } = python('def handler(event, context):\n    return "x" * event', { maxSandboxes: 1 });
  expect(await invoke('request-1', 7_000_000)).toMatchObject({ kind: 'threw', error: { errorType: 'Function.ResponseSizeTooLarge' } });
  expect(await invoke('request-2', 1)).toMatchObject({ kind: 'returned', payload: 'x' });
});

test('close leaves no process behind, nor what the handler started', async () => {
  const { function: fn, log } = python(`
import os, subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"])
    print("pids", os.getpid(), child.pid)
    time.sleep(600)
`);
  const result = fn.invoke('request-1', {});
  await until(() => log.length === 1);
  const pids = log[0]!.line.split(' ').slice(1).map(Number);
  await fn.close();
  expect((await result).kind).toBe('crashed');
  await until(() => pids.every((pid) => !isAlive(pid) || isZombie(pid)));
});

describe('this machine\'s Python', () => {
  test('the declared version stands before another one, which is named', () => {
    const notices: string[] = [];
    const folder = functions.folder({});
    const real = findPythonBinary('3.0', process.env.PATH!)!;
    execFileSync('ln', ['-s', real.path, join(folder, 'python3.13')]);
    expect(findPythonBinary('3.13', folder)?.version).toBe(real.version);
    functions.create({ 'app.py': '' }, { ...PYTHON, runtime: 'python3.2' }, { onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual([`Functions for Python 3.2 run on this machine's Python ${real.version}.`]);
  });

  test('has for a function what Lambda brings, and says how to install what it lacks of that', async () => {
    const kept = process.env.PATH;
    const packages = functions.folder({ 'boto3/__init__.py': 'name = "the SDK"', 'boto3/client.py': 'name = "its client"', 'requests.py': '' });
    const program = functions.folder({});
    const answer = JSON.stringify({ path: findPythonBinary('3.0', kept!)!.path, version: '3.99.0', sitePackages: [packages] });
    writeFileSync(join(program, 'python3.99'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    process.env.PATH = `${program}:${kept}`;
    try {
      const importing = (line: string) => python(`${line}\ndef handler(event, context):\n    return [boto3.name, client.name]`, { runtime: 'python3.99' }).invoke('request-1');
      expect(await importing('import boto3\nfrom boto3 import client')).toMatchObject({ kind: 'returned', payload: ['the SDK', 'its client'] });
      expect(await importing('import requests')).toMatchObject({ error: { errorMessage: "Unable to import module 'app': No module named 'requests'" } });
      expect(await importing('import botocore')).toMatchObject({
        error: { errorMessage: expect.stringMatching(/No module named 'botocore'\nbotocore comes with Lambda's runtime; here it has to be installed: python3 -m pip install boto3$/) },
      });
    } finally {
      process.env.PATH = kept;
    }
  });

  test('without one, a Python function is refused in one line', () => {
    const kept = process.env.PATH;
    process.env.PATH = functions.folder({});
    try {
      expect(() => functions.create({}, { ...PYTHON, id: 'Report' })).toThrow(
        /^Function Report: the runtime python3\.13 needs python3, which is not on this machine's PATH: install Python 3\.13 or another Python 3; what runs here is [^\n]*\.$/);
    } finally {
      process.env.PATH = kept;
    }
  });
});

const isZombie = (pid: number) => execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim().startsWith('Z');
