import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'redis';
import { freePort } from './ports';
import { commandPath } from '../../scripts/setup/command-path';

/** A node of a cluster listens to the others there, so far above its port. */
const CLUSTER_BUS = 10_000;

/** A Redis of a test's own, in memory only, on a free port of this host. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRedis(...settings: readonly string[]): Promise<TestRedis> {
  const binary = commandPath('redis-server');
  if (binary === undefined) throw new Error('redis-server is not on the PATH, and the Redis store is tested against a real one: npx tsx scripts/test-setup.ts');
  const port = await freePort(CLUSTER_BUS);
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-'));
  const server = spawn(
    binary,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...settings],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(server, 'exit');
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface(server.stdout).on('line', (line) => {
      said.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`redis-server did not start:\n${said.join('\n')}`)));
  });
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

const nodeRedis = (url: string) => createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false } });
export type NodeRedis = ReturnType<typeof nodeRedis>;

/** The package `redis`, connected and without a queue for worse times. */
export async function connectNodeRedis({ url }: TestRedis): Promise<NodeRedis> {
  const client = nodeRedis(url);
  // A client without a listener ends the process when its server goes away.
  client.on('error', () => {});
  return client.connect();
}
