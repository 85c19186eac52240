import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient, ScanCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Locator, Page } from 'playwright-core';
import { startBrowser, type Browser } from './support/browser';
import { appCommand, REPOSITORY, UserFolder, type Cli } from './support/cli';
import { OUTCOME_NAMES } from '../../local/outcome';
import type { Detail, Snapshot } from '../../local/window/window';

jest.setTimeout(120_000);

const IMAGES = path.join(REPOSITORY, 'docs/images');

const user = new UserFolder();
let cli: Cli;
let browser: Browser;
let page: Page;
let payments: string;
let orders: string;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  cli = user.start('local', '--port', '0', '--json', '--app', appCommand('idempotent-app.ts'));
  [payments, orders] = (await cli.ready()).apis.map(({ url }) => url) as [string, string];
  page = await browser.context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${payments}/__idempotency`);
  await page.locator('#state[data-state=live]').waitFor();
  await makeOneOfEach();
  await makeWhatTheTableAloneCan();
});

afterAll(async () => {
  await cli?.stop();
  await browser?.close();
  user.remove();
});

async function post(to: string, key: string | undefined, body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch((to === '/orders' ? orders : payments) + to, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

/** As a client does: a table that a busy machine let wait is asked again. */
async function served(...request: Parameters<typeof post>): Promise<number> {
  for (;;) {
    const status = await post(...request);
    if (status !== 503) return status;
  }
}

/** Requests of every outcome that a sound application can have, beside one on a sound table. */
async function makeOneOfEach(): Promise<void> {
  await served('/briefly', 'voucher-7', { amount: 5 });
  await served('/payments', 'order-1044', { how: 'exit', amount: 120 });
  await served('/payments', undefined, { amount: 1 });
  await served('/payments', 'order, 1', { amount: 1 });
  await served('/orders', 'basket-31', { amount: 3 });
  await served('/orders', 'basket-31', { amount: 3 });
  const until = path.join(user.root, 'order-1043');
  const running = served('/transfers', 'order-1043', { until, amount: 80 });
  await row('order-1043', 'running').waitFor();
  expect(await served('/transfers', 'order-1043', { until, amount: 80 })).toBe(409);
  writeFileSync(until, '');
  await running;
  await served('/transfers', 'order-1043', { until, amount: 90 });
  while (await served('/payments', 'order-1044', { how: 'exit', amount: 120 }, { 'x-well': 'yes' }) === 409) await new Promise((resolve) => setTimeout(resolve, 300));
  await served('/payments', 'order-1044', { how: 'exit', amount: 120 });
}

/** What another host would do that was thought to have taken over, and what a newer version writes. */
async function makeWhatTheTableAloneCan(): Promise<void> {
  const { dynamodb, tables } = await cli.ready();
  const TableName = tables.find(({ id }) => id === 'Payments/Table')!.name;
  const client = new DynamoDBClient({ endpoint: dynamodb!, region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  const inProgress = async () => {
    const { Items = [] } = await client.send(
      new ScanCommand({ TableName, ConsistentRead: true, FilterExpression: 'st = :P', ExpressionAttributeValues: { ':P': { S: 'P' } } }),
    );
    return Items[0]?.id;
  };
  const giveToAnother = (id: AttributeValue) =>
    client.send(new UpdateItemCommand({
      TableName,
      Key: { id },
      UpdateExpression: 'SET tok = :other, gen = gen + :one',
      ConditionExpression: 'st = :P',
      ExpressionAttributeValues: { ':other': { S: 'of another host' }, ':one': { N: '1' }, ':P': { S: 'P' } },
    }));

  const until = path.join(user.root, 'order-1045');
  const superseded = served('/transfers', 'order-1045', { until, amount: 60 });
  let id: AttributeValue | undefined;
  while (id === undefined) id = await inProgress();
  await giveToAnother(id);
  writeFileSync(until, '');
  expect(await superseded).toBe(409);

  await served('/payments', 'order-1046', { amount: 40 });
  await row('order-1046', 'executed').waitFor();
  const { requests } = (await (await fetch(`${payments}/__idempotency/data`)).json()) as Snapshot;
  const Key = { id: { S: requests.find(({ key }) => key === 'order-1046')!.id! } };
  await client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': { N: '99' } } }));
  expect(await post('/payments', 'order-1046', { amount: 40 })).toBe(503);
  client.destroy();
}

const row = (key: string, outcome: string): Locator => page.locator(`#rows tr[data-outcome=${outcome}]`, { hasText: key }).first();
const choose = async (key: string, outcome: string) => {
  await row(key, outcome).click();
  await page.locator('#title', { hasText: key }).waitFor();
};
const event = (kind: string, name: string): Locator => page.locator(`#timeline li[data-kind=${kind}]`, { hasText: name });
const focused = () => page.evaluate('document.activeElement.id') as Promise<string>;

test('every outcome is in the list, and counted', async () => {
  for (const [key, outcome] of [
    ['voucher-7', 'executed'], ['order-1044', 'replayed'], ['order-1043', 'conflict'], ['order-1043', 'mismatch'],
    ['order, 1', 'rejected'], ['none', 'passed'], ['order-1044', 'takeover'], ['order-1045', 'superseded'], ['order-1046', 'store_error'],
  ]) await row(key!, outcome!).waitFor();
  for (const outcome of OUTCOME_NAMES) {
    const count = await page.locator(`#filters [data-outcome=${outcome}] b`).innerText();
    expect(Number(count)).toBe(await page.locator(`#rows tr[data-outcome=${outcome}]`).count());
  }
});

test('the timeline of a key that was lost, taken over and replayed, and the response on record', async () => {
  await choose('order-1044', 'replayed');
  await event('expires', 'expires').waitFor();
  expect(await page.locator('#timeline li').evaluateAll((items) => items.map((item) => item.getAttribute('data-kind')))).toEqual(
    expect.arrayContaining(['claimed', 'lost', 'takeover', 'completed', 'replayed', 'expires']));
  await event('lost', 'The function crashed and recorded nothing').waitFor();
  await event('takeover', 'attempt 2').waitFor();
  expect(await page.locator('#body').innerText()).toMatch(/^\{\n {2}"paid": 120,\n {2}"run": "[\d.-]+"\n\}$/);
  expect(await page.locator('#content').innerText()).toContain('completed, attempt 2');
});

test('a key that expires is seen to expire', async () => {
  await choose('voucher-7', 'executed');
  await event('expires', 'expired').waitFor();
});

test('the keyboard is enough: arrows choose, Enter reads, Escape goes back, / searches', async () => {
  await page.locator('h1').click();
  await page.keyboard.press('/');
  expect(await focused()).toBe('search');
  await page.keyboard.type('order-1043');
  const numbers = () => page.locator('#rows tr:visible').evaluateAll((items) => items.map(({ id }) => id));
  const [latest, before] = await numbers();
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe(latest);
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe(before);
  expect(await page.locator(`#${before}`).getAttribute('aria-selected')).toBe('true');
  expect(await page.locator(`#${before}`).evaluate((element) => element.matches(':focus-visible'))).toBe(true);
  await page.keyboard.press('Enter');
  expect(await focused()).toBe('title');
  await page.keyboard.press('Escape');
  expect(await focused()).toBe(before);
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  expect((await numbers()).length).toBeGreaterThan(9);
  await page.keyboard.press('End');
  expect(await focused()).toBe('request-1');
});

test('a filter shows one outcome, and news is told to who cannot see it', async () => {
  const button = page.locator('#filters [data-outcome=takeover]');
  await button.click();
  expect(await button.getAttribute('aria-pressed')).toBe('true');
  expect(await page.locator('#rows tr:visible').count()).toBe(1);
  await button.click();
  await page.locator('#news', { hasText: /POST \/payments \d+ \w+/ }).waitFor({ state: 'attached' });
  expect(await page.locator('#news').getAttribute('aria-live')).toBe('polite');
});

test('another API’s port shows the same requests, none of which are the window’s own', async () => {
  const { apis } = await cli.ready();
  const [one, other] = await Promise.all(apis.slice(0, 2).map(async ({ url }) => (await (await fetch(`${url}/__idempotency/data`)).json()) as Snapshot));
  expect(other).toEqual(one);
  expect(one!.requests.filter((request) => request.path.startsWith('/__') || request.path.includes('favicon'))).toEqual([]);
  expect(cli.events.filter((each) => each.event === 'request' && each.path.startsWith('/__'))).toEqual([]);
});

test('the data of one record: what the table holds', async () => {
  const { requests } = (await (await fetch(`${payments}/__idempotency/data`)).json()) as Snapshot;
  const { id } = requests.find(({ outcome }) => outcome === 'takeover')!;
  const detail = (await (await fetch(`${payments}/__idempotency/data?id=${id}`)).json()) as Detail;
  expect(detail).toMatchObject({
    id,
    problem: null,
    stored: {
      table: 'Payments/Table',
      status: 'C',
      attempt: 2,
      leaseEnd: null,
      response: { status: 201, headers: [['content-type', 'application/json']], body: { kind: 'text', truncated: false } },
    },
  });
});

test('pictures, light and dark; UPDATE_SCREENSHOTS=1 puts them into the documentation', async () => {
  await page.setViewportSize({ width: 1360, height: 1040 });
  await choose('order-1044', 'replayed');
  await page.locator('#body').waitFor();
  await page.mouse.move(0, 0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const file = path.join(user.root, `window-${colorScheme}.png`);
    const picture = await page.screenshot({ path: file, animations: 'disabled' });
    expect(picture.length).toBeGreaterThan(20_000);
    if (process.env.UPDATE_SCREENSHOTS === '1') {
      mkdirSync(IMAGES, { recursive: true });
      copyFileSync(file, path.join(IMAGES, path.basename(file)));
    }
  }
});

test('what comes from a client is text', async () => {
  await post('/payments', '<img/src=x/onerror=alert(1)>', { amount: '<b>1</b>' });
  await choose('<img/src=x/onerror=alert(1)>', 'executed');
  expect(await page.locator('#body').innerText()).toContain('"<b>1</b>"');
  expect(await page.locator('#content b, img').count()).toBe(0);
});

test('the page has nothing to complain of, and says when the runner is gone', async () => {
  expect(complaints).toEqual([]);
  expect(await cli.stop()).toEqual({ code: 0, signal: null });
  await page.locator('#state[data-state=lost]').waitFor();
});
