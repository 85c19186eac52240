import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { appCommand, UserFolder, type Cli } from './support/cli';

jest.setTimeout(120_000);

const user = new UserFolder();
const scratch = mkdtempSync(path.join(tmpdir(), 'targets-'));
let cli: Cli;
let url: string;
let endpoint: string;

beforeAll(async () => {
  cli = user.start('local', '--app', appCommand('targets-app.ts'), '--port', '0', '--json');
  url = (await cli.ready()).apis[0]!.url;
  endpoint = await (await fetch(`${url}/endpoint`)).text();
});

afterAll(async () => {
  await cli.stop();
  user.remove();
  rmSync(scratch, { recursive: true });
});

const invoke = async (name: string, event: unknown = {}, headers: Record<string, string> = {}) => {
  const response = await fetch(`${endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, { method: 'POST', headers, body: JSON.stringify(event) });
  const text = await response.text();
  return { status: response.status, error: response.headers.get('x-amz-function-error'), text, id: response.headers.get('x-amzn-requestid') };
};
const said = async (pattern: RegExp) => cli.until(() => pattern.exec(cli.stderr)?.[0]);

test('a Python handler behind an API is answered as any other', async () => {
  const response = await fetch(`${url}/python`, { method: 'PATCH' });
  expect([response.status, await response.text()]).toEqual([201, 'PATCH']);
});

test('functions are invoked by name, Python, Node.js and custom runtimes alike, and where no API calls them', async () => {
  expect(JSON.parse((await invoke('python', { a: 1 })).text)).toEqual({ event: { a: 1 }, arn: 'arn:aws:lambda:us-east-1:123456789012:function:python', region: 'us-east-1' });
  expect((await invoke('inline', [1])).text).toBe('{"inline": [1]}');
  expect((await invoke('node', { b: 2 })).text).toBe('{"node":{"b":2}}');
  expect((await invoke('custom', { c: 3 })).text).toBe('echoed: {"c":3}');
});

test('an alias is a function\'s name for itself, one that is not there is nobody\'s', async () => {
  expect(JSON.parse((await invoke('python:live')).text)).toMatchObject({ arn: 'arn:aws:lambda:us-east-1:123456789012:function:python:live' });
  expect(await invoke('python:dead')).toMatchObject({ status: 404 });
  expect(await invoke('node:live')).toMatchObject({ status: 404 });
});

test('a function of another stack, account and region is invoked by its ARN', async () => {
  expect((await invoke('arn:aws:lambda:eu-west-1:111111111111:function:far')).text).toBe('"arn:aws:lambda:eu-west-1:111111111111:function:far"');
  expect(await invoke('far')).toMatchObject({ status: 404 });
});

test('F142: what goes wrong in a function is told as Lambda tells it', async () => {
  const raised = await invoke('python', { how: 'raise' });
  expect([raised.status, raised.error]).toEqual([200, 'Unhandled']);
  expect(JSON.parse(raised.text)).toMatchObject({ errorMessage: 'not now', errorType: 'RetryableError', requestId: raised.id, stackTrace: [expect.stringContaining('in handler')] });
  const thrown = await invoke('node', { how: 'throw' });
  expect(JSON.parse(thrown.text)).toMatchObject({ errorType: 'TypeError', errorMessage: 'not now', trace: expect.arrayContaining(['TypeError: not now', expect.stringContaining('node.js:2')]) });
  const exited = await invoke('python', { how: 'exit' });
  expect([exited.error, JSON.parse(exited.text)]).toEqual(['Unhandled', {
    errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${exited.id} Error: Runtime exited with error: exit status 1`,
  }]);
  const custom = await invoke('custom', { how: 'exit' });
  expect(JSON.parse(custom.text)).toEqual({ errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${custom.id} Error: Runtime exited with error: exit status 2` });
  const late = await invoke('python', { how: 'sleep' });
  expect([late.error, JSON.parse(late.text)]).toEqual(['Unhandled', {
    errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${late.id} Error: Task timed out after 2.00 seconds`,
  }]);
});

test('reserved concurrency that is taken throttles an invocation, and an event waits for it', async () => {
  const gate = path.join(scratch, 'gate');
  const waiting = (who: string) => cli.until(() => cli.events.find((event) => event.event === 'log' && event.line === `waiting ${who}`));
  const first = invoke('alone', { how: 'wait', who: 'first', for: gate });
  await waiting('first');
  const refused = await invoke('alone', {});
  expect([refused.status, JSON.parse(refused.text)]).toEqual([429, expect.objectContaining({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' })]);
  expect((await invoke('alone', { how: 'wait', who: 'event', for: gate }, { 'x-amz-invocation-type': 'Event' })).status).toBe(202);
  writeFileSync(gate, '');
  expect((await first).status).toBe(200);
  await waiting('event');
});

test('F142: a container image and another runtime are named with what a relay needs, and refused', async () => {
  const needs = 'a relay, or whatever else invokes it, gets a 404: what a relay leads to must be of Node.js 20, 22 and 24, Python and custom runtimes (provided.*), in a zip';
  expect(await said(/skipped: AWS::Lambda::Function [^"]*/)).toContain(`image: container images are not run; ${needs}`);
  expect(cli.stderr).toContain(`java: the runtime java21 is not run; ${needs}`);
  expect(cli.stderr).toContain('imageHandler: container images are not run; requests to it get a 500, from a REST API or a function URL a 502');
  for (const [name, reason] of [['image', 'container images are not run'], ['java', 'the runtime java21 is not run']]) {
    const answer = await invoke(name!);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([404, { Type: 'User', Message: `the function ${name} does not run locally: ${reason}` }]);
  }
  expect((await fetch(`${url}/image`)).status).toBe(500);
});

test('F142: a function that cannot start says why to who invokes it, and keeps nobody else from starting', async () => {
  const answer = await invoke('broken');
  expect([answer.status, JSON.parse(answer.text)]).toEqual([404, {
    Type: 'User', Message: 'the function broken cannot start: Targets: the SSM parameter /none is not in the assembly; give its value with --ssm /none=VALUE',
  }]);
});

test('durable execution is said not to be run', async () => {
  expect(cli.stderr).toContain('the function durable: durable execution is not run, it is invoked as any other');
});
