/** Every app that a test, an example or a peer runs as a process, as far as deploying can be judged without an account. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { undeployable } from '../support/deployability';

const ROOT = join(__dirname, '..', '..');
const PLACES = ['examples', 'conformance', 'integ', 'test'];

/** The first is judged by its snapshot, the second has nothing of this package, the third runs in a folder that its own test writes. */
const ELSEWHERE: readonly string[] = ['integ/payments.ts', 'conformance/peers/powertools-app.ts', 'test/local/fixtures/watch-app.ts'];
/** Code is no part of what is judged. */
const UNBUNDLED = JSON.stringify({ 'aws:cdk:bundling-stacks': [] });

const apps = PLACES
  .flatMap((place) => readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' }).map((file) => join(place, file)))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('node_modules'))
  .filter((file) => !ELSEWHERE.includes(file))
  .filter((file) => /\bnew App\(/.test(readFileSync(join(ROOT, file), 'utf8')))
  .sort();

const folder = mkdtempSync(join(tmpdir(), 'apps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(apps)('the templates of %s can be deployed', (app) => {
  const outdir = join(folder, app.replaceAll(/\W/g, '-'));
  execFileSync(process.execPath, ['--import', 'tsx', app], {
    cwd: ROOT,
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: UNBUNDLED, JSII_DEPRECATED: 'quiet', NODE_OPTIONS: '' },
    stdio: 'pipe',
  });
  expect(undeployable(new CloudAssembly(outdir))).toEqual([]);
});

test('those that are judged elsewhere are still there', () => {
  expect(ELSEWHERE.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});
