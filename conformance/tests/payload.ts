import type { TestDefinition } from '../definition';
import { again, first, oneOperation, once } from './steps';
import { ours, rfc9110, rfc9112 } from '../rules';

/** What a request's body may be. */
export const payload: readonly TestDefinition[] = [
  {
    id: 'payload.large',
    title: 'SHOULD protect a request of 1 MB',
    rule: ours('what limits the body limits the protection, and should not do so in silence'),
    levels: { ours: 'MUST' },
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'success' }, body: { bytes: 1_000_000 }, lacking: { statuses: [413], reason: 'a body of 1 MB is too large here' } },
      again({ sameAs: 'first' }, { body: { bytes: 1_000_000 } }),
      once,
    ],
  },
  {
    id: 'payload.none',
    title: 'SHOULD protect a request without a body',
    rule: rfc9110('8.6', 'a POST may have no content'),
    levels: { ours: 'MUST' },
    steps: [
      { do: 'send', as: 'first', setup: true, expect: { status: 'success' }, body: 'none', lacking: { statuses: [400, 411, 415, 422], reason: 'a body is required here' } },
      again({ sameAs: 'first' }, { body: 'none' }),
      once,
    ],
  },
  {
    id: 'payload.form',
    title: 'SHOULD protect a form',
    rule: rfc9110('8.3', 'the content may be of any type'),
    levels: { ours: 'MUST' },
    steps: [
      {
        do: 'send',
        as: 'first',
        setup: true,
        expect: { status: 'success' },
        body: { text: 'amount=100&currency=USD', type: 'application/x-www-form-urlencoded' },
        lacking: { statuses: [400, 415, 422], reason: 'no forms are taken here' },
      },
      again({ sameAs: 'first' }, { body: { text: 'amount=100&currency=USD', type: 'application/x-www-form-urlencoded' } }),
      once,
    ],
  },
  {
    id: 'payload.text-beyond-ascii',
    title: 'MUST protect a body with text beyond ASCII',
    rule: rfc9110('8.4', 'content is bytes'),
    steps: oneOperation(
      { body: { text: '{"amount":100,"note":"Zo\u00eb \u2713"}', type: 'application/json' } },
      { body: { text: '{"amount":100,"note":"Zo\u00eb \u2713"}', type: 'application/json' } },
    ),
  },
  {
    id: 'payload.chunked',
    title: 'MUST take a body for the same whether it is sent in chunks or not',
    rule: rfc9112('7.1', 'the chunked coding is of the message, not of the content'),
    dependsOn: ['replay.once'],
    steps: [first(), again({ sameAs: 'first' }, { over: 'chunked' }), once],
  },
  {
    id: 'payload.expect-continue',
    title: 'MUST protect a request that waits for 100 Continue',
    rule: rfc9110('10.1.1', 'Expect: 100-continue changes nothing in what is asked for'),
    dependsOn: ['replay.once'],
    steps: [first({ over: 'expect-continue' }), again({ sameAs: 'first' }, { over: 'expect-continue' }), once],
  },
];
