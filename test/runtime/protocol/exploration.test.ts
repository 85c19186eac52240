import { WITHOUT } from './explorer/broken-transitions';
import { explore, type Findings } from './explorer/explore';
import type { Scenario } from './explorer/scenario';
import { isReadable } from '../../../runtime/protocol/record';
import { applyClaim } from '../../../runtime/protocol/transitions';
import { millis } from '../../../runtime/time';

jest.setTimeout(600_000);

const RETRIES: Scenario = { requests: 2, faults: 1, jumps: 2, payloads: [1, 1] };
const OTHER_PAYLOAD: Scenario = { ...RETRIES, payloads: [1, 2] };
const RELEASES: Scenario = { ...RETRIES, jumps: 1, retryable: [0] };
const RESENT_AND_LOST: Scenario = { requests: 1, faults: 3, jumps: 1, payloads: [1] };

function expectWitnessed(findings: Findings, ...situations: readonly string[]): void {
  expect(findings.violation).toBeUndefined();
  expect([...findings.witnessed.keys()]).toEqual(expect.arrayContaining([...situations]));
}

describe('two retries of one request, every order of their calls, one crash, lost reply, drop or delayed write', () => {
  let findings: Findings;
  beforeAll(async () => {
    findings = await explore(RETRIES, { reduced: false });
  });

  test('I2 to I8 hold in every state', () => {
    expect(findings.violation).toBeUndefined();
    expect(findings.states).toBeGreaterThan(50_000);
    expect(findings.schedules).toBeGreaterThan(10_000);
  });
  test('F1: a slow execution finishes after a takeover: refused, answered with the winner or told that it still runs', () =>
    expectWitnessed(findings, 'complete refused by C', 'complete refused by P', 'superseded, answered with the winner', 'superseded, winner still running'));
  test('F3, F4: a crash after the claim, before or after the handler: a retry takes over after the lease and is told so', () =>
    expectWitnessed(findings, 'crash', 'takeover', 'second execution, told so'));
  test('F7: a delayed claim that lands after its caller gave up delays the next one and executes nothing', () =>
    expectWitnessed(findings, 'late claim applied', 'late claim refused by C', 'late claim refused by P'));
  test('F11: a delayed completion that lands after a takeover is refused', () =>
    expectWitnessed(findings, 'late complete refused by P', 'late complete refused by C'));
  test('F12: a delayed completion that lands after the TTL deletion leaves no ghost', () =>
    expectWitnessed(findings, 'late complete refused by nothing', 'complete refused by nothing'));
  test('F24: a retry finds the record gone or merely expired, and neither changes what is promised', () =>
    expectWitnessed(findings, 'complete refused by nothing', 'second execution, not told'));
});

test('F40: with another payload, no takeover and no answer crosses over', async () => {
  expectWitnessed(await explore(OTHER_PAYLOAD), 'claim refused by P', 'claim refused by C');
});

test('F2, F13: an execution that asks to be retried releases only what is its own', async () => {
  expectWitnessed(await explore(RELEASES), 'release refused by P', 'second execution, not told');
});

test('F8: a delayed copy of a claim that lands after its own release meets the tombstone', async () => {
  expectWitnessed(await explore(RESENT_AND_LOST), 'late claim refused by R');
});

describe('handlers that commit: every order of their calls, one crash, lost reply, drop or delayed transaction', () => {
  // `npm run prove` explores two jumps of time.
  const COMMITS: Scenario = { ...RETRIES, jumps: 1, commits: [0, 1] };
  const REFUSED_AT_FIRST: Scenario = { ...COMMITS, requests: 1, payloads: [1], faults: 2, effectsHold: 'later' };

  test('F200: effects are there if and only if their response is on record, and once', async () => {
    expectWitnessed(await explore(COMMITS), 'commit refused by C', 'commit refused by P', 'late commit refused by P', 'late commit refused by C', 'unknown commit, carried out');
  });
  test('F201: nobody starts while a transaction of unknown outcome may still arrive and its lease runs', async () => {
    expectWitnessed(await explore({ ...COMMITS, jumps: 1, jumpsTo: ['second'] }), 'unknown commit, not carried out', 'late commit applied');
  });
  test('F200: a commit beside an execution that only completes', async () => {
    expectWitnessed(await explore({ ...COMMITS, commits: [0] }), 'commit refused by C', 'complete refused by C');
  });
  test('F171: claims that are refused without being shown the record, as beside a transaction: what a read shows then decides, whatever came between', async () => {
    const blind: typeof applyClaim = (before, claim) => {
      const { record, reply } = applyClaim(before, claim);
      return reply.applied ? { record, reply } : { record, reply: { applied: false } };
    };
    const findings = await explore({ ...COMMITS, transitions: { claim: blind } });
    expectWitnessed(findings, 'commit refused by C', 'commit refused by P', 'late commit refused by P', 'unknown commit, carried out', 'takeover');
  });
  test('F202: a handler that is told of a refusal never sees its effects happen after all', async () => {
    expectWitnessed(await explore(REFUSED_AT_FIRST), 'late commit applied', 'unknown commit, not carried out');
  });
  test.each<[string, RegExp, Scenario]>([
    ['a commit that does not compare the token', /^I(5|10)/, { ...COMMITS, transitions: WITHOUT.tokenInCommit }],
    ['a key given back after a commit of unknown outcome', /^I1:/, { ...COMMITS, jumps: 1, jumpsTo: ['second'], afterUnknownCommit: 'release' }],
    ['a refusal that is believed while an earlier send may still arrive', /^I(3|10)/, { ...REFUSED_AT_FIRST, afterUnknownCommit: 'believe-refusal' }],
    ['a transport that resends a commit without saying so', /^I10/, { ...REFUSED_AT_FIRST, resendsInSilence: true }],
  ])('F200, F201, F202: the exploration finds %s', async (_, invariant, scenario) => {
    const { violation } = await explore(scenario);
    expect(violation?.invariant).toMatch(invariant);
  });
});

describe('a key that says when its operation was first sent, by a client’s clock that is as wrong as it may be', () => {
  const TIMED: Scenario = {
    requests: 2,
    faults: 1,
    jumps: 3,
    jumpsTo: ['lease', 'limit', 'second'],
    payloads: [1, 1],
    remember: millis(6_000),
    skew: millis(-1_000),
    margin: millis(1_000),
    keyTime: { clientAhead: millis(2_000), skew: millis(2_000) },
  };
  const variant = (keyTime: Partial<NonNullable<Scenario['keyTime']>>): Scenario =>
    ({ ...TIMED, faults: 0, jumpsTo: ['limit', 'second'], keyTime: { ...TIMED.keyTime!, ...keyTime } });

  test('F111: no execution after the operation may have been forgotten, on no host, at no moment of the deletion (I9)', async () => {
    const findings = await explore(TIMED);
    expectWitnessed(
      findings, 'too late to be executed', 'too late when the claim was answered', 'known, its response kept no longer', 'claim refused by C', 'crash', 'takeover',
    );
    expect(findings.states).toBeGreaterThan(5_000);
  });
  test('F111, F200: nor of one that commits: its effects are there once, and its response on record, as long as either may be asked for', async () => {
    const findings = await explore({ ...TIMED, commits: [0, 1] });
    expectWitnessed(findings, 'too late to be executed', 'known, its response kept no longer', 'commit refused by P', 'late commit applied', 'takeover');
    expect(findings.states).toBeGreaterThan(5_000);
  });
  test.each<[string, Scenario]>([
    ['a commit beside a tombstone without a key time', { ...variant({ judged: 'never' }), commits: [0, 1] }],
    ['412 computed without the client’s skew', variant({ skew: millis(0) })],
    ['412 computed without the hosts’ margin', { ...variant({}), margin: millis(0), leasesMayOverlap: true }],
    ['a time that is judged before the claim alone, however late that is answered', variant({ judged: 'before the claim alone' })],
    ['a tombstone without a key time', variant({ judged: 'never' })],
  ])('F111: the exploration finds %s', async (_, scenario) => {
    const { violation } = await explore(scenario);
    expect(violation?.invariant).toMatch(/^I9/);
  });
});

describe('clocks', () => {
  const bySeconds: Scenario = { requests: 2, faults: 0, jumps: 8, jumpsTo: ['second'], payloads: [1, 1] };
  const skewed: Scenario = { ...bySeconds, skew: millis(2_000), margin: millis(2_000) };
  const killedLate: Scenario = { ...bySeconds, overrun: millis(1_500), margin: millis(2_000) };

  test('F14: with a margin of at least the skew, two leases never overlap', async () => {
    expectWitnessed(await explore(skewed), 'takeover');
  });
  test('F14: without the margin two leases overlap', async () => {
    const { violation } = await explore({ ...skewed, margin: millis(0) });
    expect(violation?.invariant).toMatch(/^I1/);
  });
  test('F14: and everything else holds all the same: safety rests on the token', async () => {
    expectWitnessed(await explore({ ...skewed, margin: millis(0), leasesMayOverlap: true }), 'takeover');
  });
  test('F18: a host that is killed late is covered by the margin', async () => {
    expectWitnessed(await explore(killedLate), 'takeover');
  });
  test('F18: and is not without one', async () => {
    const { violation } = await explore({ ...killedLate, margin: millis(0) });
    expect(violation?.invariant).toMatch(/^I1/);
  });
});

describe('the exploration finds what the protocol is there to prevent', () => {
  test.each<[string, RegExp, Partial<Scenario>]>([
    ['a completion that does not compare the token', /^I[35]/, { transitions: WITHOUT.tokenInCompletion }],
    ['a completion without a condition', /^I[2-5]/, { transitions: WITHOUT.conditionOfCompletion }],
    ['a release without a condition', /^I[2-5]/, { transitions: WITHOUT.conditionOfRelease }],
    ['a takeover by another request', /^I4/, { transitions: WITHOUT.fingerprintInTakeover, payloads: [1, 2] }],
    ['a superseded execution that answers with its own response', /^I3/, { supersededAnswers: 'own' }],
    [
      'a claim that does not know its own token',
      /^I6/,
      { show: (record) => (record !== undefined && isReadable(record) ? { ...record, token: `${record.token}x` } : record) },
    ],
  ])('%s', async (_, invariant, variant) => {
    const { violation } = await explore({ ...RETRIES, ...variant });
    expect(violation?.invariant).toMatch(invariant);
  });
});
