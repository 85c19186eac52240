import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { idempotencyOf, idempotent, MemoryStore, type IdempotentExecution } from '../../../runtime';
import { httpApiEvent } from '../../../runtime/testing/events';
import { seen } from '../../support/fronts';
import { observed } from '../../support/quiet';
import { gate } from '../../support/shop';

const event = (key?: string) => httpApiEvent({ headers: key === undefined ? {} : { 'Idempotency-Key': key }, body: 'amount=1' });

type Handler = (event: unknown, context: object) => Promise<unknown>;
type Answer = (context: object) => unknown;

/**
 * A web framework behind a handler, as adapters have one: its server is made by
 * the first request of the sandbox, and whatever it calls later is called within
 * that request. The context reaches it as JSON in a header.
 */
class Framework {
  #server: Promise<http.Server> | undefined;

  public constructor(private readonly answer: Answer) {}

  public readonly handler: Handler = async (_event, context) => {
    const { port } = (await this.#started()).address() as AddressInfo;
    const headers = { 'x-context': encodeURIComponent(JSON.stringify(context)) };
    const body = await new Promise<string>((resolve, reject) => {
      http.get({ host: '127.0.0.1', port, agent: false, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text));
      }).on('error', reject);
    });
    return { statusCode: 201, headers: {}, body };
  };

  public async close(): Promise<void> {
    const server = await this.#server;
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  #started(): Promise<http.Server> {
    this.#server ??= new Promise((resolve) => {
      const server = http.createServer((request, response) => {
        const context = JSON.parse(decodeURIComponent(request.headers['x-context'] as string)) as object;
        void Promise.resolve(this.answer(context)).then((answer) => response.end(String(answer)));
      });
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
    return this.#server;
  }
}

describe('code that a server calls, which the first request of the sandbox has made', () => {
  let framework: Framework | undefined;
  afterEach(() => framework?.close());

  function behind(answer: Answer): Handler {
    const { logger, metrics } = observed();
    framework = new Framework(answer);
    return idempotent(framework.handler, { store: new MemoryStore(), logger, metrics });
  }

  const told = (context: object): string => {
    const execution = idempotencyOf(context);
    return execution === undefined ? 'none' : `${execution.key} ${execution.derivedKey('charge')}`;
  };

  test('F183: finds the execution of its own request, and never that of the first one', async () => {
    const charged = new Map<string, string>();
    const handler = behind((context) => {
      const execution = idempotencyOf(context)!;
      charged.set(execution.derivedKey('charge'), execution.key);
      return execution.key;
    });
    for (const key of ['payment-1', 'payment-2', 'payment-3']) {
      expect([key, seen(await handler(event(key), { awsRequestId: `request of ${key}` })).body]).toEqual([key, key]);
    }
    expect([...charged.values()]).toEqual(['payment-1', 'payment-2', 'payment-3']);
  });

  test('F183: finds none for a request without a key', async () => {
    const handler = behind(told);
    expect(seen(await handler(event('payment-1'), { awsRequestId: 'request-1' })).body).toContain('payment-1');
    expect(seen(await handler(event(), { awsRequestId: 'request-2' })).body).toBe('none');
  });

  test('F183: finds its own among several that run at once', async () => {
    const all = gate();
    let waiting = 0;
    const handler = behind(async (context) => {
      waiting += 1;
      if (waiting === 3) all.open();
      await all.opened;
      return idempotencyOf(context)?.key;
    });
    // The first one makes the server, and is still running when the others come.
    const answers = await Promise.all(['a', 'b', 'c'].map(async (key) => seen(await handler(event(key), { awsRequestId: key })).body));
    expect(answers).toEqual(['a', 'b', 'c']);
  });

  test('F183: finds none where two executions are part of the invocation, rather than the wrong one', async () => {
    const { logger, metrics } = observed();
    const handler = behind(told);
    const batch: Handler = idempotent(
      async (_event: unknown, context: object) => handler(event('item-1'), context),
      { store: new MemoryStore(), logger, metrics },
    );
    await handler(event('before'), { awsRequestId: 'request-1' });
    expect(seen(await batch(event('batch'), { awsRequestId: 'request-2' })).body).toBe('none');
  });
});

test('F183: an execution that is over is not that of code which goes on within its call', async () => {
  const { logger, metrics } = observed();
  const { opened, open } = gate();
  let later: Promise<IdempotentExecution | undefined> | undefined;
  const handler: Handler = idempotent(
    async () => {
      later ??= opened.then(() => idempotencyOf({}));
      return { statusCode: 201, body: String(idempotencyOf({})?.key) };
    },
    { store: new MemoryStore(), logger, metrics },
  );
  expect(seen(await handler(event('payment-1'), {})).body).toBe('payment-1');
  open();
  expect(await later).toBeUndefined();
});
