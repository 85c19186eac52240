import type { Expectation, Sending, TestDefinition } from '../definition';
import { again, first, held, once, release, send, WANTS_PROBLEM } from './steps';
import { ietf, ours, rfc9110, stripe } from '../rules';

const REUSED = ietf('2.7', 'SHOULD reply with 422 if a key is reused with a different request payload');

/** Never the answer that belongs to another request. */
const ANOTHER_OR_REFUSED: Expectation = { anyOf: [{ status: 'failure' }, { status: 'success', unlike: 'first' }] };

/** The key once more, for a request that differs in one thing. */
const notAnswered = (id: string, title: TestDefinition['title'], says: string, differing: Omit<Sending, 'key'>, levels?: TestDefinition['levels']): TestDefinition => ({
  id: `mismatch.${id}`,
  title,
  rule: ours(says),
  dependsOn: ['replay.once'],
  ...(levels === undefined ? {} : { levels }),
  steps: [first(), send('other', ANOTHER_OR_REFUSED, { ...differing, effect: 'other' })],
});

/** A key that comes with another request. */
export const mismatch: readonly TestDefinition[] = [
  {
    id: 'mismatch.body',
    title: 'SHOULD answer 422 to a used key with another body',
    rule: REUSED,
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [first(), send('other', { status: 'mismatch' }, { body: 'other' }), once],
  },
  {
    id: 'mismatch.not-run',
    title: 'MUST NOT run another request under a used key',
    rule: ietf('2.7', 'the resource MUST fail the request and return one of the errors'),
    steps: [first(), send('other', {}, { body: 'other', effect: 'other' }), { do: 'effects', of: 'other', is: 0 }],
    needs: ['effects'],
  },
  {
    id: 'mismatch.not-answered',
    title: 'SHOULD NOT give the first request\'s answer to another body',
    rule: ietf('2.4', 'a fingerprint MAY be used to determine the uniqueness of a request; without one a client is told that something was done which was not'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [first(), send('other', ANOTHER_OR_REFUSED, { body: 'other' })],
  },
  {
    id: 'mismatch.described',
    title: 'SHOULD say in a 422 what is wrong',
    rule: REUSED,
    dependsOn: ['mismatch.body'],
    steps: [first(), send('other', { status: 'mismatch', described: true }, { body: 'other' })],
  },
  {
    id: 'mismatch.link',
    title: 'SHOULD link to documentation in a 422',
    rule: ietf('2.7', 'with body containing a link pointing to relevant documentation, or a Link header'),
    dependsOn: ['mismatch.body'],
    levels: { stripe: 'none' },
    steps: [first(), send('other', { status: 'mismatch', link: true }, { body: 'other', headers: WANTS_PROBLEM })],
  },
  {
    id: 'mismatch.retry-hint',
    title: 'CHECK whether a 422 tells client libraries not to retry',
    rule: ours('no retry of it can succeed; some libraries obey X-Should-Retry'),
    dependsOn: ['mismatch.body'],
    levels: { ours: 'MUST', stripe: 'none' },
    steps: [first(), send('other', { status: 'mismatch', headers: { 'x-should-retry': { is: 'false' } } }, { body: 'other' })],
  },
  {
    id: 'mismatch.repeated',
    title: 'MUST fail the wrong request again when it is sent again',
    rule: ietf('2.7', 'clients MUST correct the request, or the resource MUST fail it'),
    dependsOn: ['mismatch.body'],
    steps: [first(), send('other', { status: 'mismatch' }, { body: 'other' }), send('other again', { status: 'mismatch' }, { body: 'other' }), once],
  },
  {
    id: 'mismatch.original-kept',
    title: 'SHOULD keep the first answer whatever else came under its key',
    rule: ietf('2.6', 'the result of the previously completed operation'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['replay.same', 'mismatch.body'],
    steps: [first(), send('other', { status: 'mismatch' }, { body: 'other' }), again({ sameAs: 'first' }), once],
  },
  {
    id: 'mismatch.in-flight',
    title: 'SHOULD tell a mismatch while the first request is running',
    rule: ours('a client that is told to wait waits for an answer that is not its own'),
    dependsOn: ['mismatch.body'],
    levels: { stripe: 'CHECK', ours: 'MUST' },
    steps: [...held(), send('other', { status: 'mismatch' }, { body: 'other' }), once, release],
  },
  {
    id: 'mismatch.in-flight-not-run',
    title: 'MUST NOT run another request under the key of one that is running',
    rule: ietf('2.2', 'a key MUST NOT be reused with another request with a different request payload'),
    steps: [
      ...held(),
      send('other', { status: 'failure' }, { body: 'other', effect: 'other' }),
      { do: 'effects', of: 'other', is: 0 },
      release,
    ],
  },
  {
    id: 'mismatch.empty-body',
    title: 'SHOULD tell an empty body from the first one',
    rule: REUSED,
    dependsOn: ['mismatch.body'],
    levels: { ours: 'MUST' },
    steps: [first(), send('empty', { anyOf: [{ status: 'mismatch' }, { status: 'malformed' }] }, { body: 'none' }), once],
  },
  {
    id: 'mismatch.last-byte',
    title: 'SHOULD tell two large bodies apart by their last byte',
    rule: ietf('2.4', 'a checksum of the entire request payload is one way to make a fingerprint'),
    dependsOn: ['mismatch.body'],
    levels: { ours: 'MUST' },
    steps: [
      first({ body: { bytes: 200_000, lastByte: 'a' } }),
      send('other', { status: 'mismatch' }, { body: { bytes: 200_000, lastByte: 'b' } }),
      once,
    ],
  },
  {
    id: 'mismatch.json-order',
    title: 'CHECK whether JSON with its members in another order counts as the same request',
    rule: ietf('2.4', 'a field value match is one way to make a fingerprint'),
    levels: { ours: 'CHECK', stripe: 'CHECK' },
    dependsOn: ['mismatch.body'],
    steps: [
      first({ body: { text: '{"amount":100,"currency":"USD"}', type: 'application/json' } }),
      again({ sameAs: 'first' }, { body: { text: '{"currency":"USD","amount":100}', type: 'application/json' } }),
    ],
  },
  {
    id: 'mismatch.json-numbers',
    title: 'CHECK whether two amounts are told apart that round alike',
    rule: ours('numbers beyond 2^53 are equal once they are parsed into doubles'),
    levels: { stripe: 'CHECK', ours: 'MUST' },
    dependsOn: ['mismatch.body'],
    steps: [
      first({ body: { text: '{"amount":9007199254740993}', type: 'application/json' } }),
      send('other', { status: 'mismatch' }, { body: { text: '{"amount":9007199254740992}', type: 'application/json' } }),
      once,
    ],
  },
  {
    id: 'mismatch.json-duplicates',
    title: 'CHECK whether JSON with a member twice is told from JSON with it once',
    rule: ours('parsers disagree on which one counts, so that two requests for two amounts may parse alike'),
    levels: { ours: 'MUST', stripe: 'CHECK' },
    dependsOn: ['mismatch.body'],
    steps: [
      first({ body: { text: '{"amount":1,"amount":2}', type: 'application/json' } }),
      send('other', { status: 'mismatch' }, { body: { text: '{"amount":2}', type: 'application/json' } }),
      once,
    ],
  },
  notAnswered('query', 'SHOULD NOT give the first answer to another query string', 'the query is part of what was asked for', { query: 'dry-run=true' },
    { ours: 'MUST', stripe: 'SHOULD' }),
  notAnswered('path', 'SHOULD NOT give the first answer to another operation of the API', 'an answer of another endpoint is no answer, and may be a leak',
    { route: 'other' }, { stripe: 'MUST', ours: 'MUST' }),
  {
    id: 'mismatch.method',
    title: 'MUST NOT give the first answer to another method',
    rule: rfc9110('9.1', 'the method is what says what is asked for'),
    dependsOn: ['replay.once'],
    steps: [
      first(),
      send('other', ANOTHER_OR_REFUSED, { method: 'PUT', effect: 'other', lacking: { statuses: [404, 405, 501], reason: 'there is no PUT here' } }),
    ],
  },
  {
    id: 'mismatch.error-kept',
    title: 'MUST NOT keep a 422 as the answer of the request that was refused',
    rule: stripe('if incoming parameters fail validation nothing is saved'),
    dependsOn: ['mismatch.body'],
    steps: [
      first(),
      { do: 'send', as: 'refused', setup: true, expect: { status: 'mismatch' }, body: 'other', effect: 'other' },
      send('with its own key', { status: 'success' }, { body: 'other', effect: 'other', key: '{key:L}' }),
      { do: 'effects', of: 'other', is: 1 },
    ],
  },
];
