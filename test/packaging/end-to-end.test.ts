import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { emptyFolder, install, link, pack } from './package';

/** Ten lines, as a user would write them. */
const APP = `
const { App, Duration, Stack } = require('aws-cdk-lib');
const { HttpMethod } = require('aws-cdk-lib/aws-apigatewayv2');
const { Code, Function: LambdaFunction, Runtime } = require('aws-cdk-lib/aws-lambda');
const { IdempotentApi } = require('cdk-idempotent-api');
const stack = new Stack(new App(), 'Shop');
const handler = new LambdaFunction(stack, 'Pay', {
  code: Code.fromAsset('handler'), handler: 'index.handler', runtime: Runtime.NODEJS_24_X, timeout: Duration.seconds(20), environment: { RUNS: process.env.RUNS },
});
new IdempotentApi(stack, 'Payments').addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler });
`;

/** Counts its runs in a file, and takes its time. */
const HANDLER = `
const { appendFileSync } = require('node:fs');
exports.handler = async (event) => {
  appendFileSync(process.env.RUNS, event.body + '\\n');
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { statusCode: 201, body: 'paid ' + event.body };
};
`;

const folder = emptyFolder();
const runs = join(folder.path, 'runs.txt');
let runner: ChildProcess;
let url: string;

beforeAll(async () => {
  install(pack(folder.path).tarball, folder.path);
  link(['aws-cdk-lib', 'constructs', '@dynoxide/linux-x64'], folder.path);
  mkdirSync(join(folder.path, 'handler'));
  writeFileSync(join(folder.path, 'handler', 'index.js'), HANDLER);
  writeFileSync(join(folder.path, 'app.js'), APP);
  writeFileSync(runs, '');

  // As npx starts it: by the link that the installation has made.
  const command = join(folder.path, 'node_modules', '.bin', 'idempotent-api');
  runner = spawn(command, ['local', '--app', 'node app.js', '--port', '0', '--json'], {
    cwd: folder.path,
    env: { ...process.env, RUNS: runs },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  url = await readyUrl(runner);
});
afterAll(async () => {
  if (runner.exitCode === null && runner.signalCode === null) {
    const ended = new Promise((resolve) => runner.once('exit', resolve));
    runner.kill('SIGTERM');
    await ended;
  }
  folder.remove();
});

function readyUrl({ stdout, stderr, ...process }: ChildProcess): Promise<string> {
  let said = '';
  stderr!.on('data', (chunk) => said += chunk);
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdout! });
    lines.on('line', (line) => {
      const { event, apis } = JSON.parse(line) as { event: string; apis: readonly { url: string }[] };
      if (event === 'ready') resolve(apis[0].url);
    });
    lines.once('close', () => reject(new Error(`ended before it was ready: ${process.exitCode} ${said}`)));
  });
}

async function pay(key: string, body: string) {
  const response = await fetch(`${url}/payments`, { method: 'POST', headers: { 'idempotency-key': key }, body });
  return { status: response.status, isReplay: response.headers.get('x-idempotent-replay') === 'true', body: await response.text() };
}

test('from the packed tarball: 100 parallel requests under one key run the handler once', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => pay('payment-1', 'card-1')));

  expect(readFileSync(runs, 'utf8')).toBe('card-1\n');
  const first = answers.filter(({ status, isReplay }) => status === 201 && !isReplay);
  const replays = answers.filter(({ status, isReplay }) => status === 201 && isReplay);
  const conflicts = answers.filter(({ status, body }) => status === 409 && (JSON.parse(body) as { code: string }).code === 'IDEMPOTENCY_CONFLICT');
  expect(first).toHaveLength(1);
  expect(replays.length + conflicts.length).toBe(99);
  expect([...first, ...replays].every(({ body }) => body === 'paid card-1')).toBe(true);
});

test('a retry afterwards is answered from the record, and another key runs the handler again', async () => {
  expect(await pay('payment-1', 'card-1')).toEqual({ status: 201, isReplay: true, body: 'paid card-1' });
  expect(await pay('payment-2', 'card-2')).toEqual({ status: 201, isReplay: false, body: 'paid card-2' });
  expect(readFileSync(runs, 'utf8')).toBe('card-1\ncard-2\n');
});

test('the window comes with it', async () => {
  const page = await fetch(`${url}/__idempotency`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('new EventSource(`${BASE}/events`)')]);
});

test('the audit comes with it', () => {
  const audit = spawnSync(join(folder.path, 'node_modules', '.bin', 'idempotent-api'), ['audit', '--assembly', 'cdk.out', '--fail-on', 'unprotected', '--json'], {
    cwd: folder.path, encoding: 'utf8',
  });
  expect(audit).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(audit.stdout)).toEqual({
    routes: [{ api: 'Shop/Payments/HttpApi', method: 'POST', path: '/payments', function: 'Shop/Pay', protection: 'protected', reason: 'redirected' }],
    counts: { protected: 1, exempt: 0, unprotected: 0 },
    unseen: [],
  });
});

test('asked to stop, it ends with status 0', async () => {
  const code = await new Promise((resolve) => {
    runner.once('exit', resolve);
    runner.kill('SIGTERM');
  });
  expect(code).toBe(0);
});
