import path from 'node:path';
import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { send } from './support/http';
import { KillingWire, type Point } from './support/killing-wire';
import { LocalRun } from './support/local-run';
import { REPOSITORY, eventually } from './support/place';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

jest.setTimeout(120_000);

const INITIAL = 1_000;

let dynamoDb: TestDynamoDb;
let wire: KillingWire;
let local: LocalRun;

beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  wire = await KillingWire.to(dynamoDb.endpoint);
  const environment = { TSX_TSCONFIG_PATH: path.join(REPOSITORY, 'examples/tsconfig.json') };
  local = await LocalRun.startApp('test/e2e/fixtures/ledger/app.ts', environment, ['--dynamodb-endpoint', wire.endpoint]);
});
afterAll(async () => {
  await local?.stop();
  await wire?.stop();
  await dynamoDb?.stop();
});

type Ledger = 'Committed' | 'Completed';

/** One transfer of a ledger between accounts of its own, whose sandbox is killed at a point; then retries until it is acknowledged. */
async function transferred(ledger: Ledger, name: string, point: Point) {
  const { apis, tables } = await local.ready();
  const { url } = apis.find(({ stack }) => stack === ledger)!;
  const table = (id: string) => tables.find(({ name: tableName }) => tableName.startsWith(`${ledger}-${id}`))!.name;
  const [from, to] = [`${name}, from`, `${name}, to`];
  for (const id of [from, to]) {
    await dynamoDb.client.send(new PutItemCommand({ TableName: table('Accounts'), Item: { id: { S: id }, balance: { N: String(INITIAL) } } }));
  }

  wire.arm(point, () => {
    for (const { pid, command } of local.processes()) if (/^\S+node .*lambda-runtime/.test(command)) process.kill(pid, 'SIGKILL');
  });
  const answer = await eventually(async () => {
    const attempt = await send(`${url}/transfers`, { key: `key of ${name}`.replace(/\W/g, '-'), body: { from, to, amount: 7 } });
    return attempt.status === 409 || attempt.status >= 500 ? undefined : attempt;
  }, 100);

  const late = point.when === 'late' ? await wire.deliver() : undefined;
  const balance = async (id: string) =>
    Number((await dynamoDb.client.send(new GetItemCommand({ TableName: table('Accounts'), Key: { id: { S: id } }, ConsistentRead: true }))).Item!.balance!.N);
  const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: table('Entries'), ConsistentRead: true }));
  return {
    struck: !wire.armed,
    status: answer.status,
    late,
    balances: [await balance(from), await balance(to)],
    entries: Items.filter((entry) => entry.from!.S === from).length,
  };
}

const ONCE = { struck: true, status: 201, balances: [INITIAL - 7, INITIAL + 7], entries: 1 };

test.each<[string, Point]>([
  ['before its claim arrives', { operation: 'UpdateItem', when: 'before' }],
  ['when its claim has been carried out, and nobody heard of it', { operation: 'UpdateItem', when: 'untold' }],
  ['when it hears that the operation is its own', { operation: 'UpdateItem', when: 'told' }],
  ['before its transaction arrives', { operation: 'TransactWriteItems', when: 'before' }],
  ['when its transaction has been carried out, and nobody heard of it', { operation: 'TransactWriteItems', when: 'untold' }],
  ['when it hears that the transaction has been carried out', { operation: 'TransactWriteItems', when: 'told' }],
])('F200: the sandbox is killed %s: the transfer happens exactly once', async (name, point) => {
  expect(await transferred('Committed', name, point)).toMatchObject(ONCE);
});

test('F200: a transaction that arrives after its sandbox is dead and another one has moved the money is refused, by the token', async () => {
  const found = await transferred('Committed', 'late', { operation: 'TransactWriteItems', when: 'late' });
  expect(found).toMatchObject({ ...ONCE, late: { status: 400, body: expect.stringContaining('TransactionCanceledException') } });
});

test('F4: without commit the same kill between the effects and the record moves the money twice', async () => {
  const found = await transferred('Completed', 'not committed', { operation: 'TransactWriteItems', when: 'untold' });
  expect(found).toMatchObject({ struck: true, status: 201, balances: [INITIAL - 14, INITIAL + 14], entries: 2 });
});
