import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Bank, recordOf } from './support/bank';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { freePort } from '../support/ports';

const CLI = path.join(__dirname, '..', '..', 'bin', 'idempotent-api.ts');

let db: TestDynamoDb;
beforeAll(async () => { db = await startDynamoDb(); });
afterAll(() => db.stop());

function started(argv: readonly string[]): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, ['--import', 'tsx', CLI, ...argv], { env: { PATH, HOME, NODE_NO_WARNINGS: '1' }, stdio: 'pipe' });
}

/** The command in a process of its own, without AWS credentials. */
function cli(argv: readonly string[], input = ''): Promise<{ readonly status: number | null; readonly out: string; readonly err: string }> {
  const child = started(argv);
  let out = '', err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
}

test('finds, frees and counts a key of the API', async () => {
  const bank = new Bank(db, await db.createTable('cli'));
  bank.clock.setWallClock(Date.now());
  await bank.pay('order-0001');
  const at = ['--table', 'cli', '--dynamodb-endpoint', db.endpoint];

  const inspected = await cli(['inspect', ...at, ...recordOf('order-0001'), '--json']);
  expect(inspected).toMatchObject({ status: 0, err: '' });
  expect(JSON.parse(inspected.out)).toMatchObject({ state: 'completed', response: { statusCode: 201 } });

  const released = await cli(['release', ...at, ...recordOf('order-0001'), '--force'], 'y\n');
  expect(released).toMatchObject({ status: 2, err: expect.stringMatching(/^idempotent-api: nothing is released without --yes .*\n$/) });
  expect((await bank.pay('order-0001')).body).toBe('payment 1');

  expect(await cli(['stats', ...at])).toMatchObject({ status: 0, out: expect.stringMatching(/^completed +1$/m) });
});

test('a log goes in by a pipe', async () => {
  const line = JSON.stringify({ idempotency: { outcome: 'replayed', method: 'POST', route: '/payments', ms: 7 } });
  expect(await cli(['tail', '--outcome', 'replayed'], `${line}\n`)).toEqual({ status: 0, out: 'replayed     POST  /payments  7 ms\n', err: '' });
});

test.each<[string, () => Promise<readonly string[]> | readonly string[], number, RegExp]>([
  ['a wrong command line', () => ['inspect', '--tabel', 'x'], 2, /^idempotent-api: unknown flag --tabel \(see "idempotent-api inspect --help"\)\n$/],
  ['nobody that listens', async () => ['stats', '--table', 't', '--dynamodb-endpoint', `http://127.0.0.1:${await freePort()}`], 1,
    /^idempotent-api: no answer from DynamoDB in http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\n$/],
  ['no region', () => ['stats', '--table', 't'], 1, /^idempotent-api: no region is set; give --region, or set AWS_REGION\n$/],
])('%s ends with one line and a status of its own', async (_, argv, status, err) => {
  expect(await cli(await argv())).toEqual({ status, out: '', err: expect.stringMatching(err) });
});

/** The command before a reader that has gone, as `head` has that is done. */
function unread(argv: readonly string[]): Promise<{ readonly status: number | null; readonly err: string }> {
  const child = started(argv);
  child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, err })));
}

test.each([['--help'], ['local', '--help'], ['conformance', '--help'], ['stats', '--help']])('%s %s ends well where nobody reads it to its end', async (...argv) => {
  expect(await unread(argv)).toEqual({ status: 0, err: '' });
});

test('a run of the conformance suite of which nobody hears the end is not taken for one that passed', async () => {
  const server = createServer((_, response) => response.writeHead(201).end('{}')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/payments`;
    expect(await unread(['conformance', '--url', url])).toEqual({ status: 141, err: '' });
  } finally {
    server.close();
  }
});
