/** What the relay costs: a first request and a replay, beside the same handler with the runtime in front of it, in one run. */
import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { handler as bare } from './subjects/bare';
import { ENV, RELAY } from '../lib/contract';
import { startDynamoDb } from '../test/support/dynamodb';

const ROOT = join(__dirname, '..');
const OUT = join(ROOT, '.local', 'bench');
const CERTIFICATE = join(ROOT, 'test', 'support', 'certificate');
const ROUNDS = 11;
const CALLS = 60;
const WARM_UP = 600;

/** Lambda, as far as it is Invoke over TLS: it answers at once with what the handler returns. */
async function startLambda(): Promise<{ readonly endpoint: string; stop(): void }> {
  const options = { key: readFileSync(join(CERTIFICATE, 'key.pem')), cert: readFileSync(join(CERTIFICATE, 'cert.pem')) };
  const server = createServer(options, (request, response) => {
    request.resume().on('end', () => void bare().then((result) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { endpoint: `https://localhost:${(server.address() as AddressInfo).port}`, stop: () => void server.close() };
}

async function start(module: string, environment: Record<string, string>): Promise<ChildProcess> {
  const worker = fork(join(__dirname, 'measure', 'worker.mjs'), [module], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: environment });
  await new Promise((resolve) => worker.once('message', resolve));
  return worker;
}

interface Measured {
  readonly cpu: number;
  readonly ms: number;
}

const ask = (worker: ChildProcess, request: object): Promise<Measured> =>
  new Promise((resolve) => {
    worker.once('message', (message) => resolve(message as Measured));
    worker.send(request);
  });

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  await build({ absWorkingDir: ROOT, entryPoints: ['bench/subjects/bare.ts'], outfile: join(OUT, 'bare.mjs'), bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  cpSync(join(ROOT, 'build', 'layer', 'cdk-idempotent-api'), join(OUT, 'layer'), { recursive: true });
  const dynamoDb = await startDynamoDb();
  const lambda = await startLambda();
  const workers: ChildProcess[] = [];
  try {
    await dynamoDb.createTable('keys');
    const environment = {
      PATH: process.env.PATH ?? '',
      TZ: ':UTC',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      AWS_LAMBDA_FUNCTION_NAME: 'bench',
      NODE_EXTRA_CA_CERTS: join(CERTIFICATE, 'cert.pem'),
      [ENV.TABLE_NAME]: 'keys',
    };
    const named = (namespace: string) => ({ [ENV.SETTINGS]: JSON.stringify({ defaults: { includeRequestHash: true, namespace } }) });
    const direct = await start(join(OUT, 'layer', 'handler.mjs'), { ...environment, ...named('direct'), IDEMPOTENCY_HANDLER: 'bare.handler', LAMBDA_TASK_ROOT: OUT });
    const relay = await start(join(ROOT, 'build', RELAY.DIRECTORY, 'relay.mjs'), {
      ...environment,
      ...named('relay'),
      AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      [ENV.TARGET]: 'arn:aws:lambda:us-east-1:123456789012:function:pay',
      [ENV.TARGET_TIMEOUT]: '10',
    });
    workers.push(direct, relay);
    console.log(`Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`);
    for (const act of ['miss', 'replay']) {
      for (const worker of workers) await ask(worker, { act, count: WARM_UP });
      const rounds: { readonly direct: Measured; readonly relay: Measured }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        // In turns, so that what else the machine does falls on both.
        const measured = round % 2 === 0
          ? { direct: await ask(direct, { act, count: CALLS }), relay: await ask(relay, { act, count: CALLS }) }
          : { relay: await ask(relay, { act, count: CALLS }), direct: await ask(direct, { act, count: CALLS }) };
        rounds.push(measured);
      }
      for (const [what, micros] of [['cpu', 1], ['ms', 1_000]] as const) {
        const of = (who: 'direct' | 'relay') => median(rounds.map((round) => round[who][what])) * micros / CALLS;
        const ratios = rounds.map((round) => round.relay[what] / round.direct[what]);
        console.log(`${act}, ${what === 'cpu' ? 'CPU' : 'wall'}: direct ${of('direct').toFixed(0)} us, relay ${of('relay').toFixed(0)} us, `
          + `relay / direct = ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`);
      }
    }
  } finally {
    for (const worker of workers) worker.kill();
    lambda.stop();
    await dynamoDb.stop();
  }
}

void main();
