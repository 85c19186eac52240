import { Agent, request } from 'node:http';
import { sent } from './sent';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Marked as the replay of a recorded response. */
  readonly replayed: boolean;
  /** `code` of an error of the wrapper's own. */
  readonly code: string | undefined;
}

export interface Sent {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const agent = new Agent({ keepAlive: false });

/** Not `fetch`, which takes a connection pool's limits and tempers with it. */
export const send = (url: string, { method = 'POST', key, headers, body }: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    sent.remember(key, headers?.authorization, body === undefined ? undefined : JSON.stringify(body));
    const outgoing = request(url, {
      agent,
      method,
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
    }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: text,
          replayed: response.headers['x-idempotent-replay'] === 'true',
          code: codeIn(text),
        });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

function codeIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { code?: string } | null)?.code;
  } catch {
    return undefined;
  }
}

export const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
