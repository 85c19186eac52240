import type { Sending, Step, TestDefinition } from '../definition';
import { again } from './steps';
import { fetchStandard, ours } from '../rules';

const NO_CORS = {
  header: 'access-control-allow-origin',
  reason: 'the answer to a request of a page has no Access-Control-Allow-Origin: there is no CORS here (see --origin)',
} as const;
const OF_ORIGIN = { origin: '{origin}' } as const;

const firstOfOrigin: Step = {
  do: 'send',
  as: 'first',
  setup: true,
  headers: OF_ORIGIN,
  lacking: NO_CORS,
  expect: { status: 'success', headers: { 'access-control-allow-origin': { present: true } } },
};

const PREFLIGHT: Sending = {
  method: 'OPTIONS',
  body: 'none',
  key: null,
  tenant: 'none',
  headers: { ...OF_ORIGIN, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type, {key-header}' },
};

/** What a page in a browser may send and read. */
export const cors: readonly TestDefinition[] = [
  {
    id: 'cors.preflight-allows-key',
    title: 'MUST allow the key\'s header in a preflight where cross-origin requests are allowed',
    rule: fetchStandard('3.2.3', 'a header that is not listed is not sent, and no page can use a key'),
    steps: [
      firstOfOrigin,
      { do: 'send', as: 'preflight', ...PREFLIGHT, expect: { status: 'success', headers: { 'access-control-allow-headers': { lists: '{key-header}', star: true } } } },
    ],
  },
  {
    id: 'cors.preflight-runs-nothing',
    title: 'MUST NOT run anything for a preflight',
    rule: fetchStandard('3.2.2', 'a preflight asks whether, and does nothing'),
    needs: ['effects'],
    steps: [{ do: 'send', as: 'preflight', ...PREFLIGHT }, { do: 'effects', is: 0 }],
  },
  {
    id: 'cors.replay-readable',
    title: 'MUST let a page read a replay where it could read the answer',
    rule: fetchStandard('3.2.3', 'without Access-Control-Allow-Origin a page sees a network error'),
    dependsOn: ['replay.once'],
    steps: [firstOfOrigin, again({ sameAs: 'first', headers: { 'access-control-allow-origin': { sameAs: 'first' } } }, { headers: OF_ORIGIN })],
  },
  {
    id: 'cors.marker-exposed',
    title: 'SHOULD expose the mark of a replay to pages',
    rule: fetchStandard('3.2.3', 'a page reads no header that is not in Access-Control-Expose-Headers'),
    dependsOn: ['replay.marked', 'cors.replay-readable'],
    levels: { stripe: 'none', ours: 'MUST' },
    steps: [firstOfOrigin, again({ sameAs: 'first', replay: true, markExposed: true }, { headers: OF_ORIGIN })],
  },
  {
    id: 'cors.origin-not-replayed',
    title: 'SHOULD NOT allow one origin in an answer to another',
    rule: ours('an allowed origin that is recorded with the answer lets the next page in, or locks it out'),
    levels: { ours: 'MUST' },
    dependsOn: ['replay.once'],
    steps: [
      firstOfOrigin,
      again({
        anyOf: [
          { headers: { 'access-control-allow-origin': { absent: true } } },
          { headers: { 'access-control-allow-origin': { is: '*' } } },
          { headers: { 'access-control-allow-origin': { is: 'https://other.example' } } },
        ],
      }, { headers: { origin: 'https://other.example' } }),
    ],
  },
];
