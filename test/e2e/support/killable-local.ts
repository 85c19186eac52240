import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { killOnExit } from './kill-on-exit';
import { Place, REPOSITORY, eventually } from './place';
import { descendants } from './process-tree';
import type { ReadyEvent } from '../../../local/events';
import { CREDENTIALS } from '../../support/dynamodb';
import { freePort } from '../../support/ports';

export type Victim = 'sandbox' | 'front' | 'database';

const CLI = path.join(REPOSITORY, 'build/cli/idempotent-api.mjs');
const TSX = pathToFileURL(require.resolve('tsx')).href;

/** An app under `idempotent-api local --data`, on one port, started again whenever it dies. */
export class KillableLocal {
  /** `app` is a folder of `fixtures/`. */
  static async open(app: string, stack: string): Promise<KillableLocal> {
    const place = new Place();
    const assembly = path.join(place.root, 'cdk.out');
    const synthesized = spawnSync(process.execPath, ['--import', TSX, path.join(REPOSITORY, 'test/e2e/fixtures', app, 'app.ts')], {
      cwd: REPOSITORY,
      env: { ...process.env, ...place.environment, CDK_OUTDIR: assembly, NODE_OPTIONS: '', TSX_TSCONFIG_PATH: path.join(REPOSITORY, 'examples/tsconfig.json') },
      encoding: 'utf8',
    });
    if (synthesized.status !== 0) throw new Error(synthesized.stderr);
    const local = new KillableLocal(place, assembly, stack, await freePort());
    await local.#start();
    return local;
  }

  /** What was logged of requests for which the store was out of reach, or not known to have done its part. */
  readonly storeErrors: string[] = [];
  #front: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #ready: ReadyEvent | undefined;
  #closing = false;

  private constructor(
    readonly place: Place, private readonly assembly: string, private readonly stack: string, private readonly port: number,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** One victim after the other, each by `kill -9`, spread over the time that `progress` takes to come from 0 to 1. */
  async kill(count: number, random: () => number, progress: () => number): Promise<Record<Victim, number>> {
    const killed = { sandbox: 0, front: 0, database: 0 };
    for (let number = 1; number <= count; number++) {
      while (progress() < (number - random()) / (count + 1)) await pause(5);
      const victim = number % 5 === 0 ? 'front' : number % 5 === 1 ? 'database' : 'sandbox';
      const pid = await eventually(() => this.#victim(victim, random), 5);
      process.kill(pid, 'SIGKILL');
      killed[victim]++;
      if (victim === 'sandbox') continue;
      await this.#exited;
      await this.#start();
    }
    return killed;
  }

  async withClient<T>(use: (client: DynamoDBClient, table: (id: string) => string) => Promise<T>): Promise<T> {
    const { dynamodb, tables } = this.#ready!;
    const client = new DynamoDBClient({ endpoint: dynamodb!, region: 'us-east-1', credentials: CREDENTIALS });
    try {
      return await use(client, (id) => tables.find((table) => table.id === id)!.name);
    } finally {
      client.destroy();
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#front?.kill('SIGTERM');
    await this.#exited;
    this.place.remove();
  }

  async #start(): Promise<void> {
    const data = path.join(this.place.root, 'data');
    const argv = [CLI, 'local', '--assembly', this.assembly, '--stack', this.stack, '--data', data, '--port', String(this.port), '--json'];
    // A port is free again only when the kernel says so, and a sandbox of before may still be ending.
    for (let attempt = 1; ; attempt++) {
      const front = spawn(process.execPath, argv, {
        cwd: this.place.project, env: { ...process.env, ...this.place.environment, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'],
      });
      killOnExit(front);
      let isReady = false;
      const lines: string[] = [];
      let stderr = '';
      this.#front = front;
      this.#exited = new Promise((resolve) => front.once('close', () => resolve()));
      front.stderr.on('data', (chunk: Buffer) => { stderr = (stderr + chunk.toString()).slice(-MOST_CHARACTERS); });
      const ready = new Promise<ReadyEvent>((resolve) => {
        createInterface({ input: front.stdout }).on('line', (line) => {
          if (!isReady) lines.push(line);
          if (line.includes('"event":"ready"')) {
            isReady = true;
            resolve(JSON.parse(line) as ReadyEvent);
          }
          if (line.includes('store_error') && this.storeErrors.length < MOST_LINES) this.storeErrors.push(line);
        });
      });
      const started = await Promise.race([ready, this.#exited.then(() => undefined)]);
      if (started !== undefined) {
        this.#ready = started;
        return;
      }
      if (this.#closing || attempt === 20) throw new Error(`local did not start: ${stderr}\n${lines.join('\n')}`);
      await pause(250);
    }
  }

  #victim(victim: Victim, random: () => number): number | undefined {
    const { pid, exitCode, signalCode } = this.#front!;
    if (exitCode !== null || signalCode !== null) return undefined;
    if (victim === 'front') return pid;
    // By the program itself: the shell that watches over it has its name among its words.
    const program = victim === 'database' ? /^\S+dynoxide serve / : /^\S+node .*lambda-runtime/;
    const candidates = descendants(pid!).filter(({ command }) => program.test(command));
    return candidates[Math.floor(random() * candidates.length)]?.pid;
  }
}

/** Of what a run of half an hour has to say. */
const MOST_CHARACTERS = 100_000;
const MOST_LINES = 20;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
