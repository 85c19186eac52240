import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Connections } from '../../../runtime/aws/connections';
import { exchange, type ExchangeError } from '../../../runtime/aws/exchange';
import { startService, type TestService } from '../../support/aws-service';

const REQUEST = { method: 'POST', path: '/', headers: { 'host': 'h', 'content-length': '2' }, body: 'hi', maxBytes: 1_000 };
const LIMIT = () => 5_000;
const failure = (promise: Promise<unknown>): Promise<ExchangeError> =>
  promise.then(() => { throw new Error('it did not fail'); }, (error: ExchangeError) => error);
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

let connections: Connections | undefined;
afterEach(() => connections?.close());

describe('with a service', () => {
  let service: TestService;
  beforeEach(async () => {
    service = await startService();
    connections = new Connections(new URL(service.endpoint));
  });
  afterEach(() => service.stop());

  test('F31: waiting for a connection is not waiting for the answer', async () => {
    const held: (() => void)[] = [];
    const holding = createServer((socket) => {
      socket.on('data', () => held.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')));
      socket.on('error', () => undefined);
    });
    const own = new Connections(new URL(await listen(holding)));
    let started = 0;
    let ended = 0;
    const all = Array.from({ length: 60 }, () => exchange(own, REQUEST, () => (started++, 30_000)).finally(() => ended++));
    while (held.length < 50) await turn();
    expect(started).toBe(50);
    // What has a connection may still be on its way to the other end.
    while (ended < 60) {
      held.splice(0).forEach((answer) => answer());
      await turn();
    }
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(60).fill(200));
    own.close();
    await new Promise((resolve) => holding.close(resolve));
  });

  test('a request for which no time is left when there is a connection is not sent', async () => {
    expect(await failure(exchange(connections!, REQUEST, () => 0))).toMatchObject({ code: 'ETIMEDOUT' });
    await turn();
    expect(service.received).toHaveLength(0);
  });

  test('a connection is used again', async () => {
    await exchange(connections!, REQUEST, LIMIT);
    await exchange(connections!, REQUEST, LIMIT);
    expect(service.connections()).toBe(1);
  });

  test('one that was opened beforehand is the first to be used', async () => {
    connections!.open();
    while (service.connections() === 0) await turn();
    await exchange(connections!, REQUEST, LIMIT);
    await exchange(connections!, REQUEST, LIMIT);
    expect(service.connections()).toBe(1);
  });

  test('one that was opened beforehand, and closed since, is not', async () => {
    connections!.open();
    while (service.connections() === 0) await turn();
    service.disconnect();
    await turn();
    expect(await exchange(connections!, REQUEST, LIMIT)).toMatchObject({ status: 200 });
    expect(service.connections()).toBe(2);
  });

  test('each request has a connection of its own where that is asked for', async () => {
    const fresh = new Connections(new URL(service.endpoint), { fresh: true });
    await exchange(fresh, REQUEST, LIMIT);
    await exchange(fresh, REQUEST, LIMIT);
    expect(service.connections()).toBe(2);
    fresh.close();
  });

  test('an answer that is larger than it may be is not read on', async () => {
    service.reply = () => ({ status: 200, body: 'x'.repeat(1_001) });
    expect(await failure(exchange(connections!, REQUEST, LIMIT))).toMatchObject({ code: 'IDEMPOTENCY_ANSWER_TOO_LARGE' });
  });
});

describe('a connection that was reset while it was idle', () => {
  /** Answers the first request of a connection and resets at the second. */
  const resetting = () =>
    createServer((socket: Socket) => {
      socket.on('error', () => undefined);
      let requests = 0;
      socket.on('data', () => {
        if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        else socket.resetAndDestroy();
      });
    });

  test('is told from one that was reset while it answered', async () => {
    const server = resetting();
    connections = new Connections(new URL(await listen(server)));
    await exchange(connections, REQUEST, LIMIT);
    expect(await failure(exchange(connections, REQUEST, LIMIT))).toMatchObject({ code: 'ECONNRESET', mayHaveArrived: true, onIdleConnection: true });
    connections.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('and so is one that was reset at its first request', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.resetAndDestroy());
    });
    connections = new Connections(new URL(await listen(server)));
    expect(await failure(exchange(connections, REQUEST, LIMIT))).toMatchObject({ code: 'ECONNRESET', mayHaveArrived: true, onIdleConnection: false });
    connections.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
