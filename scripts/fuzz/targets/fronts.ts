import fc from 'fast-check';
import { detectFront } from '../../../runtime/request/fronts/detect';
import type { Front, HttpRequest, HttpResponse } from '../../../runtime/request/fronts/front';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { albEvent, functionUrlEvent, httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { idempotentWith } from '../../../runtime/testing/idempotent-with';
import { observed } from '../../../test/support/quiet';
import { equals, holds, prototypesAreClean } from '../holds';
import { json, leaf, name as anyName, objectOf, orAnything } from '../hostile-json';
import type { Json, Target } from '../target';

interface Input {
  readonly [name: string]: Json;
  readonly front: FrontName;
  readonly sent: { readonly method: string; readonly path: string; readonly query: string; readonly headers: Json; readonly body: string };
  /** Members of the event that are something else, by their path. */
  readonly changes: readonly { readonly at: readonly string[]; readonly value: Json }[];
  readonly result: Json;
}

type FrontName = keyof typeof EVENTS;

const EVENTS = {
  'http-api': httpApiEvent,
  'rest-api': restApiEvent,
  'function-url': functionUrlEvent,
  'alb': albEvent,
  'alb-multi': (options: object) => albEvent({ ...options, multiValueHeaders: true }),
  'http-api-v1': (options: object) => ({ ...restApiEvent(options), version: '1.0' }),
} as const;

const PATHS: readonly (readonly string[])[] = [
  ['version'], ['rawPath'], ['rawQueryString'], ['routeKey'], ['cookies'], ['headers'], ['multiValueHeaders'], ['queryStringParameters'], ['multiValueQueryStringParameters'],
  ['pathParameters'], ['path'], ['resource'], ['httpMethod'], ['body'], ['isBase64Encoded'], ['requestContext'], ['requestContext', 'http'], ['requestContext', 'http', 'method'],
  ['requestContext', 'stage'], ['requestContext', 'authorizer'], ['requestContext', 'authorizer', 'jwt'], ['requestContext', 'authorizer', 'lambda'], ['requestContext', 'authorizer', 'claims'],
  ['requestContext', 'identity'], ['requestContext', 'elb'], ['requestContext', 'domainName'], ['requestContext', 'resourcePath'], ['__proto__'], ['constructor'], ['headers', 'Idempotency-Key'],
];
const headerValue = fc.oneof(fc.stringMatching(/^[ -~]{0,12}$/), fc.array(fc.stringMatching(/^[!-~]{1,8}$/), { minLength: 1, maxLength: 2 }));
const headers = fc.dictionary(fc.oneof(fc.constantFrom('Idempotency-Key', 'idempotency-key', 'Origin', 'Accept', 'X-Amzn-Oidc-Identity', '__proto__'), anyName), headerValue, { maxKeys: 3 });
const responseHeaders = orAnything(objectOf(orAnything(fc.oneof(fc.stringMatching(/^[ -~]{0,10}$/), fc.integer(), fc.boolean()) as fc.Arbitrary<Json>), fc.oneof(fc.constantFrom('X-A', 'x-a', 'Set-Cookie', 'set-cookie', 'Content-Type', 'Vary'), anyName)));
const structured = fc.record({
  statusCode: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 200, max: 599 }) as fc.Arbitrary<Json> }, { weight: 1, arbitrary: fc.constantFrom<Json>('201', 0, 99, 600, null, 'abc') }),
  headers: responseHeaders,
  multiValueHeaders: orAnything(objectOf(orAnything(fc.array(fc.stringMatching(/^[ -~]{0,8}$/), { maxLength: 2 }) as fc.Arbitrary<Json>), fc.constantFrom('X-A', 'X-M', 'Set-Cookie'))),
  cookies: orAnything(fc.array(fc.stringMatching(/^[a-z]=[a-z]$/), { maxLength: 2 }) as fc.Arbitrary<Json>),
  body: orAnything(fc.string({ unit: 'grapheme', maxLength: 20 }) as fc.Arbitrary<Json>),
  isBase64Encoded: orAnything(fc.boolean() as fc.Arbitrary<Json>),
}, { requiredKeys: ['statusCode'] });

/** Events of any shape, and whatever a handler may answer: one reading, one execution, one answer. */
export const frontsTarget = (detect: typeof detectFront = detectFront): Target<Input> => ({
  name: 'fronts',
  share: 12,
  inputs: fc.record({
    front: fc.constantFrom(...Object.keys(EVENTS) as FrontName[]),
    sent: fc.record({
      method: fc.constantFrom('POST', 'PUT', 'GET', 'post', 'X', ''),
      path: fc.constantFrom('/payments', '/', '//', '/%', '/%2f/', '/a b', '/é'),
      query: fc.constantFrom('', 'a=1', 'a=1&a=2', '&&', '=', '%', 'a=%zz', '__proto__=1'),
      headers,
      body: fc.string({ unit: 'grapheme', maxLength: 20 }),
    }),
    changes: fc.array(fc.record({ at: fc.constantFrom(...PATHS), value: fc.oneof(leaf, json) }), { maxLength: 3 }),
    result: fc.oneof({ weight: 3, arbitrary: structured as fc.Arbitrary<Json> }, { weight: 1, arbitrary: json }),
  }) as fc.Arbitrary<Input>,
  async check({ front: kind, sent, changes, result }) {
    const event = changes.reduce(changed, EVENTS[kind](sent as object) as unknown as Json);
    const before = JSON.stringify(event);
    const front = detect(event);
    if (front !== undefined) {
      isRequest(front.request(event));
      isRoundTrip(front, event, result);
    }
    await isExecutedOnce(event, front, result);
    holds(JSON.stringify(event) === before, 'the event has been changed');
    prototypesAreClean();
  },
});

/** A copy with another value at `at`, members defined and not assigned. */
function changed(event: Json, { at: [first, ...rest], value }: Input['changes'][number]): Json {
  const members = typeof event === 'object' && event !== null && !Array.isArray(event) ? Object.entries(event) as [string, Json][] : [];
  const former = members.find(([name]) => name === first)?.[1] ?? null;
  const now = rest.length === 0 ? value : changed(former, { at: rest, value });
  return Object.fromEntries([...members.filter(([name]) => name !== first), [first!, now]]);
}

function isRequest({ method, path, query, route, headers: sent, body }: HttpRequest): void {
  for (const text of [method, path, query, route]) holds(typeof text === 'string', 'a part of the request that is no text');
  holds(method === method.toUpperCase(), 'the method is in upper case');
  for (const [key, values] of sent) holds(key === key.toLowerCase() && values.length > 0 && values.every((one) => typeof one === 'string'), `the header ${key}`);
  holds(body instanceof Uint8Array, 'the body is bytes');
}

/** What the gateway would send is what it would send of its own rendering, and a header more changes nothing else. */
function isRoundTrip(front: Front, event: Json, result: Json): void {
  const { malformed, ...response } = front.normalise(result);
  isResponse(response);
  equals(meaningOf(front.normalise(front.render(response, event)), front), meaningOf(response, front), 'a rendered response');
  const marked = front.withHeaders(result, [['X-Marked', 'yes']], event);
  if (malformed) return equals(marked, result, 'a result that is refused');
  const wanted = { ...response, headers: [...response.headers.filter(([name]) => name.toLowerCase() !== 'x-marked'), ['X-Marked', 'yes'] as const] };
  equals(meaningOf(front.normalise(marked), front), meaningOf(wanted, front), 'a response with a header more');
}

function isResponse({ statusCode, headers: pairs, cookies, body, isBase64Encoded }: HttpResponse): void {
  holds(Number.isInteger(statusCode) && statusCode >= 200 && statusCode <= 599, `the status ${statusCode}`);
  holds([body, ...cookies, ...pairs.flat()].every((text) => typeof text === 'string') && typeof isBase64Encoded === 'boolean', 'a part of the response that is no text');
}

/**
 * Values of a name as a set, since a front may join them, and another keeps one of two that are equal; a load balancer
 * without multi-value headers keeps one cookie.
 */
function meaningOf({ statusCode, headers: pairs, cookies, body, isBase64Encoded }: HttpResponse, { kind }: Front): unknown {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    values.set(key, new Set([...values.get(key) ?? [], ...value.split(', ')]));
  }
  return [statusCode, [...values].map(([name, all]) => [name, ...[...all].sort()].join('\n')).sort(), kind === 'alb' ? cookies.at(-1) : cookies, body, isBase64Encoded];
}

/** As a client gets them: what in a text is no base64 is passed over. */
const bytesOf = ({ body, isBase64Encoded }: HttpResponse): Buffer => Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

async function isExecutedOnce(event: Json, front: Front | undefined, result: Json): Promise<void> {
  let executions = 0;
  const handler = async (): Promise<Json> => {
    executions++;
    return result;
  };
  const { logger, metrics } = observed();
  const wrapped = idempotentWith({}, handler, { store: new MemoryStore({}, {}), logger, metrics });
  const first = await wrapped(event, {});
  const afterFirst = executions;
  const second = await wrapped(event, {});
  const key = front === undefined ? undefined : front.request(event).headers.get('idempotency-key');
  const isProtected = key !== undefined && !['GET', 'HEAD', 'OPTIONS'].includes(front!.request(event).method);
  if (!isProtected) {
    equals([executions, first], [2, result], 'an event that is not protected, passed on');
    return;
  }
  holds(executions === afterFirst && executions <= 1, `${executions} executions of one request`);
  const [one, two] = [first, second].map((answer) => front!.normalise(answer));
  equals([two!.statusCode, bytesOf(two!), two!.isBase64Encoded], [one!.statusCode, bytesOf(one!), one!.isBase64Encoded], 'the answer to a retry');
}
