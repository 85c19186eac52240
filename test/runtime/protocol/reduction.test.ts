import { WITHOUT } from './explorer/broken-transitions';
import { explore } from './explorer/explore';
import type { Scenario } from './explorer/scenario';
import { SeenSet } from './explorer/seen-set';
import { VARIANTS } from './expression-variants';
import { isReadable } from '../../../runtime/protocol/record';
import { millis } from '../../../runtime/time';

jest.setTimeout(600_000);

const RETRIES: Scenario = { requests: 2, faults: 1, jumps: 1, payloads: [1, 1] };
const SENT: Scenario = { ...RETRIES, jumpsTo: ['lease'], expressions: true };
const THREE: Scenario = { ...SENT, requests: 3, payloads: [1, 1, 1], faults: 0 };
const TIMED: Scenario = {
  ...RETRIES,
  jumps: 2,
  jumpsTo: ['limit', 'second'],
  remember: millis(6_000),
  skew: millis(-1_000),
  margin: millis(1_000),
  keyTime: { clientAhead: millis(2_000), skew: millis(2_000) },
};

/** What needs no fault to be found is compared without one: the whole exploration of it is small then. */
const WITHOUT_FAULTS: Scenario = { ...TIMED, faults: 0 };

const sound: Readonly<Record<string, Scenario>> = {
  'two retries': SENT,
  'two requests': { ...SENT, payloads: [1, 2] },
  'three retries': THREE,
  'three requests, two of them the same': { ...THREE, payloads: [1, 2, 1] },
  'three retries of which one asks to be retried': { ...THREE, retryable: [1] },
  'commits': { ...SENT, commits: [0, 1] },
  'a commit beside a completion': { ...SENT, commits: [0] },
  'a commit whose effects are refused at first': { ...SENT, requests: 1, payloads: [1], faults: 2, commits: [0], effectsHold: 'later' },
  'key times': { ...TIMED, expressions: true },
};

const broken: Readonly<Record<string, Scenario>> = {
  ...Object.fromEntries(Object.entries(VARIANTS).map(([name, { scenario, rewrite }]) => [name, { ...SENT, ...scenario, expressions: rewrite }])),
  'a completion without its token, as a transition': { ...RETRIES, transitions: WITHOUT.tokenInCompletion },
  'a completion without its condition, as a transition': { ...RETRIES, transitions: WITHOUT.conditionOfCompletion },
  'a release without its condition, as a transition': { ...RETRIES, transitions: WITHOUT.conditionOfRelease },
  'a commit without its token, as a transition': { ...RETRIES, commits: [0, 1], transitions: WITHOUT.tokenInCommit },
  'a takeover by another request, as a transition': { ...RETRIES, payloads: [1, 2], transitions: WITHOUT.fingerprintInTakeover },
  'superseded, and answers with its own': { ...RETRIES, supersededAnswers: 'own' },
  'a claim that does not know its own token': { ...RETRIES, show: (record) => (record !== undefined && isReadable(record) ? { ...record, token: `${record.token}x` } : record) },
  'a key given back after a commit of unknown outcome': { ...RETRIES, commits: [0, 1], jumpsTo: ['second'], afterUnknownCommit: 'release' },
  'a refusal believed too early': { ...RETRIES, requests: 1, payloads: [1], faults: 2, commits: [0], effectsHold: 'later', afterUnknownCommit: 'believe-refusal' },
  'a commit resent in silence': { ...RETRIES, requests: 1, payloads: [1], faults: 2, commits: [0], effectsHold: 'later', resendsInSilence: true },
  'no margin between clocks': { ...RETRIES, faults: 0, jumps: 6, jumpsTo: ['second'], skew: millis(2_000), margin: millis(0) },
  '412 without the client’s skew': { ...WITHOUT_FAULTS, keyTime: { ...TIMED.keyTime!, skew: millis(0) } },
  'a time judged before the claim alone': { ...WITHOUT_FAULTS, keyTime: { ...TIMED.keyTime!, judged: 'before the claim alone' } },
  'a time never judged': { ...WITHOUT_FAULTS, keyTime: { ...TIMED.keyTime!, judged: 'never' } },
};

const sorted = (set: ReadonlySet<string>): readonly string[] => [...set].sort();

test.each(Object.entries(sound))('the reduced exploration comes to what the whole one comes to, in fewer states: %s', async (_, scenario) => {
  const [whole, reduced] = [await explore(scenario, { all: true, reduced: false }), await explore(scenario, { all: true })];
  expect([sorted(whole.violated), sorted(reduced.violated)]).toEqual([[], []]);
  expect(sorted(reduced.verdicts)).toEqual(sorted(whole.verdicts));
  expect(sorted(new Set(reduced.witnessed.keys()))).toEqual(sorted(new Set(whole.witnessed.keys())));
  expect(reduced.states).toBeLessThan(whole.states);
});

test.each(Object.entries(broken))('the reduced exploration finds each violation that the whole one finds: %s', async (_, scenario) => {
  const [whole, reduced] = [await explore(scenario, { all: true, reduced: false }), await explore(scenario, { all: true })];
  expect(whole.violated.size).toBeGreaterThan(0);
  expect(sorted(reduced.violated)).toEqual(sorted(whole.violated));
  expect(sorted(reduced.verdicts)).toEqual(sorted(whole.verdicts));
});

test('a set of texts by their hashes knows what it has seen, however often it has grown', () => {
  const seen = new SeenSet();
  const texts = Array.from({ length: 100_000 }, (_, index) => `${index % 7} ${index}`);
  expect(texts.filter((text) => !seen.add(text))).toEqual([]);
  expect(texts.filter((text) => seen.add(text))).toEqual([]);
  expect(seen.size).toBe(texts.length);
});
