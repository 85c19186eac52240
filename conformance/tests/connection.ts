import type { TestDefinition } from '../definition';
import { again, first, once, release } from './steps';
import { ietf, rfc9110, rfc9112 } from '../rules';

/** Connections that end too early, carry several requests, or speak another version. */
export const connection: readonly TestDefinition[] = [
  {
    id: 'connection.lost-while-running',
    title: 'MUST NOT run again what a client hung up on',
    rule: ietf('1', 'the client is left uncertain about the status of the resource'),
    needs: ['effects'],
    steps: [
      { do: 'cut', as: 'lost', at: 'running', act: { do: 'hold' } },
      release,
      { do: 'poll', as: 'again', act: { do: 'hold' }, while: { status: 'failure' }, within: 'answer', expect: { status: 'success' } },
      once,
    ],
  },
  {
    id: 'connection.lost-answer',
    title: 'SHOULD give the answer again that was lost on its way',
    rule: ietf('2.6', 'SHOULD respond with the result of the previously completed operation'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    needs: ['effects'],
    steps: [
      { do: 'cut', as: 'lost', at: 'answer' },
      { do: 'poll', as: 'again', while: { status: 'failure' }, within: 'answer', expect: { status: 'success' } },
      once,
    ],
  },
  {
    id: 'connection.lost-answer-large',
    title: 'SHOULD give a large answer again as a whole that was lost in its middle',
    rule: ietf('2.6', 'the result of the previously completed operation'),
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['connection.lost-answer', 'replay.300-kb'],
    needs: ['effects'],
    steps: [
      { do: 'cut', as: 'lost', at: 'answer', act: { random: 300_000 } },
      { do: 'poll', as: 'again', while: { status: 'failure' }, within: 'answer', act: { random: 300_000 }, expect: { status: 'success' } },
      { do: 'send', as: 'once more', act: { random: 300_000 }, expect: { sameAs: 'again' } },
      once,
    ],
  },
  {
    id: 'connection.half-a-request',
    title: 'MUST NOT run half a request, and not use up its key',
    rule: rfc9112('8', 'an incomplete message is an error'),
    needs: ['effects'],
    steps: [
      { do: 'cut', as: 'half', at: 'body', effect: 'half' },
      // By then the server has seen the connection end.
      { do: 'send', as: 'settled', setup: true, expect: { status: 'success' }, key: '{key:L}', effect: 'other' },
      again({ status: 'success' }),
      { do: 'effects', of: 'half', is: 0 },
      once,
    ],
  },
  {
    id: 'connection.kept-alive',
    title: 'MUST treat a retry on the same connection as one on another',
    rule: rfc9110('3.3', 'each request is understood by itself'),
    dependsOn: ['replay.once'],
    steps: [first({ over: 'kept-alive' }), again({ sameAs: 'first' }, { over: 'kept-alive' }), { do: 'send', as: 'elsewhere', expect: { sameAs: 'first' } }, once],
  },
  {
    id: 'connection.pipelined',
    title: 'MUST NOT run a request twice that is pipelined behind itself',
    rule: rfc9112('9.3.2', 'a client may pipeline its requests'),
    dependsOn: ['replay.once'],
    steps: [
      {
        do: 'pipeline',
        requests: [{ as: 'first' }, { as: 'second' }, { as: 'third' }],
        each: { anyOf: [{ status: 'success' }, { status: 'failure' }] },
        successes: 'alike',
      },
      once,
    ],
  },
  {
    id: 'connection.pipelined-keys',
    title: 'MUST give each of two pipelined operations its own answer, in order',
    rule: rfc9112('9.3.2', 'answers are sent in the order of their requests'),
    dependsOn: ['replay.two-keys'],
    steps: [
      {
        do: 'pipeline',
        requests: [{ as: 'first', effect: 'one' }, { as: 'second', key: '{key:L}', effect: 'two' }],
        each: { status: 'success' },
        successes: 'distinct',
      },
      again({ sameAs: 'first' }, { effect: 'one' }),
      { do: 'send', as: 'second again', key: '{key:L}', effect: 'two', expect: { sameAs: 'second' } },
    ],
  },
  {
    id: 'connection.http2',
    title: 'MUST treat a retry over HTTP/2 as one over HTTP/1.1',
    rule: rfc9110('3.7', 'semantics are those of every version'),
    dependsOn: ['replay.once'],
    steps: [first(), again({ sameAs: 'first' }, { over: 'http/2' }), once],
  },
  {
    id: 'connection.http2-parallel',
    title: 'MUST NOT run an operation twice that comes in many streams of one HTTP/2 connection',
    rule: rfc9110('9.2.2', 'the intended effect of several identical requests is that of one'),
    steps: [
      {
        do: 'parallel',
        as: 'streams',
        count: 20,
        keys: 'one',
        over: 'http/2',
        each: { anyOf: [{ status: 'success' }, { status: 'failure' }] },
        successes: 'alike',
        atLeastOne: { status: 'success' },
      },
      once,
    ],
  },
  {
    id: 'connection.http2-header-case',
    title: 'MUST find the key of an HTTP/2 request, whose header names are in lower case',
    rule: rfc9110('5.1', 'field names are case-insensitive, and a map that is looked up by the name as documented misses them'),
    steps: [first({ over: 'http/2' }), again({ sameAs: 'first' }, { over: 'http/2' }), once],
  },
];
