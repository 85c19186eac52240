import { GetItemCommand, PutItemCommand, ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { send } from './http';
import { KillableLocal, pause, type Victim } from './killable-local';

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

const ACCOUNTS = 8;
const INITIAL = 1_000_000_000;

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
  const local = await KillableLocal.open('ledger', stack);
  const bank = new Bank(local);
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
    const victims = local.kill(kills, random, () => acknowledged / transfers);
    await Promise.all(Array.from({ length: clients }, client));
    return { kills: await victims, requests, acknowledged, ...(await bank.audit(orders)) };
  } finally {
    await local.close();
  }
}

/** A ledger that clients transfer in. */
class Bank {
  constructor(private readonly local: KillableLocal) {}

  async deposit(): Promise<void> {
    await this.local.withClient(async (client, table) => {
      for (let account = 0; account < ACCOUNTS; account++) {
        await client.send(new PutItemCommand({ TableName: table('Accounts'), Item: { id: { S: `account-${account}` }, balance: { N: String(INITIAL) } } }));
      }
    });
  }

  /** Asks until it is answered 201; how often that took. */
  async transfer(order: Transfer): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const answer = await send(`${this.local.url}/transfers`, { key: `transfer-${order.amount}`, body: order }).catch(() => undefined);
      if (answer?.status === 201) return attempt;
      if (answer !== undefined && answer.status < 500 && answer.status !== 409 && answer.status !== 429) {
        throw new Error(`transfer ${order.amount}: ${answer.status} ${answer.body}`);
      }
      await pause(100);
    }
  }

  async audit(orders: readonly Transfer[]): Promise<Pick<LedgerFindings, 'duplicated' | 'missing' | 'created' | 'misplaced'>> {
    return this.local.withClient(async (client, table) => {
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
}

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
