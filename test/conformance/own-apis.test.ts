import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { targetsOf } from '../../conformance/peers/cdk-idempotent-api/targets';
import { chosenFor, runSuite, type SuiteRun } from '../../conformance/run/run-suite';
import { subjectOf } from '../../conformance/run/subject-of';
import { LocalRun } from '../e2e/support/local-run';

const KINDS = ['http', 'rest'] as const;
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
  await Promise.all(KINDS.flatMap((kind) => PROFILES.map(async (profile) => {
    const target = { ...targets[kind], profile };
    runs.set(`${kind} ${profile}`, await runSuite(chosenFor(profile), await subjectOf(target)));
  })));
}, 240_000);

afterAll(async () => {
  await local?.stop();
  rmSync(effects, { recursive: true, force: true });
});

describe.each(KINDS)('an API of this package, %s', (kind) => {
  test.each(PROFILES)('passes every MUST and SHOULD of %s that can be put to it here', (profile) => {
    const run = runs.get(`${kind} ${profile}`)!;
    const unheld = run.filter(({ chosen: { level }, outcome }) => (level === 'MUST' || level === 'SHOULD') && outcome !== true && outcome[0] !== 'not applicable');
    expect(unheld.map(({ chosen, outcome, exchanges }) => [chosen.definition.id, outcome, exchanges])).toEqual([]);
    const lacking = run.filter(({ outcome }) => outcome !== true && outcome[0] === 'not applicable').map(({ chosen }) => chosen.definition.id);
    expect(lacking.filter((id) => !id.startsWith('expiry.'))).toEqual(NOT_LOCALLY);
  });
});
