import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { appCommand, UserFolder, type Cli } from './support/cli';

jest.setTimeout(120_000);

const user = new UserFolder();
let cli: Cli;
let payments: string;
let orders: string;

const starting = (...argv: string[]) => user.start('local', '--port', '0', '--json', ...argv);

beforeAll(async () => {
  cli = starting('--app', appCommand('idempotent-app.ts'));
  const { apis } = await cli.ready();
  payments = apis.find(({ id }) => id === 'Payments')!.url;
  orders = apis.find(({ id }) => id === 'Orders')!.url;
});

afterAll(async () => {
  await cli.stop();
  user.remove();
});

let keys = 0;
const newKey = () => `key-${(keys += 1)}`;

async function post(url: string, key: string | undefined, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, isReplay: response.headers.get('x-idempotent-replay') === 'true', text: await response.text() };
}

/** The `request` events from here on, in order. */
function outcomes() {
  const requests = () => cli.events.filter((event) => event.event === 'request');
  const seen = requests().length;
  return (count: number) => cli.until(() => {
    const told = requests().slice(seen);
    return told.length >= count ? told.map(({ outcome, id }) => ({ outcome, id })) : undefined;
  });
}

const ID = expect.stringMatching(/^[\w-]{20,}$/);

test('each API and its own table are ready under the ids of their constructs', async () => {
  const { apis, tables } = await cli.ready();
  expect(apis.map(({ id, kind }) => [id, kind])).toEqual([['Payments', 'http'], ['Orders', 'rest'], ['Reports', 'http']]);
  expect(tables.map(({ id }) => id)).toEqual(['Payments/Table', 'Orders/Table', 'Reports/Table']);
});

test('executed, replayed, mismatch: one record, and each request tells its outcome', async () => {
  const told = outcomes();
  const key = newKey();
  const first = await post(`${payments}/payments`, key, { amount: 1 });
  const again = await post(`${payments}/payments`, key, { amount: 1 });
  const other = await post(`${payments}/payments`, key, { amount: 2 });
  expect([first.status, again.status, other.status]).toEqual([201, 201, 422]);
  expect([again.text, again.isReplay, first.isReplay]).toEqual([first.text, true, false]);
  const [executed, replayed, mismatch] = await told(3);
  expect([executed, replayed, mismatch]).toEqual([{ outcome: 'executed', id: ID }, { outcome: 'replayed', id: executed!.id }, { outcome: 'mismatch', id: executed!.id }]);
});

test('conflict while the first runs', async () => {
  const told = outcomes();
  const key = newKey();
  const runs = () => cli.events.filter((event) => event.event === 'log' && event.line.includes('handler runs')).length;
  const before = runs();
  const until = path.join(user.root, key);
  const first = post(`${payments}/transfers`, key, { until });
  await cli.until(() => (runs() > before ? true : undefined));
  const second = await post(`${payments}/transfers`, key, { until });
  writeFileSync(until, '');
  expect([second.status, JSON.parse(second.text)]).toEqual([409, {
    code: 'IDEMPOTENCY_CONFLICT', message: 'A request with this idempotency key is already being processed', status: 409,
  }]);
  expect((await first).status).toBe(201);
  // Of two sandboxes: a line waits for what its sandbox has written, and the other need not.
  expect((await told(2)).map(({ outcome }) => outcome).sort()).toEqual(['conflict', 'executed']);
});

test('passed without a key, rejected with a bad one', async () => {
  const told = outcomes();
  expect((await post(`${payments}/payments`, undefined, {})).status).toBe(201);
  expect((await post(`${payments}/payments`, 'a,b', {})).status).toBe(400);
  expect(await told(2)).toEqual([{ outcome: 'passed', id: null }, { outcome: 'rejected', id: null }]);
});

test.each(['exit', 'hang'])('F3: a function that dies (%s) recorded nothing: 500, then 409, then a takeover', async (how) => {
  // Two sandboxes, so that the retry need not wait for a start while the lease runs.
  const warm = outcomes();
  await Promise.all([1, 2].map(() => post(`${payments}/payments`, newKey(), { how: 'slow' })));
  await warm(2);
  const told = outcomes();
  const key = newKey();
  expect((await post(`${payments}/payments`, key, { how })).status).toBe(500);
  let answer = await post(`${payments}/payments`, key, { how }, { 'x-well': 'yes' });
  if (how === 'exit') expect(answer.status).toBe(409);
  let requests = 2;
  while (answer.status === 409) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await post(`${payments}/payments`, key, { how }, { 'x-well': 'yes' });
    requests += 1;
  }
  expect(answer).toMatchObject({ status: 201, isReplay: false });
  const all = (await told(requests)).map(({ outcome }) => outcome);
  expect([all.at(0), all.at(-1)]).toEqual(['executed', 'takeover']);
});

test('F20: what the gateway gave up on is a 409 while it runs, and then the replay', async () => {
  const told = outcomes();
  const key = newKey();
  const first = await post(`${payments}/impatient`, key, { how: 'slow' });
  expect([first.status, first.text]).toEqual([503, '{"message":"Service Unavailable"}']);
  let answer = await post(`${payments}/impatient`, key, { how: 'slow' });
  let requests = 2;
  while (answer.status === 409 || answer.status === 503) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await post(`${payments}/impatient`, key, { how: 'slow' });
    requests += 1;
  }
  expect(answer).toMatchObject({ status: 201, isReplay: true });
  expect((await told(requests)).at(-1)!.outcome).toBe('replayed');
});

test('one key of two tenants is two operations', async () => {
  const told = outcomes();
  const bearer = (account: string) => ({ authorization: `Bearer e30.${Buffer.from(JSON.stringify({ account_id: account })).toString('base64url')}.c2ln` });
  const key = newKey();
  const acme = await post(`${payments}/tenants`, key, {}, bearer('acme'));
  const other = await post(`${payments}/tenants`, key, {}, bearer('other'));
  expect([acme.status, other.status, other.isReplay]).toEqual([201, 201, false]);
  expect(other.text).not.toBe(acme.text);
  expect(await post(`${payments}/tenants`, key, {}, bearer('acme'))).toEqual({ ...acme, isReplay: true });
  const [one, two, again] = await told(3);
  expect([two!.id === one!.id, again!.id === one!.id]).toEqual([false, true]);
});

test('a REST API: executed and replayed, at the root and under its stage', async () => {
  const told = outcomes();
  const key = newKey();
  const first = await post(`${orders}/orders`, key, {});
  expect(first).toMatchObject({ status: 201, isReplay: false });
  expect(await post(`${orders}/prod/orders`, key, {})).toEqual({ ...first, isReplay: true });
  expect((await told(2)).map(({ outcome }) => outcome)).toEqual(['executed', 'replayed']);
});

test('a REST API: a required key that is missing is refused by the gateway, without a function', async () => {
  const told = outcomes();
  const answer = await post(`${orders}/orders`, undefined, {});
  expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { code: 'IDEMPOTENCY_KEY_MISSING', message: expect.any(String), status: 400 }]);
  expect(await told(1)).toEqual([{ outcome: 'rejected', id: null }]);
});

test('F35: a response over the item limit goes through the overflow bucket, under a key that a secret made', async () => {
  const reports = (await cli.ready()).apis.find(({ id }) => id === 'Reports')!.url;
  const key = newKey();
  const first = await post(`${reports}/reports`, key, { how: 'large' });
  expect([first.status, first.isReplay, first.text.length > 600_000]).toEqual([200, false, true]);
  const again = await post(`${reports}/reports`, key, { how: 'large' });
  expect([again.status, again.isReplay, again.text === first.text]).toEqual([200, true, true]);
});

test('nothing of the constructs is skipped', () => {
  expect(cli.stderr).not.toContain('skipped');
});

test('with --data a record outlives SIGKILL, one in the overflow bucket too', async () => {
  const assembly = ['--assembly', 'cdk.out', '--data', 'records'];
  const first = starting(...assembly);
  const before = (await first.ready()).apis.map(({ url }) => url);
  const paid = await post(`${before[0]}/payments`, 'kept', { amount: 5 });
  const report = await post(`${before[2]}/reports`, 'kept', { how: 'large' });
  first.signal('SIGKILL');
  await first.exited;
  const second = starting(...assembly);
  const after = (await second.ready()).apis.map(({ url }) => url);
  const again = await post(`${after[0]}/payments`, 'kept', { amount: 5 });
  const reportAgain = await post(`${after[2]}/reports`, 'kept', { how: 'large' });
  await second.stop();
  expect(paid.status).toBe(201);
  expect(again).toEqual({ ...paid, isReplay: true });
  expect(report.status).toBe(200);
  expect([reportAgain.isReplay, reportAgain.text === report.text]).toEqual([true, true]);
});
