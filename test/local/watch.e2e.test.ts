import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { appCommand, UserFolder, type Cli } from './support/cli';

jest.setTimeout(180_000);

const user = new UserFolder({ app: appCommand('watch-app.ts') });
const file = (...parts: readonly string[]) => path.join(user.directory, ...parts);
const gate = path.join(user.root, 'gate');
let cli: Cli;
let url: string;

/** Answers with its version, once the gate is open where the request waits for it. */
const save = (version: string) => writeFileSync(file('handler', 'index.js'), `
  const fs = require('node:fs');
  exports.handler = async ({ body }) => {
    while (body === 'wait' && !fs.existsSync(${JSON.stringify(gate)})) await new Promise((resolve) => setTimeout(resolve, 20));
    return { statusCode: 201, body: '${version} ' + process.env.GREETING };
  };`);
const settings = (text: string) => writeFileSync(file('settings.json'), text);

beforeAll(async () => {
  mkdirSync(file('handler'));
  save('v1');
  settings('{"greeting":"hello"}');
  cli = user.start('local', '--watch', '--port', '0', '--json');
  url = (await cli.ready()).apis[0]!.url;
});

afterAll(async () => {
  await cli.stop();
  user.remove();
});

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
};
const post = async (body: string, key?: string) => {
  const response = await fetch(`${url}/payments`, {
    method: 'POST', headers: { 'content-type': 'text/plain', ...(key === undefined ? {} : { 'idempotency-key': key }) }, body,
  });
  return { status: response.status, replayed: response.headers.get('x-idempotent-replay'), text: await response.text() };
};
const reloads = () => cli.events.filter((event) => (event as { event: string }).event === 'reload') as unknown as readonly { functions: string[]; ms: number }[];
const reloaded = (count: number) => cli.until(() => reloads()[count - 1]);

test('F143: an edit under load: none of 50 requests in flight fails, the new code answers, and records and ports stay', async () => {
  expect(await post('', 'key-1')).toEqual({ status: 201, replayed: null, text: 'v1 hello' });
  const inFlight = Array.from({ length: 50 }, () => post('wait'));
  save('v2');
  expect(await reloaded(1)).toEqual({ event: 'reload', functions: ['Pay'], ms: expect.any(Number) });
  expect(await post('')).toEqual({ status: 201, replayed: null, text: 'v2 hello' });
  writeFileSync(gate, '');
  const answers = await Promise.all(inFlight);
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 201));
  expect(answers.filter(({ text }) => text !== 'v1 hello' && text !== 'v2 hello')).toEqual([]);
  expect(await post('', 'key-1')).toEqual({ status: 201, replayed: 'true', text: 'v1 hello' });
});

test('F143: while 50 requests are in flight all the time, an edit fails none of them, and whoever asks after it gets the new code', async () => {
  const count = reloads().length;
  const answers: { readonly status: number; readonly text: string; readonly isAfterwards: boolean }[] = [];
  let isReloaded = false;
  let isOver = false;
  const caller = async (): Promise<void> => {
    while (!isOver) {
      const isAfterwards = isReloaded;
      answers.push({ ...await post(''), isAfterwards });
    }
  };
  const load = Promise.all(Array.from({ length: 50 }, caller));
  await until(() => answers.length >= 50);
  save('v2, edited');
  await reloaded(count + 1);
  isReloaded = true;
  await until(() => answers.filter(({ isAfterwards }) => isAfterwards).length >= 50);
  isOver = true;
  await load;

  expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['v2 hello', 'v2, edited hello']));
  expect(answers.filter(({ isAfterwards, text }) => isAfterwards && text !== 'v2, edited hello')).toEqual([]);
  save('v2');
  await reloaded(count + 2);
});

test('F143: an app that fails to synthesize leaves the old one serving and says why; mended, it is served', async () => {
  const before = reloads().length;
  settings('{');
  await cli.until(() => /not reloaded, what ran before goes on: .*failed with exit status 1/.exec(cli.stderr)?.[0]);
  expect((await post('')).text).toBe('v2 hello');
  settings('{"greeting":"good day"}');
  await reloaded(before + 1);
  expect((await post('')).text).toBe('v2 good day');
});

test('a file that is saved as it was changes nothing', async () => {
  const before = reloads().length;
  settings('{"greeting":"good day"}');
  save('v3');
  await reloaded(before + 1);
  expect((await post('')).text).toBe('v3 good day');
});
