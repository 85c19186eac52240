import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { send } from './http';
import { killOnExit } from './kill-on-exit';
import { Place, REPOSITORY, eventually } from './place';
import { descendants } from './process-tree';
import type { ReadyEvent } from '../../../local/events';
import { CREDENTIALS } from '../../support/dynamodb';
import { freePort } from '../../support/ports';

export interface LedgerRun {
  /** `Committed`, the ledger of the examples, or `Completed`, whose handler leaves the recording to the wrapper. */
  readonly stack: 'Committed' | 'Completed';
  readonly transfers: number;
  /** `kill -9`s, of a sandbox, the front or the database, each at a random moment. */
  readonly kills: number;
  /** Clients that transfer at the same time. */
  readonly clients: number;
  readonly random: () => number;
}

export interface LedgerFindings {
  readonly kills: Readonly<Record<Victim, number>>;
  readonly requests: number;
  readonly acknowledged: number;
  /** Transfers that have happened more than once, and those that were acknowledged and have not. */
  readonly duplicated: number;
  readonly missing: number;
  /** What the accounts lack or have too much of, in cents: by their sum, and by what each should have. */
  readonly created: number;
  readonly misplaced: number;
}

export type Victim = 'sandbox' | 'front' | 'database';

const ACCOUNTS = 8;
const INITIAL = 1_000_000_000;
const CLI = path.join(REPOSITORY, 'build/cli/idempotent-api.mjs');
const TSX = pathToFileURL(require.resolve('tsx')).href;

interface Transfer {
  readonly from: string;
  readonly to: string;
  /** In cents, and which transfer it is. */
  readonly amount: number;
}

/**
 * Clients that transfer money until each transfer is acknowledged, while what
 * serves them is killed; then the books are looked at.
 */
export async function ledgerUnderKills({ stack, transfers, kills, clients, random }: LedgerRun): Promise<LedgerFindings> {
  const bank = await Bank.open(stack);
  try {
    await bank.deposit();
    const orders = Array.from({ length: transfers }, (_, index): Transfer => {
      const from = Math.floor(random() * ACCOUNTS);
      const to = (from + 1 + Math.floor(random() * (ACCOUNTS - 1))) % ACCOUNTS;
      return { from: `account-${from}`, to: `account-${to}`, amount: index + 1 };
    });
    const queue = [...orders];
    let requests = 0;
    let acknowledged = 0;
    const client = async (): Promise<void> => {
      for (let order = queue.shift(); order !== undefined; order = queue.shift()) {
        const attempts = await bank.transfer(order);
        requests += attempts;
        acknowledged++;
      }
    };
    const victims = bank.kill(kills, random, () => acknowledged / transfers);
    await Promise.all(Array.from({ length: clients }, client));
    return { kills: await victims, requests, acknowledged, ...(await bank.audit(orders)) };
  } finally {
    await bank.close();
  }
}

/** A ledger under `idempotent-api local --data`, started again whenever it dies. */
class Bank {
  static async open(stack: string): Promise<Bank> {
    const place = new Place();
    const assembly = path.join(place.root, 'cdk.out');
    const synthesized = spawnSync(process.execPath, ['--import', TSX, path.join(REPOSITORY, 'test/e2e/fixtures/ledger/app.ts')], {
      cwd: REPOSITORY,
      env: { ...process.env, CDK_OUTDIR: assembly, NODE_OPTIONS: '', TSX_TSCONFIG_PATH: path.join(REPOSITORY, 'examples/tsconfig.json') },
      encoding: 'utf8',
    });
    if (synthesized.status !== 0) throw new Error(synthesized.stderr);
    const bank = new Bank(place, assembly, stack, await freePort());
    await bank.#start();
    return bank;
  }

  #front: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #ready: ReadyEvent | undefined;
  #closing = false;

  private constructor(
    private readonly place: Place, private readonly assembly: string, private readonly stack: string, private readonly port: number,
  ) {}

  async deposit(): Promise<void> {
    await this.#withClient(async (client, table) => {
      for (let account = 0; account < ACCOUNTS; account++) {
        await client.send(new PutItemCommand({ TableName: table('Accounts'), Item: { id: { S: `account-${account}` }, balance: { N: String(INITIAL) } } }));
      }
    });
  }

  /** Asks until it is answered 201; how often that took. */
  async transfer(order: Transfer): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(`http://127.0.0.1:${this.port}/transfers`, { key: `transfer-${order.amount}`, body: order }).catch(() => undefined);
      if (answer?.status === 201) return attempt;
      if (answer !== undefined && answer.status < 500 && answer.status !== 409 && answer.status !== 429) {
        throw new Error(`transfer ${order.amount}: ${answer.status} ${answer.body}`);
      }
      await pause(100);
    }
  }

  /** One victim after the other, spread over the time that the transfers take. */
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

  async audit(orders: readonly Transfer[]): Promise<Pick<LedgerFindings, 'duplicated' | 'missing' | 'created' | 'misplaced'>> {
    return this.#withClient(async (client, table) => {
      const balances = await Promise.all(Array.from({ length: ACCOUNTS }, async (_, account) => {
        const { Item } = await client.send(new GetItemCommand({ TableName: table('Accounts'), Key: { id: { S: `account-${account}` } }, ConsistentRead: true }));
        return Number(Item!.balance!.N);
      }));
      const entries = await scan(client, table('Entries'));
      const times = new Map<number, number>();
      for (const { amount } of entries) times.set(Number(amount!.N), (times.get(Number(amount!.N)) ?? 0) + 1);
      const moved = (id: string, { from, to, amount }: Transfer) => (to === id ? amount : 0) - (from === id ? amount : 0);
      const expected = (id: string) => orders.reduce((sum, order) => sum + moved(id, order), INITIAL);
      return {
        duplicated: [...times.values()].filter((count) => count > 1).length,
        missing: orders.filter(({ amount }) => !times.has(amount)).length,
        created: balances.reduce((sum, balance) => sum + balance, 0) - ACCOUNTS * INITIAL,
        misplaced: balances.reduce((sum, balance, account) => sum + Math.abs(balance - expected(`account-${account}`)), 0),
      };
    });
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
      let stdout = '';
      let stderr = '';
      this.#front = front;
      this.#exited = new Promise((resolve) => front.once('close', () => resolve()));
      front.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
      const ready = new Promise<ReadyEvent>((resolve) => {
        front.stdout.on('data', (chunk: Buffer) => {
          if (this.#ready !== undefined && stdout === READY_SEEN) return;
          stdout += chunk.toString();
          const line = stdout.split('\n').slice(0, -1).find((each) => each.includes('"event":"ready"'));
          if (line === undefined) return;
          stdout = READY_SEEN;
          resolve(JSON.parse(line) as ReadyEvent);
        });
      });
      const started = await Promise.race([ready, this.#exited.then(() => undefined)]);
      if (started !== undefined) {
        this.#ready = started;
        return;
      }
      if (this.#closing || attempt === 20) throw new Error(`local did not start: ${stderr}\n${stdout}`);
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

  async #withClient<T>(use: (client: DynamoDBClient, table: (id: string) => string) => Promise<T>): Promise<T> {
    const { dynamodb, tables } = this.#ready!;
    const client = new DynamoDBClient({ endpoint: dynamodb!, region: 'us-east-1', credentials: CREDENTIALS });
    try {
      return await use(client, (id) => tables.find((table) => table.id === id)!.name);
    } finally {
      client.destroy();
    }
  }
}

const READY_SEEN = '…';

async function scan(client: DynamoDBClient, table: string): Promise<readonly Record<string, AttributeValue>[]> {
  const items: Record<string, AttributeValue>[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: from }));
    items.push(...Items);
    from = LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
