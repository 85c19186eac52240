import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Answer } from '../../../conformance/peers/reference/records';
import type { Around } from '../../../conformance/peers/reference/server';

const MARK = 'X-Idempotent-Replay';
const ORIGIN = 'https://conformance.example';

const pathOf = ({ url }: IncomingMessage): string => new URL(url!, 'http://server').pathname;
const isOperation = (request: IncomingMessage): boolean => !['/effects', '/policy'].includes(pathOf(request)) && request.method !== 'OPTIONS';
const header = ({ headers }: IncomingMessage, name: string): string | undefined => headers[name] as string | undefined;
const actOf = (request: IncomingMessage): string | undefined => (JSON.parse(header(request, 'conformance-act') ?? '{}') as { do?: string }).do;
const bare = (key: string): string => key.replace(/^"(.*)"$/s, '$1');
const isRefusal = ({ status, body }: Answer): boolean => status >= 400 && status < 500 && body.includes('"code"');

const fresh = (status = 201): Answer => ({ status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ id: randomUUID() })) });
const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer =>
  ({ ...answer, headers: { ...answer.headers, ...headers } });
const withoutCors = (answer: Answer): Answer =>
  ({ ...answer, headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'))) });

/** Changes what the operation answers. */
const answering = (change: (answer: Answer, request: IncomingMessage) => Answer): Around => async (request, content, answer) => {
  const own = await answer(await content());
  return isOperation(request) ? change(own, request) : own;
};

/** Changes requests before the server sees them; an answer stands in the place of its own. */
const reading = (change: (request: IncomingMessage, content: Buffer) => Buffer | Answer | void): Around => async (request, content, answer) => {
  const own = await content();
  const changed = isOperation(request) ? change(request, own) : undefined;
  return changed !== undefined && 'status' in changed ? changed : answer(changed ?? own);
};

const keyed = (change: (key: string, request: IncomingMessage) => string | undefined): Around => reading((request) => {
  const key = header(request, 'idempotency-key');
  const changed = key === undefined ? undefined : change(key, request);
  if (changed === undefined) delete request.headers['idempotency-key'];
  else request.headers['idempotency-key'] = changed;
});

/** Decides by what a key was answered before. */
function afterwards(decide: (first: Answer, request: IncomingMessage) => Answer | undefined, note = (_: Answer): boolean => true): Around {
  const firsts = new Map<string, Answer>();
  return async (request, content, answer) => {
    const own = await content();
    const key = header(request, 'idempotency-key');
    if (!isOperation(request) || key === undefined) return answer(own);
    const first = firsts.get(bare(key).replace(/^"/, ''));
    const decided = first && decide(first, request);
    if (decided !== undefined) return decided;
    const came = await answer(own);
    if (note(came)) firsts.set(bare(key).replace(/^"/, ''), came);
    return came;
  };
}

/** One request at a time, whosever it is. */
function locked(): Around {
  let last: Promise<unknown> = Promise.resolve();
  return async (request, content, answer) => {
    const own = await content();
    if (!isOperation(request)) return answer(own);
    const mine = last.then(() => answer(own));
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** After the first two requests, which is what the suite looks at a target with. */
function laterOn(change: () => Answer): Around {
  let operations = 0;
  return reading(() => (++operations > 2 ? change() : undefined));
}

/** The reference server, wrong in one thing, and tests that have to see it. */
export interface WrongServer {
  readonly what: string;
  /** Without a list, it is so wrong that most of the tests see it. */
  readonly seenBy?: readonly string[];
  /** What it remembers is its own: once for each server. */
  readonly around: () => Around;
}

/** Each test must fail on one of them: a test that cannot fail says nothing. */
export const WRONG_SERVERS: readonly WrongServer[] = [
  {
    what: 'refusals say nothing',
    seenBy: [
      'mismatch.described', 'mismatch.link', 'mismatch.retry-hint', 'in-flight.described', 'in-flight.link', 'in-flight.retry-after',
      'in-flight.retry-hint', 'key.error-described', 'key.missing-link', 'errors.problem-mismatch', 'errors.problem-conflict',
      'errors.problem-malformed', 'errors.json', 'errors.language',
    ],
    around: () => answering((answer) => (isRefusal(answer) ? { status: answer.status, headers: {}, body: Buffer.alloc(0) } : answer)),
  },
  {
    what: 'replays are of the status alone',
    seenBy: [
      'replay.same', 'replay.unicode', 'replay.json-as-sent', 'replay.binary', 'replay.20-kb', 'replay.300-kb', 'replay.marked',
      'replay.content-encoding', 'replay.client-error', 'replay.interleaved', 'replay.parallel',
    ],
    around: () => answering((answer) => (answer.headers[MARK] === undefined ? answer
      : { status: answer.status, headers: { 'content-type': 'text/html', 'age': '5', 'set-cookie': 'session=abc' }, body: Buffer.from('done') })),
  },
  {
    what: 'replays are of another status',
    seenBy: ['replay.status', 'replay.no-content', 'replay.redirect', 'replay.server-error', 'replay.not-found'],
    around: () => answering((answer) => (answer.headers[MARK] === undefined ? answer : { ...answer, status: 200 })),
  },
  {
    what: 'replays keep the first one\'s session',
    seenBy: ['replay.no-age', 'replay.set-cookie'],
    around: () => answering((answer) =>
      (answer.headers[MARK] === undefined ? answer : withHeaders(answer, { 'age': '5', 'set-cookie': 'session=abc' }))),
  },
  {
    what: 'replays have no headers',
    seenBy: [
      'replay.content-type', 'replay.location', 'replay.own-header', 'replay.cache-control', 'replay.etag', 'replay.server-error-hint',
    ],
    around: () => answering((answer) => (answer.headers[MARK] === undefined ? answer : { ...answer, headers: { [MARK]: 'true' } })),
  },
  {
    what: 'every answer is a marked replay, for caches to keep',
    seenBy: ['replay.first-unmarked', 'replay.error-unmarked', 'in-flight.first-unharmed', 'errors.not-stored'],
    around: () => answering((answer) => withHeaders(answer, { [MARK]: 'true', 'cache-control': 'public, max-age=60' })),
  },
  {
    what: 'refusals repeat the key',
    seenBy: ['key.not-echoed'],
    around: () => answering((answer, request) =>
      (isRefusal(answer) ? { ...answer, body: Buffer.concat([answer.body, Buffer.from(header(request, 'idempotency-key') ?? '')]) } : answer)),
  },
  {
    what: 'everything is done one at a time',
    seenBy: ['in-flight.other-key', 'in-flight.without-key', 'tenants.in-flight'],
    around: () => locked(),
  },
  {
    what: 'a request without a key has one all the same',
    seenBy: ['key.absent'],
    around: () => reading((request) => void (request.headers['idempotency-key'] ??= 'none')),
  },
  {
    what: 'a GET uses up a key',
    seenBy: ['methods.get', 'methods.head', 'methods.get-burns-nothing'],
    around: () => reading((request) => {
      if ((request.method === 'GET' || request.method === 'HEAD') && header(request, 'idempotency-key') !== undefined) request.method = 'POST';
    }),
  },
  {
    what: 'tenants are one',
    seenBy: ['tenants.isolated', 'tenants.no-oracle', 'tenants.unauthorized'],
    around: () => reading((request) => void (request.headers.authorization = 'Bearer token-of-a')),
  },
  {
    what: 'a malformed key is used up',
    seenBy: ['key.not-burnt'],
    around: () => afterwards((first) => first, ({ status }) => status === 400),
  },
  {
    what: 'a conflict is the answer from then on',
    seenBy: ['in-flight.conflict-not-kept'],
    around: () => afterwards((first) => first, ({ status }) => status === 409),
  },
  {
    what: 'a body that was refused once is always refused',
    seenBy: ['mismatch.error-kept'],
    around: () => {
      const refused = new Set<string>();
      return async (_, content, answer) => {
        const own = await content();
        if (refused.has(own.toString())) return { ...fresh(422) };
        const came = await answer(own);
        if (came.status === 422) refused.add(own.toString());
        return came;
      };
    },
  },
  {
    what: 'a failed handler is a success',
    seenBy: ['crash.throw-answered', 'crash.exit-answered'],
    around: () => reading((request) => (['throw', 'exit'].includes(actOf(request) ?? '') ? fresh(200) : undefined)),
  },
  {
    what: 'a failed handler holds its key for ever',
    seenBy: ['crash.throw-not-stuck'],
    around: () => afterwards(
      (_, request) => (['throw', 'exit', 'hang'].includes(actOf(request) ?? '') ? fresh(409) : undefined), ({ status }) => status >= 500),
  },
  {
    what: 'numbers and members of JSON are compared as they parse',
    seenBy: ['mismatch.json-numbers', 'mismatch.json-duplicates'],
    around: () => reading((request, content) =>
      (header(request, 'content-type')?.startsWith('application/json') ? Buffer.from(JSON.stringify(JSON.parse(content.toString()))) : content)),
  },
  {
    what: 'the begin of a body is compared',
    seenBy: ['mismatch.last-byte'],
    around: () => reading((_, content) => content.subarray(0, 1000)),
  },
  {
    what: 'the client\'s name is compared',
    seenBy: ['replay.other-headers'],
    around: () => reading((request, content) => Buffer.concat([content, Buffer.from(header(request, 'user-agent') ?? '')])),
  },
  {
    what: 'what a page asks for is run again',
    seenBy: ['errors.accept-html'],
    around: () => keyed((key, { headers: { accept } }) => (accept === 'text/html' ? randomUUID() : key)),
  },
  {
    what: 'the version of HTTP is part of a key',
    seenBy: ['connection.http2'],
    around: () => keyed((key, { httpVersion }) => `${bare(key)}-${httpVersion}`),
  },
  {
    what: 'keys are compared without case',
    seenBy: ['key.value-case'],
    around: () => keyed((key) => key.toLowerCase()),
  },
  {
    what: 'a key ends at a colon',
    seenBy: ['key.prefix'],
    around: () => keyed((key) => bare(key).split(':')[0]!),
  },
  {
    what: 'keys are numbers where they can be',
    seenBy: ['key.digits'],
    around: () => keyed((key) => (/^"?\d+"?$/.test(key) ? String(Number(bare(key))) : key)),
  },
  {
    what: 'keys are cut',
    seenBy: ['key.not-truncated'],
    around: () => keyed((key) => bare(key).slice(0, 60)),
  },
  {
    what: 'escapes are left out',
    seenBy: ['key.escapes-count'],
    around: () => keyed((key) => key.replace(/\\["\\]/g, '-')),
  },
  {
    what: 'a broken key is none',
    seenBy: [
      'key.unbalanced-quote', 'key.quote-inside', 'key.parameters', 'key.empty', 'key.empty-string', 'key.two-headers',
      'key.two-headers-quoted', 'key.two-equal-headers', 'key.comma-joined', 'key.comma-bare', 'key.length-256', 'key.control-character',
    ],
    around: () => keyed((key) => (/^[\x21\x23-\x2b\x2d-\x7e]{1,255}$|^"[^"]+"$/.test(key) ? key : undefined)),
  },
  {
    what: 'half a request is run',
    seenBy: ['connection.half-a-request'],
    around: () => async (_, content, answer) => answer(await content().catch(() => Buffer.from('{}'))),
  },
  {
    what: 'no answer is as long as it says',
    seenBy: ['replay.content-length', 'errors.length'],
    around: () => answering((answer) =>
      (answer.headers[MARK] !== undefined || isRefusal(answer) ? withHeaders(answer, { 'content-length': '1' }) : answer)),
  },
  {
    what: 'only a first answer is for pages',
    seenBy: ['cors.preflight-allows-key', 'cors.replay-readable', 'errors.cors-mismatch', 'errors.cors-malformed'],
    around: () => async (request, content, answer) => {
      const own = await answer(await content());
      return request.method === 'OPTIONS' || own.headers[MARK] !== undefined || isRefusal(own) ? withoutCors(own) : own;
    },
  },
  {
    what: 'the mark is not for pages',
    seenBy: ['cors.marker-exposed'],
    around: () => answering((answer) => withHeaders(answer, { 'access-control-expose-headers': 'ETag' })),
  },
  {
    what: 'one origin is allowed to all',
    seenBy: ['cors.origin-not-replayed'],
    around: () => answering((answer) => withHeaders(answer, { 'access-control-allow-origin': ORIGIN })),
  },
  {
    what: 'a preflight runs the operation',
    seenBy: ['cors.preflight-runs-nothing'],
    around: () => async (request, content, answer) => {
      if (request.method === 'OPTIONS') {
        request.method = 'POST';
        request.headers.authorization = 'Bearer token-of-a';
      }
      return answer(await content());
    },
  },
  {
    what: 'nothing is published',
    seenBy: ['policy.published'],
    around: () => async (request, content, answer) => (pathOf(request) === '/policy' ? fresh(404) : answer(await content())),
  },
  {
    what: 'next to nothing is published',
    seenBy: ['policy.expiry', 'policy.errors', 'policy.key-format'],
    around: () => async (request, content, answer) => (pathOf(request) === '/policy' ? { ...fresh(200), body: Buffer.from('Send an Idempotency-Key.') } : answer(await content())),
  },
  {
    what: 'one answer is everybody\'s',
    seenBy: ['in-flight.parallel-keys', 'replay.two-keys'],
    around: () => {
      const answer = fresh();
      return laterOn(() => answer);
    },
  },
  {
    what: 'keys are not read',
    around: () => keyed(() => undefined),
  },
  {
    what: 'a key is answered as its first request was, for ever, whatever comes',
    around: () => afterwards((first) => first),
  },
  {
    what: 'every retry fails',
    around: () => afterwards(() => ({ ...fresh(500), body: Buffer.from('no') })),
  },
  {
    what: 'nothing is refused',
    around: () => answering((answer) => (answer.status >= 400 ? fresh() : answer)),
  },
  {
    what: 'nothing runs',
    around: () => laterOn(fresh),
  },
];
