import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startChaos, type ChaosProxy, type Fate } from './support/chaos-proxy';
import { buildClient } from './support/client-bundle';
import { listen, startPayments, type PaymentsServer, type RunningServer } from './support/payments-server';
import { keyFrom } from '../../client';
import type * as Client from '../../client';
import { startBrowser, type Browser } from '../local/support/browser';

/** Loads the published module, as a page may. */
const PAGE = '<!doctype html><title>Shop</title><script type="module">import * as client from "/client.mjs"; globalThis.client = client;</script>';
declare const client: typeof Client;

const folder = mkdtempSync(join(tmpdir(), 'client-'));
const stops: (() => Promise<void>)[] = [];
let browser: Browser;
let page: Page;
let payments: PaymentsServer;
let chaos: ChaosProxy;
let site: RunningServer;

/** The first request of a key that names a fate meets it; preflights carry no key. */
const fateOf = (key: string, number: number): Fate => (number === 1 && key !== 'undefined' ? key.replace(/-\d+$/, '') as Fate : 'pass');

beforeAll(async () => {
  const bundle = readFileSync(await buildClient(folder, 'esm'));
  site = await listen(async ({ url }, response) => {
    const isBundle = url === '/client.mjs';
    response.writeHead(200, { 'content-type': isBundle ? 'text/javascript' : 'text/html' }).end(isBundle ? bundle : PAGE);
  });
  stops.push(site.stop);
  payments = await startPayments();
  stops.push(payments.stop);
  chaos = await startChaos(payments.url, fateOf);
  stops.push(chaos.stop);
  browser = await startBrowser();
  stops.push(browser.close);
  page = await browser.context.newPage();
  await page.goto(site.url);
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** One payment from the page, at the API of another origin. */
const pay = (key: string, body: object) => page.evaluate(async ({ api, name, text }) => {
  const attempts: { status?: number; error?: string; retried: boolean }[] = [];
  const send = client.idempotentFetch(undefined, {
    delayMs: 1,
    onAttempt: ({ response, error, retryInMs }) => void attempts.push({
      status: response?.status, error: (error as Error | undefined)?.name, retried: retryInMs !== undefined,
    }),
  });
  const headers = { 'Idempotency-Key': name, 'Content-Type': 'application/json' };
  const response = await send(`${api}/payments`, { method: 'POST', headers, body: text });
  const payment = await response.json() as unknown;
  return { attempts, replay: client.isReplay(response), key: client.keyOf(response), status: response.status, payment };
}, { api: chaos.url, name: key, text: JSON.stringify(body) });

test('a page loads the published module, pays once, and is told that it is no replay', async () => {
  const { replay, key, status, payment } = await pay('pass-1', { call: 'pass' });
  expect({ replay, key, status, payment }).toEqual({ replay: false, key: 'pass-1', status: 201, payment: { call: 'pass', effect: 1 } });
});

test.each<Fate>(['cut-answer', 'gateway-timeout'])('after the fate "%s", the retry is a replay of the first answer, across origins', async (fate) => {
  const { attempts, replay, status, payment } = await pay(`${fate}-1`, { call: fate });
  expect({ replay, status, payment }).toEqual({ replay: true, status: 201, payment: { call: fate, effect: payments.effects.indexOf(fate) + 1 } });
  expect(attempts[0]).toEqual({ status: undefined, error: 'TypeError', retried: true });
  expect(payments.effects.filter((call) => call === fate)).toHaveLength(1);
});

test('while the first request is being executed, the second waits for its answer', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => pay('pass-2', { call: 'twice', untilConflict: true })));
  expect(one!.payment).toEqual(other!.payment);
  expect([one!.replay, other!.replay].sort()).toEqual([false, true]);
  expect(payments.effects.filter((call) => call === 'twice')).toHaveLength(1);
  expect([...one!.attempts, ...other!.attempts].map(({ status }) => status)).toContain(409);
});

test('keys are made in the page: a UUID of version 7, and the same of the same parts as in Node', async () => {
  const made = await page.evaluate(async (api) => {
    const response = await client.idempotentFetch()(`${api}/payments`, { method: 'POST', body: '{"call":"made"}' });
    return { uuid: client.keyOf(response), from: await client.keyFrom(['order', 7, 'Grüße']) };
  }, payments.url);
  expect(made.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(made.from).toBe(await keyFrom(['order', 7, 'Grüße']));
});

test('the browser\'s own fetch may be handed over as it is', async () => {
  const status = await page.evaluate(async (api) =>
    (await client.idempotentFetch(fetch)(`${api}/payments`, { method: 'POST', body: '{"call":"own"}' })).status, payments.url);
  expect(status).toBe(201);
});
