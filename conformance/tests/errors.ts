import type { TestDefinition } from '../definition';
import { first, held, release, send, WANTS_PROBLEM } from './steps';
import { fetchStandard, ietf, ours, rfc9110, rfc9111, rfc9457 } from '../rules';

const ASKED = rfc9457('3', 'a problem document has a type, a title and the status that was sent');
const OF_ORIGIN = { origin: '{origin}' } as const;
const NO_CORS = {
  header: 'access-control-allow-origin',
  reason: 'the answer to a request of a page has no Access-Control-Allow-Origin: there is no CORS here (see --origin)',
} as const;

/** What refusals look like, to programs and to browsers. */
export const errors: readonly TestDefinition[] = [
  {
    id: 'errors.problem-mismatch',
    title: 'SHOULD answer a mismatch with a problem document where the client prefers one',
    rule: ASKED,
    dependsOn: ['mismatch.body'],
    levels: { stripe: 'none', ours: 'MUST' },
    steps: [first(), send('other', { status: 'mismatch', problem: true }, { body: 'other', headers: WANTS_PROBLEM })],
  },
  {
    id: 'errors.problem-conflict',
    title: 'SHOULD answer a conflict with a problem document where the client prefers one',
    rule: ASKED,
    dependsOn: ['in-flight.conflict'],
    levels: { stripe: 'none', ours: 'MUST' },
    steps: [...held(), send('again', { status: 'conflict', problem: true }, { headers: WANTS_PROBLEM }), release],
  },
  {
    id: 'errors.problem-malformed',
    title: 'SHOULD answer a malformed key with a problem document where the client prefers one',
    rule: ASKED,
    dependsOn: ['key.unbalanced-quote'],
    levels: { stripe: 'none', ours: 'MUST' },
    steps: [send('refused', { status: 'malformed', problem: true }, { key: '"{K}', headers: WANTS_PROBLEM })],
  },
  {
    id: 'errors.json',
    title: 'CHECK whether an error has exactly a code, a message and a status by default',
    rule: ours('clients branch on the code and show the message'),
    dependsOn: ['mismatch.body'],
    levels: { stripe: 'none', ours: 'MUST' },
    steps: [
      first(),
      send('other', { status: 'mismatch', body: { members: ['code', 'message', 'status'] }, headers: { 'content-type': { matches: '^application/json' } } }, { body: 'other' }),
    ],
  },
  {
    id: 'errors.accept-html',
    title: 'MUST NOT let the client\'s Accept change whether something runs',
    rule: rfc9110('12.5.1', 'Accept is about the form of the answer'),
    dependsOn: ['mismatch.body'],
    steps: [
      first(),
      send('other', { status: 'mismatch' }, { body: 'other', headers: { accept: 'text/html' } }),
      send('again', { anyOf: [{ sameAs: 'first' }, { status: 406 }] }, { headers: { accept: 'text/html' } }),
      { do: 'effects', is: 1 },
    ],
  },
  {
    id: 'errors.not-stored',
    title: 'MUST NOT let a cache store a 422 or a 409',
    rule: rfc9111('3', 'what has no explicit freshness of its own is not stored for a POST'),
    dependsOn: ['mismatch.body'],
    steps: [
      first(),
      send('other', {
        status: 'mismatch',
        anyOf: [{ headers: { 'cache-control': { absent: true } } }, { headers: { 'cache-control': { matches: 'no-store|no-cache|private|max-age=0' } } }],
      }, { body: 'other' }),
    ],
  },
  {
    id: 'errors.length',
    title: 'MUST send an error whose length is what Content-Length says',
    rule: rfc9110('8.6', 'Content-Length is the length of the content'),
    dependsOn: ['mismatch.body'],
    steps: [first(), send('other', { status: 'mismatch' }, { body: 'other', over: 'bytes' })],
  },
  {
    id: 'errors.cors-mismatch',
    title: 'MUST let a page read a mismatch where it may read the answer',
    rule: fetchStandard('3.2.3', 'without Access-Control-Allow-Origin a page sees a network error, which it retries'),
    dependsOn: ['mismatch.body'],
    steps: [
      { do: 'send', as: 'first', setup: true, headers: OF_ORIGIN, expect: { status: 'success', headers: { 'access-control-allow-origin': { present: true } } }, lacking: NO_CORS },
      send('other', { status: 'mismatch', headers: { 'access-control-allow-origin': { sameAs: 'first' } } }, { body: 'other', headers: OF_ORIGIN }),
    ],
  },
  {
    id: 'errors.cors-malformed',
    title: 'MUST let a page read what is wrong with its key where it may read the answer',
    rule: fetchStandard('3.2.3', 'without Access-Control-Allow-Origin a page sees a network error, which it retries'),
    dependsOn: ['key.unbalanced-quote'],
    levels: { stripe: 'none' },
    steps: [
      { do: 'send', as: 'first', setup: true, headers: OF_ORIGIN, expect: { status: 'success', headers: { 'access-control-allow-origin': { present: true } } }, lacking: NO_CORS },
      send('refused', { status: 'malformed', headers: { 'access-control-allow-origin': { sameAs: 'first' } } }, { key: '"{L}', headers: OF_ORIGIN }),
    ],
  },
  {
    id: 'errors.language',
    title: 'CHECK whether a problem document says which language it is in',
    rule: ietf('2.7', 'the examples have Content-Language'),
    dependsOn: ['errors.problem-mismatch'],
    levels: { stripe: 'none', ours: 'CHECK' },
    steps: [first(), send('other', { status: 'mismatch', headers: { 'content-language': { present: true } } }, { body: 'other', headers: WANTS_PROBLEM })],
  },
];
