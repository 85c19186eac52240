import { mkdirSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { spawnContained, type ContainedProcess } from './contained-process';
import { LocalError, reasonOf } from './local-error';
import { findPackage } from './platform-package';

/** A DynamoDB that the tables are in. */
export interface DynamoDb {
  readonly endpoint: string;
  /** Resolves, with a reason, where it ends before it is stopped. Never for a server of the user's. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDirectory?: string;
  /** Where the program's package is looked for, in this order. */
  readonly searchFrom: readonly string[];
  /** `linux-x64`: the platform and architecture of Node. */
  readonly platform: string;
}

const START_ATTEMPTS = 5;
const START_TIMEOUT_MS = 10_000;

/** A server that runs already, at `--dynamodb-endpoint`. */
export const externalDynamoDb = (endpoint: string): DynamoDb =>
  ({ endpoint, lost: new Promise(() => undefined), stop: async () => undefined });

/**
 * Starts the embedded DynamoDB, `@dynoxide/<platform>`, with its items in
 * memory or, with `dataDirectory`, in a file that survives even SIGKILL.
 * Throws `DYNAMODB_MISSING` where the package is not installed and
 * `DYNAMODB_FAILED` where it does not start.
 */
export async function startEmbeddedDynamoDb({ dataDirectory, searchFrom, platform }: EmbeddedOptions): Promise<DynamoDb> {
  const directory = findPackage(`@dynoxide/${platform}`, searchFrom);
  if (directory === undefined) {
    throw new LocalError('DYNAMODB_MISSING',
      `the embedded DynamoDB is not installed; run: npm install --save-dev @dynoxide/${platform} (or give a running one with --dynamodb-endpoint URL)`);
  }
  const program = path.join(directory, platform.startsWith('win32') ? 'dynoxide.exe' : 'dynoxide');
  const persistence = dataDirectory === undefined ? [] : ['--db-path', databaseFile(dataDirectory)];

  let complaint = '';
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const port = await freePort();
    const running = spawnContained(program, ['serve', '--host', '127.0.0.1', '--port', String(port), ...persistence]);
    const failure = await ready(port, running);
    if (failure === undefined) {
      let stopping = false;
      return {
        endpoint: `http://127.0.0.1:${port}`,
        lost: running.ended.then((reason) => (stopping ? new Promise<string>(() => undefined) : reason || 'it ended without a word')),
        stop: () => {
          stopping = true;
          return running.stop();
        },
      };
    }
    complaint = failure;
    await running.stop();
  }
  throw new LocalError('DYNAMODB_FAILED', `the embedded DynamoDB (${program}) does not start: ${complaint}`);
}

function databaseFile(dataDirectory: string): string {
  try {
    mkdirSync(dataDirectory, { recursive: true });
  } catch (cause) {
    throw new LocalError('DYNAMODB_FAILED', `--data "${dataDirectory}" cannot be used: ${reasonOf(cause)}; give a folder that can be written`, { cause });
  }
  return path.resolve(dataDirectory, 'dynamodb.sqlite');
}

/** Another program may take the port in between: the caller tries again then. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** `undefined` once the server answers, else why it does not. */
async function ready(port: number, { ended }: ContainedProcess): Promise<string | undefined> {
  let reason: string | undefined;
  void ended.then((complaint) => { reason = complaint || 'it ended at once'; });
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  while (reason === undefined) {
    if (await answers(port)) return reason;
    if (Date.now() > giveUpAt) return `it does not answer within ${START_TIMEOUT_MS / 1000} seconds`;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return reason;
}

/** Any answer will do: that of a request without a signature is an error. */
const answers = (port: number) => new Promise<boolean>((resolve) => {
  const request = http.request({ host: '127.0.0.1', port, method: 'GET', path: '/', agent: false, timeout: 1000 }, (response) => {
    response.resume();
    resolve(true);
  });
  request.once('error', () => resolve(false));
  request.once('timeout', () => request.destroy());
  request.end();
});
