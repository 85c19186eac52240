import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** An S3 of a test's own: the embedded server, in a process of its own on a free port of this host. */
export interface TestS3 {
  readonly endpoint: string;
  createBucket(name: string): Promise<string>;
  /** The object as it lies there; undefined where there is none. */
  object(bucket: string, key: string): Promise<Buffer | undefined>;
  /** Keys of all objects in a bucket. */
  keys(bucket: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startS3(): Promise<TestS3> {
  const server = spawn(process.execPath, [path.join(__dirname, 'fauxqs.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const endpoint = line.toString().trim();
  return {
    endpoint,
    async createBucket(name) {
      await fetch(`${endpoint}/${name}`, { method: 'PUT' });
      return name;
    },
    async object(bucket, key) {
      const reply = await fetch(`${endpoint}/${bucket}/${key}`);
      return reply.ok ? Buffer.from(await reply.arrayBuffer()) : undefined;
    },
    async keys(bucket) {
      const listing = await (await fetch(`${endpoint}/${bucket}?list-type=2`)).text();
      return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!);
    },
    async stop() {
      server.kill('SIGKILL');
      await exited;
    },
  };
}
