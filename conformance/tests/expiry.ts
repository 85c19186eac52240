import type { TestDefinition } from '../definition';
import { first, once, send } from './steps';
import { ietf, oasis, ours, stripe } from '../rules';

/** How long a key is known. Needs a route with a retention that can be waited for. */
export const expiry: readonly TestDefinition[] = [
  {
    id: 'expiry.until',
    title: 'SHOULD replay for as long as the retention lasts',
    rule: ietf('2.3', 'the expiration policy is what was published'),
    dependsOn: ['replay.once'],
    levels: { ours: 'MUST' },
    steps: [first({ route: 'brief' }), { do: 'throughout', as: 'again', span: 'ttl', since: 'first', route: 'brief', expect: { sameAs: 'first' } }, once],
  },
  {
    id: 'expiry.after',
    title: 'SHOULD forget a key when its retention is over',
    rule: stripe('a new request is made if a key is reused after the original is pruned'),
    dependsOn: ['replay.once'],
    levels: { ours: 'MUST' },
    steps: [
      first({ route: 'brief' }),
      { do: 'poll', as: 'again', route: 'brief', while: { sameAs: 'first' }, within: 'ttl', expect: { anyOf: [{ status: 'success' }, { status: 'expired' }] } },
      { do: 'effects', atMost: 2 },
    ],
  },
  {
    id: 'expiry.error',
    title: 'SHOULD NOT keep an error for longer than a success',
    rule: ours('an error that is kept for ever makes its key, and whoever derives it from an order, fail for ever'),
    levels: { ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      { do: 'send', as: 'first', setup: true, route: 'brief', act: { status: 500, body: '{"error":"once"}' }, expect: { status: 500 } },
      {
        do: 'poll',
        as: 'again',
        route: 'brief',
        act: { status: 200, body: '{"fine":true}' },
        while: { sameAs: 'first' },
        within: 'ttl',
        expect: { anyOf: [{ status: 'success' }, { status: 'expired' }] },
      },
    ],
  },
  {
    id: 'expiry.rebound',
    title: 'MAY take a forgotten key for another request',
    rule: ietf('2.3', 'a key may be deleted upon its expiry'),
    dependsOn: ['expiry.after', 'mismatch.body'],
    levels: { ours: 'MUST' },
    steps: [
      first({ route: 'brief' }),
      { do: 'poll', as: 'other', route: 'brief', body: 'other', effect: 'other', while: { status: 'mismatch' }, within: 'ttl', expect: { anyOf: [{ status: 'success' }, { status: 'expired' }] } },
    ],
  },
  {
    id: 'expiry.remembered',
    title: 'CHECK whether a key whose answer is gone is refused rather than run again',
    rule: ours('a late retry that runs again is a second charge: 410 says that it was done, and that the answer is gone'),
    levels: { ours: 'MUST', stripe: 'none' },
    dependsOn: ['replay.once'],
    steps: [
      first({ route: 'remembering' }),
      { do: 'poll', as: 'again', route: 'remembering', while: { sameAs: 'first' }, within: 'ttl', expect: { status: 'expired' } },
      once,
    ],
  },
  {
    id: 'expiry.remembered-mismatch',
    title: 'CHECK whether a key whose answer is gone is still refused to another request',
    rule: ours('known is known: a mismatch is told before anything else'),
    levels: { ours: 'MUST', stripe: 'none' },
    dependsOn: ['expiry.remembered', 'mismatch.body'],
    steps: [
      first({ route: 'remembering' }),
      { do: 'poll', as: 'again', route: 'remembering', while: { sameAs: 'first' }, within: 'ttl', expect: { status: 'expired' } },
      send('other', { status: 'mismatch' }, { route: 'remembering', body: 'other' }),
      once,
    ],
  },
  {
    id: 'expiry.dated',
    title: 'CHECK whether a key that carries its time is honoured',
    rule: oasis('3', 'a repeatable request carries the time of its first sending'),
    levels: { ours: 'MUST', stripe: 'none' },
    steps: [
      first({ route: 'dated', key: '{key:v7:0}' }),
      send('again', { sameAs: 'first' }, { route: 'dated', key: '{key:v7:0}' }),
      once,
    ],
  },
  {
    id: 'expiry.late',
    title: 'CHECK whether a key from before the retention is refused with 412',
    rule: oasis('3.4', 'a request whose first sending is too long ago to know whether it ran is answered 412'),
    levels: { ours: 'MUST', stripe: 'none' },
    dependsOn: ['expiry.dated'],
    steps: [send('late', { status: 'late' }, { route: 'dated', key: '{key:v7:-31536000}' }), { do: 'effects', is: 0 }],
  },
  {
    id: 'expiry.ahead',
    title: 'CHECK whether a key from the future is refused',
    rule: ours('a key dated ahead would outlive its record, and run again'),
    levels: { ours: 'MUST', stripe: 'none' },
    dependsOn: ['expiry.dated'],
    steps: [send('ahead', { status: 'malformed' }, { route: 'dated', key: '{key:v7:+3600}' }), { do: 'effects', is: 0 }],
  },
  {
    id: 'expiry.undated',
    title: 'CHECK whether a key without a time is refused where keys carry one',
    rule: ours('nobody could tell whether it is late'),
    levels: { ours: 'MUST', stripe: 'none' },
    dependsOn: ['expiry.dated'],
    steps: [send('undated', { status: 'malformed' }, { route: 'dated' }), { do: 'effects', is: 0 }],
  },
];
