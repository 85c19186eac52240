import { connect } from 'node:net';
import type { Api } from '../../local/fronts/front';
import { serve, type ApiServer } from '../../local/http/server';

const reply = (status: number) => ({ status, headers: [], body: Buffer.alloc(0) });

/** What reached the API, in its order, and what came back over the one connection that all of it was sent in. */
async function exchanged(...pieces: readonly string[]): Promise<{ readonly seen: readonly string[]; readonly answer: string }> {
  const seen: string[] = [];
  const api = {
    kind: 'http',
    maxBodyBytes: 1_000,
    tooLarge: () => reply(413),
    failed: () => reply(500),
    handle: async ({ path, body }) => {
      seen.push(`${path} ${body.toString()}`);
      return { response: reply(200) };
    },
  } as Partial<Api> as Api;
  const server: ApiServer = await serve(api, 0, { arrived: () => undefined, answered: () => undefined });
  server.open(api, () => Promise.reject(new Error('no function')));
  try {
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', noDelay: true });
      const send = ([first, ...rest]: readonly string[]): void => {
        if (rest.length === 0) socket.end(first);
        else socket.write(first!, () => setTimeout(() => send(rest), 20));
      };
      send(pieces);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.once('close', () => resolve());
    });
    return { seen, answer: Buffer.concat(chunks).toString() };
  } finally {
    server.close();
  }
}

const post = (path: string, body: string, ...headers: readonly string[]): string =>
  ['POST ' + path + ' HTTP/1.1', 'Host: a', ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');

test('F216: requests sent at once over one connection reach the API in the order in which they were sent', async () => {
  const { seen, answer } = await exchanged(post('/first', 'with a body') + post('/second', '') + post('/third', 'x'));
  expect(seen).toEqual(['/first with a body', '/second ', '/third x']);
  expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
});

test('F216: what follows a request that ends its connection never reaches the API', async () => {
  const withoutHost = 'POST /refused HTTP/1.1\r\n\r\n';
  expect(await exchanged(withoutHost + post('/smuggled', ''))).toEqual({ seen: [], answer: expect.stringMatching(/^HTTP\/1\.1 400 /) });
  expect((await exchanged(post('/last', '', 'Connection: close') + post('/smuggled', ''))).seen).toEqual(['/last ']);
  const toUpgrade = post('/last', 'x', 'Connection: Upgrade', 'Upgrade: h2c');
  expect((await exchanged(toUpgrade, post('/smuggled', ''))).seen).toEqual(['/last x']);
  const coded = ['POST /refused HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: h2c', 'Transfer-Encoding: "chunked"', '', ''].join('\r\n');
  expect(await exchanged(coded, post('/smuggled', ''))).toEqual({ seen: [], answer: expect.stringMatching(/^HTTP\/1\.1 400 /) });
  expect((await exchanged(post('/large', 'x'.repeat(1_001)) + post('/smuggled', ''))).seen).toEqual([]);
});
