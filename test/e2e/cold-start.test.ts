/** What a function on Node.js 20 writes to its log at a cold start, by the layer as it is built. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { oldNodes, type Node } from './support/nodes';
import { REPOSITORY } from './support/place';
import { ENV, LAYER } from '../../lib/contract';
import { httpApiEvent } from '../../runtime/testing/events';
import { CREDENTIALS, startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

const FIXTURES = path.join(__dirname, 'fixtures', 'cold-start');
const INVOKE = path.join(__dirname, 'fixtures', 'loading', 'invoke.mjs');
const ENTRY = path.join(REPOSITORY, 'build', 'layer', LAYER.DIRECTORY, 'handler.mjs');
const EVENT = httpApiEvent({ path: '/payments', headers: { 'Idempotency-Key': 'payment-1' }, body: 'amount=1' });

const nodes = oldNodes({ version: '20', preload: path.join(FIXTURES, 'pretend-node-20.cjs') }, /^v20\./);

let dynamodb: TestDynamoDb;
let folder: string;
let tables = 0;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
  folder = mkdtempSync(path.join(tmpdir(), 'cold-start-'));
});
afterAll(async () => {
  await dynamodb?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const IN_LAMBDA = { AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId, AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey };

/** One request in a process of its own: the handler's answer, and what else was said. */
async function coldStart(node: Node, handler: string, credentials: Record<string, string>) {
  const { stdout, stderr } = await promisify(execFile)(node.command, [...node.flags, INVOKE, ENTRY, JSON.stringify(EVENT)], {
    env: {
      _HANDLER: LAYER.HANDLER,
      [ENV.HANDLER]: handler,
      [ENV.TABLE_NAME]: await dynamodb.createTable(`cold-start-${++tables}`),
      LAMBDA_TASK_ROOT: FIXTURES,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      ...credentials,
    },
  });
  return { status: (JSON.parse(stdout.trim().split('\n').at(-1)!) as { statusCode: number }).statusCode, stderr };
}

describe.each(nodes.map((node) => [node.name, node] as const))('F209: under Node.js %s', (_, node) => {
  test('a cold start warns of nothing', async () => {
    expect(await coldStart(node, 'payments.handler', IN_LAMBDA)).toEqual({ status: 201, stderr: '' });
  });

  test('nor does one that needs the SDK of the layer, because credentials come from elsewhere than the environment', async () => {
    const file = path.join(folder, 'credentials');
    writeFileSync(file, `[default]\naws_access_key_id = ${CREDENTIALS.accessKeyId}\naws_secret_access_key = ${CREDENTIALS.secretAccessKey}\n`);
    const from = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: path.join(folder, 'none') };
    expect(await coldStart(node, 'payments.handler', from)).toEqual({ status: 201, stderr: '' });
  });

  test('but an SDK of the function’s own still says what it thinks of this Node.js', async () => {
    const { status, stderr } = await coldStart(node, 'own-sdk.handler', IN_LAMBDA);
    expect({ status, warnings: stderr.match(/NodeVersionSupportWarning: The AWS SDK for JavaScript \(v3\)/g) }).toEqual({
      status: 201, warnings: ['NodeVersionSupportWarning: The AWS SDK for JavaScript (v3)'],
    });
  });
});
