import { Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { bytesOf, listen, type RunningServer } from './payments-server';

/** What becomes of one request on its way to the server and back. */
export type Fate =
  | 'pass'
  /** The connection is reset before the server hears of it. */
  | 'drop'
  /** The server carries it out; the connection is reset before its answer. */
  | 'lose-answer'
  /** The connection is reset in the middle of the answer. */
  | 'cut-answer'
  /** It arrives twice at the same time, and the second answer goes out. */
  | 'duplicate'
  /** It arrives again after its answer, as a straggler of the network. */
  | 'repeat-later'
  /** It arrives and is answered, and nothing goes out while the connection stays open. */
  | 'hang'
  /** The gateway answers 503 in the server's place while the work goes on, with nothing of the wrapper in it. */
  | 'gateway-timeout'
  | 'delay';

export interface ChaosProxy extends RunningServer {
  /** How often each fate came. */
  readonly fates: Readonly<Record<string, number>>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** @param fateOf decides by the key, and by which request with this key it is, from 1 */
export async function startChaos(target: string, fateOf: (key: string, number: number) => Fate): Promise<ChaosProxy> {
  const fates: Record<string, number> = {};
  const seen = new Map<string, number>();
  const agent = new Agent({ keepAlive: true });
  const proxy = await listen(async (request, response) => {
    const body = await bytesOf(request);
    const forward = (): Promise<Answer> => send(agent, target, request, body);
    const key = String(request.headers['idempotency-key']);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    const fate = fateOf(key, number);
    fates[fate] = (fates[fate] ?? 0) + 1;
    // A reset while the other side's end is being answered leaves Node.js 20 with a handle that is never closed.
    const reset = (): void => void (response.socket?.writableEnded ? response.destroy() : response.socket?.resetAndDestroy());
    const answer = ({ status, headers, body: bytes }: Answer): void => void response.writeHead(status, headers).end(bytes);
    switch (fate) {
      case 'drop':
        return reset();
      case 'lose-answer':
        await forward();
        return reset();
      case 'cut-answer': {
        const { status, headers, body: bytes } = await forward();
        response.writeHead(status, { ...headers, 'content-length': bytes.length });
        response.write(bytes.subarray(0, bytes.length / 2), reset);
        return;
      }
      case 'duplicate':
        return answer((await Promise.all([forward(), forward()]))[1]);
      case 'repeat-later': {
        const first = await forward();
        setTimeout(() => unheard(forward()), 5);
        return answer(first);
      }
      case 'hang':
        await forward();
        return;
      case 'gateway-timeout':
        unheard(forward());
        response.writeHead(503, { 'content-type': 'application/json' }).end('{"message":"Service Unavailable"}');
        return;
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, 10));
        return answer(await forward());
      case 'pass':
        return answer(await forward());
    }
  });
  return {
    url: proxy.url,
    fates,
    async stop() {
      await proxy.stop();
      agent.destroy();
    },
  };
}

/** Nobody hears of how it ends: the test may be over by then. */
const unheard = (answer: Promise<Answer>): void => void answer.catch(() => undefined);

function send(agent: Agent, target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const forwarded = httpRequest(new URL(url!, target), { method, headers: { ...headers, connection: 'keep-alive' }, agent }, (response) => {
      bytesOf(response).then((bytes) => resolve({ status: response.statusCode!, headers: response.headers, body: bytes }), reject);
    });
    forwarded.once('error', reject);
    forwarded.end(body);
  });
}
