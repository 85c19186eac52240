import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { targetsOf } from '../../conformance/peers/cdk-idempotent-api/targets';
import { chosenFor, levelOf, runSuite, type SuiteRun } from '../../conformance/run/run-suite';
import { subjectOf } from '../../conformance/run/subject-of';
import { LocalRun } from '../e2e/support/local-run';

/**
 * The profiles have the same tests and statuses, and differ in levels and in the
 * form of the keys: each API is put to one of them, and held to the levels of
 * both. `npm run conformance:peers` runs all four.
 */
const RUNS = [['http', 'ours'], ['rest', 'ietf-07']] as const;
const PROFILES = ['ietf-07', 'ours'] as const;

/** What API Gateway offers and `idempotent-api local` does not. */
const NOT_LOCALLY = ['connection.http2', 'connection.http2-parallel', 'connection.http2-header-case'];

const effects = realpathSync(mkdtempSync(path.join(tmpdir(), 'effects-')));
const runs = new Map<string, readonly SuiteRun[]>();
let local: LocalRun;

beforeAll(async () => {
  local = await LocalRun.startApp('conformance/peers/cdk-idempotent-api/app.ts', { EFFECTS: effects });
  const { apis } = await local.ready();
  const targets = targetsOf(apis);
  // All at once: most of the time they wait for a retention or a lease to end.
  await Promise.all(RUNS.map(async ([kind, profile]) => {
    runs.set(kind, await runSuite(chosenFor(profile), await subjectOf({ ...targets[kind], profile })));
  }));
}, 240_000);

afterAll(async () => {
  await local?.stop();
  rmSync(effects, { recursive: true, force: true });
});

test.each(RUNS)('an API of this package, %s, passes every MUST and SHOULD that can be put to it here', (kind) => {
  const run = runs.get(kind)!;
  const binding = run.filter(({ chosen }) => PROFILES.some((profile) => ['MUST', 'SHOULD'].includes(levelOf(chosen.definition, profile))));
  expect(binding.length).toBeGreaterThan(150);
  const unheld = binding.filter(({ outcome }) => outcome !== true && outcome[0] !== 'not applicable');
  expect(unheld.map(({ chosen, outcome, exchanges }) => [chosen.definition.id, outcome, exchanges])).toEqual([]);
  const lacking = run.filter(({ outcome }) => outcome !== true && outcome[0] === 'not applicable').map(({ chosen }) => chosen.definition.id);
  expect(lacking).toEqual(NOT_LOCALLY);
});
