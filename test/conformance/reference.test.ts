import { runOnReference } from './support/reference';
import type { Flaw } from '../../conformance/peers/reference/records';
import type { ProfileName } from '../../conformance/profile-name';
import type { SuiteRun } from '../../conformance/run/run-suite';

const PROFILES = ['ietf-07', 'ours', 'stripe'] as const;
const FLAWS = ['claim-not-atomic', 'unfenced-completion', 'errors-kept'] as const;

/** All at once: most of the time they wait for a retention or a lease to end. */
const runs = new Map<ProfileName | Flaw, readonly SuiteRun[]>();

beforeAll(async () => {
  const all = [
    ...PROFILES.map(async (profile) => [profile, await runOnReference(profile)] as const),
    ...FLAWS.map(async (flaw) => [flaw, await runOnReference('ietf-07', flaw)] as const),
  ];
  for (const [name, run] of await Promise.all(all)) runs.set(name, run);
}, 120_000);

const withOutcome = (name: ProfileName | Flaw, ...kinds: readonly string[]) =>
  runs.get(name)!.filter(({ outcome }) => outcome !== true && kinds.includes(outcome[0]))
    .map(({ chosen: { level, definition }, outcome }) => ({ level, id: definition.id, outcome }));

/** A CHECK asks whether, and either answer is right. */
const failures = (name: ProfileName | Flaw) => withOutcome(name, 'fails').filter(({ level }) => level !== 'CHECK');

test.each(PROFILES)('a server that keeps every rule of %s passes every MUST, SHOULD and MAY, and lacks nothing', (profile) => {
  expect(runs.get(profile)!.length).toBeGreaterThan(profile === 'stripe' ? 100 : 150);
  expect(withOutcome(profile, 'set-up', 'not applicable', 'dependency')).toEqual([]);
  expect(failures(profile)).toEqual([]);
});

test.each([
  ['claim-not-atomic', ['in-flight.parallel', 'connection.pipelined', 'connection.http2-parallel'], []],
  ['unfenced-completion', ['crash.late-completion'], ['crash.late-caller']],
  ['errors-kept', ['crash.exit-not-kept', 'crash.hang-not-stuck', 'expiry.error'], ['crash.exit-one-takes-over', 'crash.exit-other-request']],
] as const)('a server that is wrong in one thing (%s) fails what is about that, and nothing else', (flaw, named, notJudged) => {
  expect(failures(flaw).map(({ id }) => id)).toEqual(named);
  expect(withOutcome(flaw, 'set-up', 'not applicable')).toEqual([]);
  expect(withOutcome(flaw, 'dependency').map(({ id }) => id)).toEqual(notJudged);
});
