import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { selfSigned } from '../../../support/certificate';
import { TRANSPORTS } from '../../../support/transports';

/** What is said on a connection once a request has come in, by the number of the request. */
type Script = (socket: Socket, request: number) => void;

const ends: (() => unknown)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

async function scripted(script: Script): Promise<{ readonly endpoint: string; readonly requests: () => number }> {
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let head = '';
    socket.on('data', (chunk: Buffer) => {
      head += chunk.toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? NaN);
      const start = head.indexOf('\r\n\r\n') + 4;
      if (start < 4 || head.length < start + length) return;
      head = '';
      script(socket, ++requests);
    });
  });
  const endpoint = await listen(server, 'http');
  ends.push(() => new Promise((resolve) => {
    server.close(resolve);
    sockets.forEach((socket) => socket.destroy());
  }));
  return { endpoint, requests: () => requests };
}

const listen = async (server: Server, protocol: string): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const ITEM = JSON.stringify({ Item: { id: { S: 'a' } } });
const head = (length: number, version = '1.1') => `HTTP/${version} 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: ${length}\r\n\r\n`;
const answer: Script = (socket) => socket.write(head(ITEM.length) + ITEM);
const SILENT_HALFWAY: Script = (socket) => socket.write(head(ITEM.length) + ITEM.slice(0, 9));
const GARBAGE: Script = (socket) => socket.end('\u0000\u0001 no HTTP at all\r\n\r\n');
const GET = { table: 'keys', key: { id: { S: 'a' } } };
const failing = (promise: Promise<unknown>): Promise<Error> => promise.then(() => { throw new Error('it did not fail'); }, (error: Error) => error);

/**
 * The SDK's time-out per try ends with the head of an answer, and an answer that
 * is no HTTP it does not ask for again: there the limit of the protocol's own calls decides.
 */
describe.each(Object.keys(TRANSPORTS))('%s', (way) => {
  const transportTo = (endpoint: string, perTry?: number) => {
    const { transport, close } = TRANSPORTS[way]!(endpoint, { perTry });
    ends.push(close);
    return transport;
  };

  const own = way === 'requests of our own';
  const faults: [string, Script][] = [
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['an end without an answer', (socket) => socket.end()],
    ['silence', () => undefined],
    ['half a head', (socket) => socket.end(head(ITEM.length).slice(0, 20))],
    ['half an answer', (socket) => socket.end(head(ITEM.length) + ITEM.slice(0, 9))],
    ['a length that is too long', (socket) => socket.end(head(ITEM.length + 5) + ITEM)],
    // See below for what the SDK makes of these.
    ...(own ? [['half an answer, then silence', SILENT_HALFWAY], ['garbage', GARBAGE]] as [string, Script][] : []),
    ['a failing service', (socket) => socket.write('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}')],
  ];

  test.each(faults)('F9, F31: after %s another try is answered', async (_, fault) => {
    const { endpoint, requests } = await scripted((socket, request) => (request === 1 ? fault : answer)(socket, request));
    expect(await transportTo(endpoint, 300).get(GET)).toEqual({ id: { S: 'a' } });
    expect(requests()).toBe(2);
  });

  test.each(faults)('F6, F31: where there is nothing but %s, it is given up after three', async (_, fault) => {
    const { endpoint, requests } = await scripted(fault);
    await failing(transportTo(endpoint, 200).get(GET));
    expect(requests()).toBe(3);
  });

  test('F31: whoever waits no longer is not kept, even by half an answer and silence', async () => {
    const { endpoint, requests } = await scripted(SILENT_HALFWAY);
    const stop = new AbortController();
    const waiting = transportTo(endpoint, 30_000).get(GET, { signal: stop.signal });
    while (requests() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await failing(waiting);
    expect(requests()).toBe(1);
  });

  test('garbage is no answer', async () => {
    const { endpoint } = await scripted(GARBAGE);
    await failing(transportTo(endpoint).get(GET));
  });

  test('F5: a connection that was reset while it was idle costs one more send', async () => {
    const { endpoint, requests } = await scripted((socket, request) => (request === 2 ? socket.resetAndDestroy() : answer(socket, request)));
    const transport = transportTo(endpoint);
    expect(await transport.get(GET)).toEqual({ id: { S: 'a' } });
    expect(await transport.get(GET)).toEqual({ id: { S: 'a' } });
    expect(requests()).toBe(3);
  });

  test('an answer of HTTP/1.0 is one', async () => {
    const { endpoint } = await scripted((socket) => socket.end(head(ITEM.length, '1.0') + ITEM));
    expect(await transportTo(endpoint).get(GET)).toEqual({ id: { S: 'a' } });
  });

  test('so is one of HTTP/1.0 without a length, which ends with the connection', async () => {
    const { endpoint } = await scripted((socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${ITEM}`));
    expect(await transportTo(endpoint).get(GET)).toEqual({ id: { S: 'a' } });
  });

  test('and one in pieces of a byte', async () => {
    const { endpoint } = await scripted((socket) => {
      socket.setNoDelay(true);
      for (const byte of head(ITEM.length) + ITEM) socket.write(byte);
    });
    expect(await transportTo(endpoint).get(GET)).toEqual({ id: { S: 'a' } });
  });

  test('an answer of 5 MB is read', async () => {
    const body = Buffer.alloc(3_750_000, 7);
    const text = JSON.stringify({ Item: { id: { S: 'a' }, rb: { B: body.toString('base64') } } });
    const { endpoint } = await scripted((socket) => socket.write(head(text.length) + text));
    const item = await transportTo(endpoint, 5_000).get(GET);
    expect(Buffer.compare((item!.rb as { B: Uint8Array }).B, body)).toBe(0);
  });

  test('a length that is too short gives no record that was not sent', async () => {
    const { endpoint } = await scripted((socket) => socket.end(head(ITEM.length - 4) + ITEM));
    await failing(transportTo(endpoint).get(GET));
  });

  test('a certificate that nobody vouches for is not spoken to', async () => {
    let requests = 0;
    const server = createTlsServer(selfSigned(), (_, response) => {
      requests++;
      response.end(ITEM);
    });
    const endpoint = await listen(server, 'https');
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const error = await failing(transportTo(endpoint).get(GET));
    expect(error.message).toMatch(/self-signed|certificate/);
    expect(requests).toBe(0);
  });

  test('a server that breaks off the handshake is given up', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on('error', () => undefined).destroy();
    });
    const endpoint = await listen(server, 'https');
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    await failing(transportTo(endpoint).get(GET));
    expect(connections).toBe(3);
  });
});
