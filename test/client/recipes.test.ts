import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import ts from 'typescript';
import { startChaos, type ChaosProxy } from './support/chaos-proxy';
import { buildClient } from './support/client-bundle';
import { startPayments, type PaymentsServer } from './support/payments-server';
import { idempotentFetch } from '../../client';
import { blocksOf } from '../../scripts/docs/blocks';

const PAGE = join(__dirname, '..', '..', 'docs', 'client.md');

// What docs/client.md says of other libraries, against the real server, behind a connection that is cut in its first answer.

let payments: PaymentsServer;
let chaos: ChaosProxy;

beforeEach(async () => {
  payments = await startPayments();
  chaos = await startChaos(payments.url, (_, number) => (number === 1 ? 'cut-answer' : 'pass'));
});
afterEach(async () => {
  await chaos.stop();
  await payments.stop();
});

test('axios: through its fetch adapter, a POST is retried with one key, and the answer says that it is a replay', async () => {
  const api = axios.create({ adapter: 'fetch', env: { fetch: idempotentFetch() } });
  const { status, data, headers } = await api.post(`${chaos.url}/payments`, { call: 'axios' });
  expect({ status, data, replay: headers['x-idempotent-replay'] }).toEqual({ status: 201, data: { call: 'axios', effect: 1 }, replay: 'true' });
  expect(payments.effects).toEqual(['axios']);
});

test('ky: with its fetch replaced and its own retries off, a POST is retried with one key', async () => {
  // ky is an ES module: it runs in a process of its own.
  const folder = mkdtempSync(join(__dirname, '..', '..', 'node_modules', '.cache', 'client-'));
  try {
    const program = join(folder, 'ky.mjs');
    writeFileSync(program, `
      import ky from 'ky';
      import { idempotentFetch, isReplay } from '${await buildClient(folder, 'esm')}';
      const api = ky.create({ fetch: idempotentFetch(), retry: 0, timeout: false });
      const response = await api.post('${chaos.url}/payments', { json: { call: 'ky' } });
      console.log(JSON.stringify({ status: response.status, data: await response.json(), replay: isReplay(response) }));
    `);
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    expect(JSON.parse(stdout)).toEqual({ status: 201, data: { call: 'ky', effect: 1 }, replay: true });
    expect(payments.effects).toEqual(['ky']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the retry helper of the page: one payment, and the recorded answer', async () => {
  const { text } = blocksOf(PAGE, readFileSync(PAGE, 'utf8')).find((block) => block.text.includes('makeIdempotentRequest'))!;
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const exported: { makeIdempotentRequest?: (url: string, data: unknown) => Promise<unknown> } = {};
  new Function('exports', outputText)(exported);
  const log = jest.spyOn(console, 'log').mockImplementation();
  try {
    expect(await exported.makeIdempotentRequest!(`${chaos.url}/payments`, { call: 'helper' })).toEqual({ call: 'helper', effect: 1 });
    expect(log.mock.calls).toEqual([['Request was replayed']]);
  } finally {
    log.mockRestore();
  }
  expect(payments.effects).toEqual(['helper']);
});
