/** The layer's handler and the function's own, each called by a model of Lambda's runtime of Node.js 20 and 22. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { oldNodes, type Node } from './support/nodes';
import { REPOSITORY } from './support/place';
import { ENV, LAYER } from '../../lib/contract';
import { httpApiEvent } from '../../runtime/testing/events';
import { CREDENTIALS, startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

const FIXTURES = path.join(__dirname, 'fixtures', 'calling');
const LAYER_ENTRY = path.join(REPOSITORY, 'build', 'layer', LAYER.DIRECTORY, 'handler.mjs');
const HANDLERS = Object.keys(jest.requireActual<object>('./fixtures/calling/handlers.cjs'));

/** This Node, told that it is 22, and any of 20 and 22 that the machine has. */
const nodes = oldNodes({ version: '22', preload: path.join(FIXTURES, 'pretend-node-22.cjs') }, /^v2[0-3]\./);

let dynamodb: TestDynamoDb;
let folder: string;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  folder = mkdtempSync(path.join(tmpdir(), 'calling-'));
});
afterAll(async () => {
  await dynamodb?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Sent {
  readonly statusCode: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

type Line = { readonly result: Sent | null } | { readonly error: string };

interface Run {
  /** What each event came to. */
  readonly lines: readonly Line[];
  /** What the handler left behind, in order. */
  readonly trace: readonly string[];
}

let runs = 0;

async function run(node: Node, file: string, events: readonly unknown[], environment: Record<string, string>): Promise<Run> {
  const trace = path.join(folder, `trace-${++runs}`);
  writeFileSync(trace, '');
  const { stdout } = await promisify(execFile)(node.command, [...node.flags, path.join(FIXTURES, 'classic-runtime.cjs'), file, JSON.stringify(events)], {
    env: { PATH: process.env.PATH, TRACE: trace, ...environment },
    timeout: 30_000,
  });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"result"') || line.startsWith('{"error"'));
  return { lines: lines.map((line) => JSON.parse(line) as Line), trace: readFileSync(trace, 'utf8').split('\n').slice(0, -1) };
}

/** A module of the handler alone, as the runtime would load it. */
function bare(name: string): string {
  const file = path.join(folder, `${name}.cjs`);
  writeFileSync(file, `exports.handler = require(${JSON.stringify(path.join(FIXTURES, 'handlers.cjs'))}).${name};\n`);
  return file;
}

const layered = async (name: string): Promise<Record<string, string>> => ({
  [ENV.HANDLER]: `handlers.${name}`,
  [ENV.TABLE_NAME]: await dynamodb.createTable(`calling-${++runs}`),
  LAMBDA_TASK_ROOT: FIXTURES,
  AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9',
  AWS_LAMBDA_FUNCTION_NAME: 'payments',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
});

const keyed = httpApiEvent({ path: '/payments', headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });
const keyless = httpApiEvent({ path: '/payments', body: 'amount=1' });

describe.each(nodes.map((node) => [node.name, node] as const))('under Node.js %s', (_, node) => {
  test.each(HANDLERS)('F160: %s answers as it does without the layer, and runs once', async (name) => {
    const own = await run(node, bare(name), [keyed, keyless], {});
    const wrapped = await run(node, LAYER_ENTRY, [keyed, keyless, keyed], await layered(name));
    expect(own.lines).toHaveLength(2);
    expect(wrapped.lines.slice(0, 2)).toEqual(own.lines);
    expect(wrapped.trace).toEqual(own.trace);

    const [first, , replay] = wrapped.lines as [Line, Line, { readonly result: Sent }];
    const recorded = 'error' in first
      ? { statusCode: 500, body: '{"message":"Internal Server Error"}' }
      : { statusCode: first.result?.statusCode ?? 200, body: first.result?.body ?? 'null' };
    expect(replay.result).toMatchObject({ ...recorded, headers: { 'X-Idempotent-Replay': 'true' } });
  });
});
