import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from '../../local/fronts/front';
import { serve, type ApiServer } from '../../local/http/server';
import { History } from '../../local/window/history';
import { Streams } from '../../local/window/streams';
import { RequestWindow, type Snapshot } from '../../local/window/window';

let now = 1_000;
const handled: string[] = [];
const api = {
  kind: 'http',
  maxBodyBytes: 1_000,
  handle: async ({ path }) => {
    handled.push(path);
    return { response: { status: 200, headers: [], body: Buffer.from('the user’s own') } };
  },
} as Pick<Api, 'kind' | 'maxBodyBytes' | 'handle'> as Api;

let history: History;
let window: RequestWindow;
let server: ApiServer;
const observed: string[] = [];

beforeEach(async () => {
  history = new History(() => now);
  window = new RequestWindow(history);
  server = await serve(api, 0, { arrived: ({ path }) => observed.push(path), answered: () => undefined }, window);
  server.open(api, async () => ({ kind: 'returned', payload: null, body: Buffer.from('null') }));
  window.show([{ id: 'Api', kind: 'http', url: server.url, stack: 'S' }], undefined);
});

const idle = http.createServer();

afterEach(() => {
  idle.close();
  window.close();
  server.close();
  handled.length = observed.length = 0;
});

function request(requestId: string): void {
  history.arrived({ requestId, api: 'Api', method: 'POST', path: '/p', key: 'k', sender: 's' });
  history.told(requestId, { outcome: 'executed', id: 'id', attempt: 1 });
  history.answered(requestId, { outcome: 'executed', status: 201, code: null, ended: 'returned' });
}

/** Not `fetch`, which sets the Host header itself. */
const get = (path: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET') => new Promise<{ readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: string }>((resolve, reject) => {
  http.request(`${server.url}${path}`, { headers, method, agent: false }, (response) => {
    let body = '';
    response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; });
    response.once('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
  }).once('error', reject).end();
});

/** The events of a stream, as they come. */
async function stream(): Promise<{ next(): Promise<{ event: string; data: any }>; ended(): Promise<boolean> }> {
  const reader = (await fetch(`${server.url}/__idempotency/events`)).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    next: async () => {
      for (;;) {
        const found = /event: (\w+)\ndata: (.*)\n\n/.exec(text);
        if (found) {
          text = text.slice(found.index + found[0].length);
          return { event: found[1]!, data: JSON.parse(found[2]!) };
        }
        const { value, done } = await reader.read();
        if (done) throw new Error('the stream ended');
        text += value;
      }
    },
    ended: async () => (await reader.read()).done,
  };
}

test('the page allows nothing but its own style and script, and no markup from text', async () => {
  const { status, headers, body } = await get('/__idempotency');
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const policy = headers['content-security-policy'] as string;
  expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; connect-src 'self';/);
  expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'");
  expect(policy).not.toContain('unsafe');
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'cross-origin-resource-policy': 'same-origin', 'x-content-type-options': 'nosniff' });
  expect(body).not.toMatch(/innerHTML|\sstyle="|\son\w+="/);
});

test('/data has the APIs, the counters and the requests', async () => {
  request('r1');
  const { headers, body } = await get('/__idempotency/data');
  expect(headers['content-type']).toBe('application/json');
  const snapshot = JSON.parse(body) as Snapshot;
  expect(snapshot.apis).toEqual([{ id: 'Api', kind: 'http', url: server.url, stack: 'S' }]);
  expect(snapshot.counters).toMatchObject({ total: 1, running: 0, outcomes: { executed: 1, replayed: 0 } });
  expect(snapshot.requests).toEqual([{
    number: 1,
    api: 'Api',
    method: 'POST',
    path: '/p',
    key: 'k',
    at: now,
    outcome: 'executed',
    id: 'id',
    attempt: 1,
    toldAt: now,
    unpersisted: false,
    record: null,
    answeredAt: now,
    status: 201,
    code: null,
    ended: 'returned',
  }]);
});

test('/data?id= has the timeline of a record', async () => {
  request('r1');
  expect(JSON.parse((await get('/__idempotency/data?id=id')).body)).toMatchObject({ id: 'id', timeline: [{ kind: 'claimed', request: 1 }, { kind: 'completed' }], stored: null, problem: null });
  expect(JSON.parse((await get('/__idempotency/data?id=__proto__')).body)).toMatchObject({ id: '__proto__', timeline: [] });
});

test('/events begins with what there is and goes on with what changes', async () => {
  request('r1');
  const events = await stream();
  const first = await events.next();
  expect([first.event, first.data.requests.length]).toEqual(['snapshot', 1]);
  request('r2');
  const second = await events.next();
  expect(second).toMatchObject({ event: 'changes', data: { counters: { total: 2 }, requests: [{ number: 2, status: 201 }] } });
});

test('a server that ends is not kept by who looks', async () => {
  const events = await stream();
  await events.next();
  window.close();
  await server.drain();
  expect(await events.ended()).toBe(true);
});

test.each(['evil.example', 'evil.example:80', '127.0.0.1', 'localhost:1', 'localhost.evil.example'])('a request to the host %s is refused: a name may be led to this address', async (host) => {
  for (const path of ['', '/data', '/events']) expect((await get(`/__idempotency${path}`, { host })).status).toBe(403);
});

test('localhost is a name of the window', async () => {
  expect((await get('/__idempotency', { host: `LOCALHOST:${new URL(server.url).port}` })).status).toBe(200);
});

test('it answers GET and HEAD, and has three addresses', async () => {
  expect(await get('/__idempotency', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  expect(await get('/__idempotency', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect(await get('/__idempotency/events', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect((await get('/__idempotency/else')).status).toBe(404);
});

test('only what begins with its name as a whole is its own, and none of it is a request to the API', async () => {
  await get('/__idempotency');
  await get('/__idempotency/data?id=x');
  await get('/__idempotency?x=1');
  expect([handled, observed]).toEqual([[], []]);
  const own = ['/__idempotencyx', '/prod/__idempotency', '/%5F_idempotency', '/'];
  for (const path of own) expect((await get(path)).body).toBe('the user’s own');
  expect([handled, observed]).toEqual([own, own]);
});

test('who comes when there are many is sent away', async () => {
  const streams = await Promise.all(Array.from({ length: 32 }, stream));
  expect((await get('/__idempotency/events')).status).toBe(503);
  for (const each of streams) await each.next();
});

test('who does not read is let go', async () => {
  const streams = new Streams();
  const closed = new Promise<void>((resolve) => {
    idle.once('request', (_, outgoing: http.ServerResponse) => {
      streams.add(outgoing, {}, 'first', 1);
      outgoing.once('close', resolve);
    });
  });
  await new Promise<void>((resolve) => idle.listen(0, '127.0.0.1', resolve));
  const response = await new Promise<http.IncomingMessage>((resolve) => {
    http.get(`http://127.0.0.1:${(idle.address() as AddressInfo).port}`, { agent: false }, resolve);
  });
  response.on('error', () => undefined);
  expect(streams.size).toBe(1);
  streams.send('second', 'x'.repeat(32 * 1024 * 1024));
  await closed;
  expect(streams.size).toBe(0);
});
