import type { Act, Expectation, TestDefinition } from '../definition';
import { again, first, once, send } from './steps';
import { ietf, ours, rfc9110, rfc9111, stripe, type Rule } from '../rules';

const RESULT = ietf('2.6', 'SHOULD respond with the result of the previously completed operation, success or an error');
const STRIPE_RESULT = { stripe: 'MUST', ours: 'MUST' } as const;

/** What the handler answers is what a retry is answered. */
const kept = (
  name: string, what: string, act: Act, setup: Expectation, expect: Expectation = {}, rule: Rule = RESULT, levels: TestDefinition['levels'] = STRIPE_RESULT,
): TestDefinition => ({
  id: `replay.${name}`,
  title: `SHOULD replay ${what}`,
  rule,
  levels,
  dependsOn: ['replay.once'],
  steps: [
    { do: 'send', as: 'first', setup: true, expect: setup, act },
    again({ sameAs: 'first', ...expect }, { act }),
    once,
  ],
});

const BYTES = Buffer.from([0, 1, 127, 128, 254, 255, 10, 13, 0xc3, 0x28]).toString('base64');
/** "conformance", with gzip. */
const GZIPPED = 'H4sIAAAAAAACA0vOz0vLL8pNzEtOBQDnFRXoCwAAAA==';

/** A retry after the first answer. */
export const replay: readonly TestDefinition[] = [
  {
    id: 'replay.first-runs',
    title: 'SHOULD process the first request with a key normally',
    rule: ietf('2.6', 'SHOULD process the request normally and respond with an appropriate response'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [send('first', { status: 'success' }), once],
  },
  {
    id: 'replay.two-keys',
    title: 'MUST run two requests that are alike under two keys',
    rule: ietf('2.2', 'a key is unique to its operation'),
    steps: [
      first({ effect: 'one' }),
      send('second', { status: 'success', unlike: 'first' }, { key: '{key:L}', effect: 'two' }),
      { do: 'effects', of: 'two', is: 1 },
    ],
  },
  {
    id: 'replay.once',
    title: 'MUST NOT run an operation a second time when its request is sent again',
    rule: rfc9110('9.2.2', 'idempotent: the intended effect of several identical requests is that of one, which is what the draft\'s key makes of POST and PATCH'),
    steps: [first(), again({ anyOf: [{ sameAs: 'first' }, { status: 'failure' }] }), once],
  },
  {
    id: 'replay.often',
    title: 'MUST NOT run an operation again however often it is retried',
    rule: rfc9110('9.2.2', 'the intended effect of several identical requests is that of one'),
    dependsOn: ['replay.once'],
    steps: [
      first(),
      ...['second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'].map((as) => send(as, { sameAs: 'first' })),
      once,
    ],
  },
  {
    id: 'replay.parallel',
    title: 'SHOULD give the one answer to many retries at once after the first has completed',
    rule: RESULT,
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      first(),
      { do: 'parallel', as: 'retries', count: 20, keys: 'one', each: { sameAs: 'first' } },
      once,
    ],
  },
  {
    id: 'replay.same',
    title: 'SHOULD replay status and body as they were',
    rule: RESULT,
    levels: STRIPE_RESULT,
    dependsOn: ['replay.once'],
    steps: [first(), again({ sameAs: 'first' })],
  },
  {
    id: 'replay.interleaved',
    title: 'MUST NOT give one key the answer of another when two are used in turns',
    rule: ietf('2.2', 'a key is unique to its operation'),
    dependsOn: ['replay.once'],
    steps: [
      first({ effect: 'one' }),
      send('other', { status: 'success' }, { key: '{key:L}', effect: 'two' }),
      again({ sameAs: 'first' }, { effect: 'one' }),
      send('other again', { sameAs: 'other' }, { key: '{key:L}', effect: 'two' }),
    ],
  },
  {
    id: 'replay.marked',
    title: 'MAY mark a replay',
    rule: stripe('a replay bears Idempotent-Replayed: true'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [first(), again({ sameAs: 'first', replay: true })],
  },
  {
    id: 'replay.first-unmarked',
    title: 'SHOULD NOT mark the first answer as a replay',
    rule: ours('a mark on what just ran tells a client that nothing ran'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [send('first', { status: 'success', replay: false })],
  },
  {
    id: 'replay.error-unmarked',
    title: 'SHOULD NOT mark a refusal as a replay',
    rule: ours('a client takes what is marked for the operation\'s result'),
    dependsOn: ['mismatch.body'],
    levels: { ours: 'MUST' },
    steps: [first(), send('other', { status: 'mismatch', replay: false }, { body: 'other' })],
  },
  kept('status', 'the status', { status: 202 }, { status: 202 }),
  kept('content-type', 'the content type', { body: 'a,b', headers: { 'content-type': 'text/csv' } },
    { status: 'success', headers: { 'content-type': { matches: '^text/csv' } } }, { headers: { 'content-type': { sameAs: 'first' } } }),
  kept('location', 'Location', { status: 201, headers: { location: '/payments/1' } },
    { status: 201, headers: { location: { present: true } } }, { headers: { location: { sameAs: 'first' } } },
    rfc9110('10.2.2', 'Location is how a 201 names what was made'), { ours: 'MUST', stripe: 'none' }),
  kept('own-header', 'a header of the operation\'s own', { headers: { 'x-payment-state': 'captured' } },
    { status: 'success', headers: { 'x-payment-state': { is: 'captured' } } }, { headers: { 'x-payment-state': { sameAs: 'first' } } },
    RESULT, { stripe: 'none', ours: 'MUST' }),
  kept('unicode', 'text beyond ASCII', { body: '{"name":"Zo\u00eb \u2713"}' }, { status: 'success' }),
  kept('json-as-sent', 'JSON byte for byte', { body: '{ "total" : 1.0, "n": 12345678901234567890 }', headers: { 'content-type': 'application/json' } },
    { status: 'success', body: { is: '{ "total" : 1.0, "n": 12345678901234567890 }' } }),
  kept('no-content', 'a 204', { status: 204, body: '' }, { status: 204 }),
  kept('empty', 'an empty body', { status: 200, body: '' }, { status: 200, body: { is: '' } }),
  kept('redirect', 'a redirect', { status: 303, headers: { location: '/payments/2' }, body: '' },
    { status: 303, headers: { location: { present: true } } }, { headers: { location: { sameAs: 'first' } } }),
  kept('binary', 'bytes that are no text', { base64: BYTES, headers: { 'content-type': 'application/octet-stream' } },
    { status: 'success', body: { base64: BYTES } }, {}, RESULT, { stripe: 'none', ours: 'MUST' }),
  kept('content-encoding', 'a compressed body with its encoding', { base64: GZIPPED, headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } },
    { status: 'success', headers: { 'content-encoding': { is: 'gzip' } }, body: { base64: GZIPPED } },
    { headers: { 'content-encoding': { is: 'gzip' } } }, rfc9110('8.4', 'without it the body cannot be read'), { stripe: 'none', ours: 'MUST' }),
  kept('20-kb', 'a body of 20 kB', { random: 20_000 }, { status: 'success' }),
  kept('300-kb', 'a body of 300 kB', { random: 300_000 }, { status: 'success' }),
  {
    id: 'replay.1-mb',
    title: 'MUST NOT run again an operation whose answer of 1 MB is too large to keep',
    rule: rfc9110('9.2.2', 'the intended effect of several identical requests is that of one'),
    dependsOn: ['replay.once'],
    levels: { stripe: 'none' },
    steps: [
      send('first', {}, { act: { random: 1_000_000 } }),
      again({ anyOf: [{ sameAs: 'first' }, { status: 'failure' }] }, { act: { random: 1_000_000 } }),
      { do: 'effects', atMost: 1 },
    ],
  },
  kept('client-error', 'a refusal of the operation itself (402)', { status: 402, body: '{"error":"card declined"}' }, { status: 402 }),
  kept('not-found', 'a 404 of the operation itself', { status: 404, body: '{"error":"no such account"}' }, { status: 404 }),
  kept('server-error', 'a 500 that the operation answered', { status: 500, body: '{"error":"ledger is out of balance"}' }, { status: 500 }, {},
    RESULT, { stripe: 'MUST', ours: 'MUST' }),
  {
    id: 'replay.server-error-once',
    title: 'SHOULD NOT run again an operation that answered 500',
    rule: ietf('2.6', 'the result of the previously completed operation, success or an error'),
    dependsOn: ['replay.once'],
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { status: 500, body: '{"error":"late"}' } },
      again({ status: 'error' }, { act: { status: 500, body: '{"error":"late"}' } }),
      once,
    ],
  },
  {
    id: 'replay.server-error-hint',
    title: 'CHECK whether a replayed 503 tells client libraries not to retry',
    rule: ours('libraries retry a 503, and each retry would get the same recorded answer: X-Should-Retry: false ends it'),
    levels: { stripe: 'none', ours: 'MUST' },
    dependsOn: ['replay.once', 'replay.server-error'],
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 503 }, act: { status: 503, body: '{}' } },
      again({ sameAs: 'first', headers: { 'x-should-retry': { is: 'false' } } }, { act: { status: 503, body: '{}' } }),
    ],
  },
  {
    id: 'replay.content-length',
    title: 'MUST send a replay whose length is what Content-Length says',
    rule: rfc9110('8.6', 'Content-Length is the length of the content'),
    dependsOn: ['replay.once'],
    steps: [first(), again({ sameAs: 'first' }, { over: 'bytes' })],
  },
  {
    id: 'replay.set-cookie',
    title: 'SHOULD NOT replay Set-Cookie',
    rule: ours('a replay may go to another user of the same tenant, and a cookie is the first one\'s session'),
    levels: { stripe: 'none', ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      first({ act: { headers: { 'set-cookie': 'session=abc; HttpOnly' } } }),
      again({ sameAs: 'first', headers: { 'set-cookie': { absent: true } } }, { act: { headers: { 'set-cookie': 'session=abc; HttpOnly' } } }),
    ],
  },
  {
    id: 'replay.cache-control',
    title: 'SHOULD replay the answer\'s own Cache-Control',
    rule: rfc9111('5.2.2', 'how an answer may be stored is part of it'),
    levels: { stripe: 'none', ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      { do: 'send', as: 'first', setup: true, act: { headers: { 'cache-control': 'no-store' } }, expect: { status: 'success', headers: { 'cache-control': { is: 'no-store' } } } },
      again({ sameAs: 'first', headers: { 'cache-control': { is: 'no-store' } } }, { act: { headers: { 'cache-control': 'no-store' } } }),
    ],
  },
  {
    id: 'replay.etag',
    title: 'SHOULD replay the answer\'s own ETag',
    rule: rfc9110('8.8.3', 'a client needs it to change later what was made'),
    levels: { stripe: 'none', ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      { do: 'send', as: 'first', setup: true, act: { headers: { etag: '"v1"' } }, expect: { status: 'success', headers: { etag: { is: '"v1"' } } } },
      again({ sameAs: 'first', headers: { etag: { is: '"v1"' } } }, { act: { headers: { etag: '"v1"' } } }),
    ],
  },
  {
    id: 'replay.no-age',
    title: 'SHOULD NOT send Age with a replay',
    rule: rfc9111('5.1', 'Age is what a cache adds: the origin was not asked'),
    levels: { stripe: 'none' },
    dependsOn: ['replay.once'],
    steps: [first(), again({ sameAs: 'first', headers: { age: { absent: true } } })],
  },
  {
    id: 'replay.other-headers',
    title: 'SHOULD take a retry for one whatever its other headers are',
    rule: ietf('2.4', 'a fingerprint is made of the payload'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      first({ headers: { 'user-agent': 'first/1.0', 'traceparent': '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } }),
      again({ sameAs: 'first' }, { headers: { 'user-agent': 'second/2.0', 'traceparent': '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' } }),
      once,
    ],
  },
];
