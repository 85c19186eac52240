import { createHash } from 'node:crypto';
import { createServer as createHttp1, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Died, Operation, Thrown, type Act } from './operation';
import { Records, type Answer, type Flaw } from './records';
import type { RefusalError, Rules } from './rules';
import type { Target } from '../../target';

export interface Reference {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

interface Route {
  readonly ttlMs: number;
  readonly leaseMs: number;
  readonly rememberMs: number;
  readonly required?: true;
  readonly waits?: true;
  readonly dated?: true;
}

const BRIEF = { ttlSeconds: 5, leaseSeconds: 1 } as const;
/** As `Authorization: Bearer`: whose token it is is the tenant. */
const TOKENS = { a: 'token-of-a', b: 'token-of-b' } as const;
const ORIGIN = 'https://conformance.example';

const DAY_MS = 86_400_000;
const LONG: Route = { ttlMs: DAY_MS, leaseMs: 60_000, rememberMs: 0 };
const SHORT: Route = { ttlMs: BRIEF.ttlSeconds * 1000, leaseMs: BRIEF.leaseSeconds * 1000, rememberMs: 0 };
const ROUTES: Readonly<Record<string, Route>> = {
  '/payments': LONG,
  '/refunds': LONG,
  '/required': { ...LONG, required: true },
  '/waiting': { ...LONG, waits: true },
  '/brief': SHORT,
  '/remembering': { ...SHORT, rememberMs: DAY_MS },
  '/dated': { ...LONG, dated: true },
};
const POLICY = {
  'Idempotency-Key': 'RFC 8941 string or bare, maxLength 255; a UUID, for one',
  'expiry': 'a key expires a day after its request was processed',
  'errors': { 400: 'malformed', 409: 'in flight', 422: 'used for another request' },
};
const DOCUMENTATION = 'https://example.com/docs/idempotency';
/** Not of the answer, but of the session of its first caller. */
const NOT_KEPT = ['set-cookie'];

/** What stands around the server's own way of answering, to break it. */
export type Around = (request: IncomingMessage, content: () => Promise<Buffer>, answer: (content: Buffer) => Promise<Answer>) => Promise<Answer>;

/** A server that keeps every rule, in memory, on 127.0.0.1; with a flaw, one that breaks the rules of that flaw alone. */
export async function startReference(rules: Rules, { flaw, around }: { readonly flaw?: Flaw; readonly around?: Around } = {}): Promise<Reference> {
  const serve = new Service(rules, new Records(flaw), new Operation(), around).serve;
  // What reaches it is for its own rules to refuse.
  const http1 = createHttp1({ maxHeaderSize: 65_536, insecureHTTPParser: true }, serve);
  const http2 = createHttp2((request, response) => serve(request as unknown as IncomingMessage, response as unknown as ServerResponse));
  const sockets = new Set<Socket>();
  // One port for both: who speaks HTTP/2 begins with a preface that no HTTP/1.1 request begins with.
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const begin = socket.read() as Buffer | null;
      if (begin === null) return;
      socket.unshift(begin);
      (begin.toString('latin1').startsWith('PRI ') ? http2 : http1).emit('connection', socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      sockets.forEach((socket) => socket.destroy());
    }),
  };
}

/** Everything that the server has, for the suite. */
export const targetAt = (url: string): Target => ({
  url: `${url}/payments`,
  effects: `${url}/effects`,
  tokenA: TOKENS.a,
  tokenB: TOKENS.b,
  policy: `${url}/policy`,
  ttl: BRIEF.ttlSeconds,
  lease: BRIEF.leaseSeconds,
  routes: {
    other: `${url}/refunds`,
    required: `${url}/required`,
    waiting: `${url}/waiting`,
    brief: `${url}/brief`,
    remembering: `${url}/remembering`,
    dated: `${url}/dated`,
  },
});

class Service {
  public constructor(
    private readonly rules: Rules,
    private readonly records: Records,
    private readonly operation: Operation,
    private readonly around: Around = async (_, content, answer) => answer(await content()),
  ) {}

  public readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const own = async (content: Buffer): Promise<Answer> => {
      const answer = await this.answer(request, content);
      return { ...answer, headers: { ...answer.headers, ...this.cors(request) } };
    };
    void this.around(request, () => contentOf(request), own).then(
      ({ status, headers, body }) => {
        response.writeHead(status, headers).end(request.method === 'HEAD' || status === 204 ? Buffer.alloc(0) : body);
      },
      () => response.destroy(),
    );
  };

  private async answer(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url!, 'http://reference');
    if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: Buffer.alloc(0) };
    if (pathname === '/policy') return json(200, POLICY);
    if (pathname === '/effects') {
      const mark = searchParams.get('mark') ?? '';
      if (request.method === 'POST') this.operation.release(mark);
      return json(200, this.operation.effects(mark));
    }
    const route = ROUTES[pathname];
    if (route === undefined) return json(404, { message: 'Not Found' });
    const tenant = Object.values(TOKENS).find((token) => request.headers.authorization === `Bearer ${token}`);
    if (tenant === undefined) return json(401, { message: 'Unauthorized' });
    return this.protect(request, body, route, tenant);
  }

  private async protect(request: IncomingMessage, body: Buffer, route: Route, tenant: string): Promise<Answer> {
    const header = request.headers['idempotency-key'] as string | undefined;
    if (!this.rules.honours(request.method!)) return this.execute(request, route);
    if (header === undefined || (this.rules.name === 'stripe' && header === '')) {
      return route.required ? this.refuse(request, 'KEY_MISSING', 'The header Idempotency-Key is required', 400) : this.execute(request, route);
    }
    const parsed = this.rules.parseKey(header);
    if ('fault' in parsed) return this.refuse(request, 'KEY_INVALID', parsed.fault, this.rules.statuses.malformed);
    const dated = route.dated ? datedFault(parsed.key) : undefined;
    if (dated !== undefined) return this.refuse(request, dated.code, dated.message, dated.status);

    const { pathname, search } = new URL(request.url!, 'http://reference');
    const id = JSON.stringify([tenant, request.method, pathname, parsed.key]);
    const fingerprint = createHash('sha256').update(search).update('\0').update(body).digest('hex');
    for (;;) {
      const claim = await this.records.claim(id, fingerprint, route);
      switch (claim.kind) {
        case 'mine':
          return this.owned(request, id, claim.token, route);
        case 'completed':
          return this.replay(claim.answer);
        case 'mismatch':
          return this.refuse(request, 'KEY_REUSED', 'The key was used for another request', this.rules.statuses.mismatch);
        case 'expired':
          return this.refuse(request, 'RESPONSE_EXPIRED', 'The request was executed, and its answer is not kept any more', 410);
        case 'in flight':
          if (!route.waits) return this.refuse(request, 'CONFLICT', 'A request with this key is being processed', 409);
          await sleep(10);
      }
    }
  }

  private async owned(request: IncomingMessage, id: string, token: string, route: Route): Promise<Answer> {
    try {
      const own = await this.execute(request, route);
      const told = this.records.complete(id, token, own, route);
      if (told === own) return own;
      return told === undefined ? this.refuse(request, 'CONFLICT', 'A request with this key is being processed', 409) : this.replay(told);
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      const answer = json(error.status, { message: 'Bad Gateway' });
      this.records.died(id, token, answer, route);
      return answer;
    }
  }

  private async execute(request: IncomingMessage, { leaseMs }: Route): Promise<Answer> {
    const act = JSON.parse((request.headers['conformance-act'] as string | undefined) ?? '{}') as Act;
    try {
      // A lease outlasts the time that a handler has: who takes over finds what became of it.
      return await this.operation.run((request.headers['conformance-effect'] as string | undefined) ?? '', act, leaseMs / 2);
    } catch (error) {
      if (error instanceof Thrown) return json(500, { message: 'Internal Server Error' });
      throw error;
    }
  }

  private replay({ status, headers, body }: Answer): Answer {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_KEPT.includes(name.toLowerCase())));
    const futile = status >= 500 || [408, 409, 425, 429].includes(status);
    return { status, headers: { ...kept, ...(futile ? { 'x-should-retry': 'false' } : {}), [this.rules.marker]: 'true' }, body };
  }

  private refuse(request: IncomingMessage, code: string, message: string, status: number): Answer {
    const error: RefusalError = { code, message, status };
    const retry = status === 409;
    const headers = { 'x-should-retry': String(retry), ...(retry ? { 'retry-after': '1' } : {}) };
    if (this.rules.name === 'ietf' && /^application\/problem\+json/.test(request.headers.accept ?? '')) {
      const problem = json(status, { type: `${DOCUMENTATION}#${code}`, title: message, status, code }, 'application/problem+json');
      return { ...problem, headers: { ...problem.headers, ...headers, 'content-language': 'en' } };
    }
    const plain = json(status, this.rules.errorBody(error));
    return { ...plain, headers: { ...plain.headers, ...headers } };
  }

  private cors({ headers: { origin } }: IncomingMessage): Record<string, string> {
    const vary = { vary: 'Origin' };
    return origin !== ORIGIN ? vary : {
      ...vary,
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'Content-Type, Authorization, Idempotency-Key, Conformance-Effect, Conformance-Act',
      'access-control-expose-headers': `${this.rules.marker}, Retry-After`,
    };
  }
}

/** What is wrong with a key that must carry its time. */
function datedFault(key: string): RefusalError | undefined {
  const digits = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(key);
  if (digits === null) return { code: 'KEY_INVALID', message: 'The key must be a UUIDv7', status: 400 };
  const age = Date.now() - parseInt(digits[1]! + digits[2]!, 16);
  if (age < -300_000) return { code: 'KEY_INVALID', message: 'The key is of the future', status: 400 };
  return age > DAY_MS ? { code: 'KEY_EXPIRED', message: 'The key is older than what is remembered', status: 412 } : undefined;
}

const json = (status: number, value: object, type = 'application/json'): Answer => ({ status, headers: { 'content-type': type }, body: Buffer.from(JSON.stringify(value)) });

async function contentOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
