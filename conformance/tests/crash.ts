import type { TestDefinition } from '../definition';
import { again, first, held, once, release, send } from './steps';
import { ietf, ours, rfc9110 } from '../rules';

const brief = { route: 'brief' } as const;

/** A handler that fails before it has answered. */
export const crash: readonly TestDefinition[] = [
  {
    id: 'crash.throw-answered',
    title: 'MUST answer a request whose handler throws with an error',
    rule: rfc9110('15.6', 'the server failed'),
    steps: [send('first', { status: 'error' }, { act: { do: 'throw' } })],
  },
  {
    id: 'crash.throw-once',
    title: 'CHECK whether a retry after a throw is answered with the same error, and runs nothing',
    rule: ietf('2.6', 'the result of the previously completed operation, success or an error'),
    levels: { ours: 'MUST', stripe: 'MUST' },
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { do: 'throw' } },
      again({ status: 'error' }, { act: { do: 'throw' } }),
      once,
    ],
  },
  {
    id: 'crash.throw-not-stuck',
    title: 'SHOULD NOT answer 409 for ever after a handler has thrown',
    rule: ours('nothing is being processed any more'),
    levels: { ours: 'MUST' },
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { do: 'throw' }, ...brief },
      { do: 'poll', as: 'again', while: { status: 'conflict' }, within: 'lease', act: { do: 'throw' }, ...brief },
    ],
  },
  {
    id: 'crash.exit-answered',
    title: 'MUST answer a request whose process dies with an error',
    rule: rfc9110('15.6', 'the server failed'),
    steps: [send('first', { status: 'error' }, { act: { do: 'exit' }, ...brief })],
  },
  {
    id: 'crash.exit-not-at-once',
    title: 'SHOULD NOT run an operation again right after its process died',
    rule: ours('nobody knows yet whether the first run is over, or has only lost its connection'),
    levels: { ours: 'MUST' },
    dependsOn: ['crash.exit-answered'],
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { do: 'exit' }, ...brief },
      again({ anyOf: [{ status: 'conflict' }, { status: 'error' }] }, { act: { do: 'exit' }, ...brief }),
      once,
    ],
  },
  {
    id: 'crash.exit-not-kept',
    title: 'SHOULD NOT answer with a dead process\'s error for ever',
    rule: ours('nothing was completed, so there is no result to keep, and a key that can never succeed is a lost order'),
    levels: { ours: 'MUST' },
    dependsOn: ['crash.exit-answered'],
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { do: 'exit' }, ...brief },
      {
        do: 'poll',
        as: 'again',
        act: { do: 'exit' },
        while: { anyOf: [{ status: 'conflict' }, { status: 'error' }] },
        within: 'lease',
        ...brief,
        expect: { status: 'success' },
      },
      { do: 'effects', is: 2 },
    ],
  },
  {
    id: 'crash.exit-one-takes-over',
    title: 'MUST let one retry alone take over, however many there are',
    rule: rfc9110('9.2.2', 'the intended effect of several identical requests is that of one'),
    dependsOn: ['crash.exit-not-kept'],
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { do: 'exit' }, ...brief },
      { do: 'poll', as: 'takeover', act: { do: 'exit' }, while: { anyOf: [{ status: 'conflict' }, { status: 'error' }] }, within: 'lease', ...brief },
      { do: 'parallel', as: 'retries', count: 10, keys: 'one', act: { do: 'exit' }, each: { sameAs: 'takeover' }, ...brief },
      { do: 'effects', is: 2 },
    ],
  },
  {
    id: 'crash.exit-other-request',
    title: 'SHOULD NOT let another request take over the key of one that died',
    rule: ietf('2.2', 'a key MUST NOT be reused with another request with a different request payload'),
    dependsOn: ['crash.exit-not-kept', 'mismatch.body'],
    levels: { ours: 'MUST' },
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'error' }, act: { do: 'exit' }, ...brief },
      send('other', { status: 'mismatch' }, { body: 'other', effect: 'other', ...brief }),
      { do: 'poll', as: 'again', act: { do: 'exit' }, while: { anyOf: [{ status: 'conflict' }, { status: 'error' }] }, within: 'lease', ...brief },
      send('other after the takeover', { status: 'mismatch' }, { body: 'other', effect: 'other', ...brief }),
      { do: 'effects', of: 'other', is: 0 },
    ],
  },
  {
    id: 'crash.hang-not-stuck',
    title: 'SHOULD NOT be stuck after a handler that never ended',
    rule: ours('an operation that timed out has to be answered one day'),
    levels: { ours: 'MUST' },
    steps: [
      { do: 'start', as: 'first', act: { do: 'hang' }, ...brief },
      { do: 'running' },
      { do: 'poll', as: 'again', act: { do: 'hang' }, while: { anyOf: [{ status: 'conflict' }, { status: 'error' }] }, within: 'lease', ...brief, expect: { status: 'success' } },
      { do: 'effects', is: 2 },
    ],
  },
  {
    id: 'crash.late-completion',
    title: 'SHOULD NOT let a run that was taken over replace the answer that was given since',
    rule: ietf('2.6', 'the result of the previously completed operation: a client that was told one would find another on its next retry'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [
      ...held(brief),
      { do: 'poll', as: 'takeover', act: { do: 'hold' }, while: { status: 'failure' }, within: 'lease', ...brief, expect: { status: 'success' } },
      release,
      { do: 'answer', of: 'first' },
      again({ sameAs: 'takeover' }, brief),
      { do: 'effects', is: 2 },
    ],
  },
  {
    id: 'crash.late-caller',
    title: 'CHECK whether the caller of a run that was taken over is told the answer that counts',
    rule: ours('two callers of one key would otherwise hold two results'),
    levels: { ours: 'MUST', stripe: 'none' },
    dependsOn: ['crash.late-completion'],
    steps: [
      ...held(brief),
      { do: 'poll', as: 'takeover', act: { do: 'hold' }, while: { status: 'failure' }, within: 'lease', ...brief, expect: { status: 'success' } },
      release,
      { do: 'answer', of: 'first', expect: { anyOf: [{ sameAs: 'takeover' }, { status: 'conflict' }, { status: 'error' }] } },
    ],
  },
  {
    id: 'crash.others-live',
    title: 'SHOULD go on serving other keys after a handler has failed',
    rule: ours('one failure is one operation\'s'),
    levels: { ours: 'MUST' },
    steps: [
      { do: 'send', as: 'failed', setup: true, expect: { status: 'error' }, act: { do: 'throw' }, key: '{key:L}', effect: 'failed' },
      first(),
      again({ sameAs: 'first' }),
      once,
    ],
  },
];
