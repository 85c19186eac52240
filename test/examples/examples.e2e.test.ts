import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { send } from '../e2e/support/http';
import { LocalRun } from '../e2e/support/local-run';
import { REPOSITORY } from '../e2e/support/place';
import { CREDENTIALS } from '../support/dynamodb';

jest.setTimeout(30_000);

const TSCONFIG = path.join(REPOSITORY, 'examples/tsconfig.json');

let run: LocalRun;
beforeAll(async () => {
  run = await LocalRun.startApp('examples/app.ts', { TSX_TSCONFIG_PATH: TSCONFIG });
}, 180_000);
afterAll(() => run?.stop());

const post = async (api: string, route: string, key: string | undefined, body: unknown, headers: Record<string, string> = {}) =>
  send(`${await run.url(api)}${route}`, { key, body, headers });

/** A bearer token whose signature the local runner does not look at. */
const token = (claims: object): string => `Bearer ${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.x`;

const script = (file: string, ...argv: readonly string[]): string => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', path.join(REPOSITORY, 'examples', file), ...argv], {
    cwd: REPOSITORY, env: { ...process.env, TSX_TSCONFIG_PATH: TSCONFIG, NODE_OPTIONS: '' }, encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => !line.startsWith('{')).join('\n');
};

describe('payments', () => {
  const PAYMENT = { amount: 99.99, currency: 'USD', customerId: 'cust-123' };
  const pay = (key: string | undefined, payment: object = PAYMENT) => post('PaymentsApi', '/api/v1/payments', key, payment);

  test('a retry is answered from the record, a new key is a new payment', async () => {
    const first = await pay('customer-123-payment-456');
    const retry = await pay('customer-123-payment-456');
    const other = await pay('customer-123-payment-789', { ...PAYMENT, amount: 49.99 });
    expect(first).toMatchObject({ status: 201, replayed: false });
    expect(retry).toMatchObject({ status: 201, replayed: true, body: first.body });
    expect(other).toMatchObject({ status: 201, replayed: false });
    expect(other.body).not.toBe(first.body);
    expect(run.logs('Pay').filter((line) => line.includes('charged 99.99 USD'))).toHaveLength(1);
  });

  test('of two at the same moment one is executed, and the other is told to come again', async () => {
    const twice = (key: string) => Promise.all([pay(key, { ...PAYMENT, amount: 7 }), pay(key, { ...PAYMENT, amount: 7 })]);
    let conflict;
    // A second instance may be so slow to start that the first one has answered: then with another key.
    for (let number = 1; conflict === undefined; number++) {
      const pair = await twice(`customer-456-payment-${number}`);
      expect(pair.filter(({ status, replayed }) => status === 201 && !replayed)).toHaveLength(1);
      conflict = pair.find(({ status }) => status === 409);
    }
    expect(JSON.parse(conflict.body)).toEqual({
      code: 'IDEMPOTENCY_CONFLICT', message: 'A request with this idempotency key is already being processed', status: 409,
    });
  });

  test('a declined card stays declined: errors are kept as well', async () => {
    const declined = await pay('declined', { ...PAYMENT, amount: 20_000 });
    expect(declined).toMatchObject({ status: 402, replayed: false });
    expect(await pay('declined', { ...PAYMENT, amount: 20_000 })).toMatchObject({ status: 402, replayed: true, body: declined.body });
  });

  test('reading, and a route that opted out, know no key', async () => {
    const url = await run.url('PaymentsApi');
    for (const route of ['/api/v1/payments', '/health']) {
      for (let time = 0; time < 2; time++) expect(await send(`${url}${route}`, { method: 'GET', key: 'read' })).toMatchObject({ status: 200, replayed: false });
    }
  });
});

test('payment intents: another body under the key is refused, and duplicates are logged', async () => {
  const create = (amount: number) => post('IntentsApi', '/v1/payment_intents', 'unique-request-123', { amount, currency: 'USD' });
  const first = await create(1000);
  expect(first).toMatchObject({ status: 200, replayed: false });
  expect(await create(1000)).toMatchObject({ status: 200, replayed: true, body: first.body });
  expect(await create(2000)).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  expect(JSON.parse((await create(2000)).body)).toMatchObject({ message: 'Idempotency key already used for different request' });
  await run.until(() => (run.logs('CreateIntent').some((line) => /duplicate of \S+: replay, first seen 20/.test(line)) ? true : undefined));
});

test('orders: created once, and a request without a key is refused', async () => {
  const order = { items: ['A', 'B'] };
  const first = await post('OrdersApi', '/api/orders', 'checkout-session-789-submit', order);
  expect(JSON.parse(first.body)).toMatchObject({ status: 'created' });
  expect(await post('OrdersApi', '/api/orders', 'checkout-session-789-submit', order)).toMatchObject({ status: 201, replayed: true, body: first.body });
  expect(await post('OrdersApi', '/api/orders', undefined, order)).toMatchObject({ status: 400, code: 'IDEMPOTENCY_KEY_MISSING' });
});

test('tenants: one key, two accounts, two resources', async () => {
  const create = (account: string | undefined) =>
    post('ResourcesApi', '/api/resources', 'create-123', {}, { authorization: token({ iss: 'https://issuer.example', aud: 'resources', sub: 'me', account_id: account }) });
  const [a, b] = [await create('A'), await create('B')];
  expect([a, b].map(({ body }) => (JSON.parse(body) as { account: string }).account)).toEqual(['A', 'B']);
  expect(await create('A')).toMatchObject({ replayed: true, body: a.body });
  expect(await create('B')).toMatchObject({ replayed: true, body: b.body });
  expect(await create(undefined)).toMatchObject({ status: 403, code: 'IDEMPOTENCY_TENANT_MISSING' });
});

test('F71: duplicates: each is logged, by the id of its key', async () => {
  const key = randomUUID();
  await post('WatchedApi', '/payments', key, { amount: 1 });
  await post('WatchedApi', '/payments', key, { amount: 1 });
  const line = await run.until(() => run.logs('PayWatched').find((each) => each.includes('Duplicate request detected')));
  expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({ outcome: 'replay', statusCode: 201, id: expect.stringMatching(/^[\w-]{43}$/) });
  expect(run.logs('PayWatched').join('\n')).not.toContain(key);
});

test('F200: ledger: a transfer moves money once, and one that the balance does not cover moves none', async () => {
  const { dynamodb, tables } = await run.ready();
  const client = new DynamoDBClient({ endpoint: dynamodb!, region: 'us-east-1', credentials: CREDENTIALS });
  const table = (id: string) => tables.find((each) => each.id === id)!.name;
  const balance = async (id: string) => (await client.send(new GetItemCommand({ TableName: table('Accounts'), Key: { id: { S: id } } }))).Item?.balance?.N;
  await client.send(new PutItemCommand({ TableName: table('Accounts'), Item: { id: { S: 'alice' }, balance: { N: '100' } } }));
  const transfer = (key: string, amount: number) => post('LedgerApi', '/transfers', key, { from: 'alice', to: 'bob', amount });

  const first = await transfer('transfer-1', 70);
  expect(first).toMatchObject({ status: 201, replayed: false });
  expect(await transfer('transfer-1', 70)).toMatchObject({ status: 201, replayed: true, body: first.body });
  expect(await transfer('transfer-2', 70)).toMatchObject({ status: 402, replayed: false, code: 'BALANCE_TOO_LOW' });
  expect(await transfer('transfer-2', 70)).toMatchObject({ status: 402, replayed: true });
  expect([await balance('alice'), await balance('bob')]).toEqual(['30', '70']);
  client.destroy();
});

test('products: what a middleware of the application added is replayed with the rest', async () => {
  const create = () => post('ProductsApi', '/products', 'new-product-1', { name: 'Monitor', price: 199 });
  const [first, retry] = [await create(), await create()];
  expect(first).toMatchObject({ status: 201, replayed: false });
  expect(retry).toMatchObject({ status: 201, replayed: true, body: first.body });
  expect(retry.headers['x-response-time']).toBe(first.headers['x-response-time']);
  const url = await run.url('ProductsApi');
  expect(JSON.parse((await send(`${url}/products/2`, { method: 'GET' })).body)).toMatchObject({ name: 'Mouse' });
  expect(await send(`${url}/products/9`, { method: 'GET' })).toMatchObject({ status: 404 });
});

test('basic setup: the handler runs once', () => {
  expect(script('basic-setup/main.ts')).toBe([
    'charging 100 USD',
    'first: 201 {"id":"payment-1","amount":100,"currency":"USD"}',
    'retry: 201 {"id":"payment-1","amount":100,"currency":"USD"} (replayed)',
    '',
  ].join('\n'));
});

test('client: the second call of an operation gets the first one\'s answer', async () => {
  const [first, second] = script('client/main.ts', `${await run.url('PaymentsApi')}/api/v1/payments`).split('\n').filter((line) => !line.startsWith('attempt'));
  expect(first).toMatch(/^executed: \{"transactionId"/);
  expect(second).toBe(first!.replace('executed', 'replayed'));
});

test('each folder is in the table of examples/README.md', () => {
  const folders = readdirSync(path.join(REPOSITORY, 'examples'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const text = readFileSync(path.join(REPOSITORY, 'examples/README.md'), 'utf8');
  expect(folders.filter((name) => !text.includes(`](${name}/`))).toEqual([]);
});
