import { request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Probe } from './probes';

/** What is compared of an answer: nothing that differs from one request to the next. */
export type Seen = Readonly<Record<string, unknown>>;

/** Headers of an answer that a function or a rule of the gateway decides. */
const LOOKED_AT = ['content-type', 'www-authenticate', 'x-amzn-remapped-date', 'x-amzn-remapped-www-authenticate', 'x-amzn-remapped-server', 'x-nothing', 'x-one', 'x-list'];
const TIMEOUT_MS = 30_000;

/** Puts a probe to a front. A front that hangs up or does not answer is an answer as well. */
export async function ask(probe: Probe, base: string): Promise<Seen> {
  try {
    const { response, body } = await send(probe, base);
    const answer = { status: response.statusCode, ...headersOf(response), body };
    if (probe.looksAt === 'answer') return answer;
    const event = eventIn(body);
    if (event === undefined) return answer;
    return Object.fromEntries(probe.looksAt.map((names) => [names.join('.'), memberOf(event, names)]));
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

async function send({ method = 'GET', path = '/', headers = [], body = '', act }: Probe, base: string): Promise<{ response: IncomingMessage; body: string }> {
  const url = new URL(base);
  const probe = act === undefined ? [] : ['probe', JSON.stringify('returns' in act ? { returns: act.returns } : act)];
  const length = ['Content-Length', String(Buffer.byteLength(body))];
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    (url.protocol === 'https:' ? overHttps : overHttp)({
      host: url.hostname,
      port: url.port,
      method,
      // As it is written: `new URL` would tidy it.
      path: url.pathname.replace(/\/$/, '') + path,
      headers: ['Host', url.host, ...length, ...headers.flat(), ...probe],
      timeout: TIMEOUT_MS,
    }, resolve).once('timeout', function (this: { destroy(error: Error): void }) {
      this.destroy(Object.assign(new Error('no answer'), { code: 'NO_ANSWER' }));
    }).once('error', reject).end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { response, body: Buffer.concat(chunks).toString() };
}

const headersOf = ({ headers }: IncomingMessage): Seen =>
  Object.fromEntries(LOOKED_AT.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]));

function eventIn(body: string): Seen | undefined {
  try {
    const event = JSON.parse(body) as Seen;
    return 'requestContext' in event ? event : undefined;
  } catch {
    return undefined;
  }
}

const memberOf = (event: Seen, names: readonly string[]): unknown =>
  names.reduce<unknown>((value, name) => (value as Seen | null | undefined)?.[name] ?? null, event);
