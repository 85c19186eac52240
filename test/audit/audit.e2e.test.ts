import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { appCommand, gone, REPOSITORY, UserFolder, type Cli } from '../local/support/cli';

let folder: UserFolder;
beforeEach(() => { folder = new UserFolder(); });
afterEach(() => {
  expect(folder.leftovers()).toEqual([]);
  folder.remove();
});

const app = (name: string) => appCommand(`../../audit/fixtures/${name}`);
const audit = async (...argv: readonly string[]) => {
  const cli: Cli = folder.start('audit', ...argv);
  const { code } = await cli.exited;
  return { code, out: cli.stdout, err: cli.stderr };
};

/** The block of the page that follows the command. */
function shown(): string {
  const page = readFileSync(path.join(REPOSITORY, 'docs', 'existing-app.md'), 'utf8');
  return /npx idempotent-api audit\n```\n[^`]*```text\n([^`]*)```/.exec(page)![1]!;
}

test('F170: an app with one of each kind of route: the table is the one that the page shows, and the exit status tells whether one is unprotected', async () => {
  const table = await audit('--app', app('every-kind-app.ts'));
  expect(table).toMatchObject({ code: 0, out: shown() });

  const failing = await audit('--assembly', 'cdk.out', '--fail-on', 'unprotected', '--json');
  expect(failing).toMatchObject({ code: 1, err: '' });
  const { routes, counts, unseen } = JSON.parse(failing.out) as { routes: { protection: string }[]; counts: object; unseen: string[] };
  expect(counts).toEqual({ protected: 8, exempt: 3, unprotected: 10 });
  expect(unseen).toEqual([]);
  expect(routes).toHaveLength(21);
  expect(routes[0]).toEqual({
    api: 'Shop/Balancer', method: 'ANY', path: '/*', function: 'Shop/Balanced', protection: 'unprotected', reason: 'Shop/Balanced is not attached',
  });

  const one = await audit('--assembly', 'cdk.out', '--stack', 'Data', '--fail-on', 'unprotected');
  expect(one).toEqual({ code: 0, out: 'no API in the assembly has a route\n', err: '' });
});

test('F170: an app that has nothing of ours, by its cdk.json', async () => {
  folder.remove();
  folder = new UserFolder({ app: app('plain-app.ts') });
  const { code, out } = await audit('--fail-on', 'unprotected');
  expect(code).toBe(1);
  expect(out).toBe(`API          METHOD  PATH       FUNCTION  PROTECTION   WHY
Legacy/Rest  POST    /          Shop/Pay  unprotected  Shop/Pay is not attached
Shop/Api     PUT     /away      -         unprotected  calls no function but https://other.example
Shop/Api     GET     /payments  Shop/Pay  exempt       a key means nothing on GET
Shop/Api     POST    /payments  Shop/Pay  unprotected  Shop/Pay is not attached

4 routes: 0 protected, 1 exempt, 3 unprotected
`);
});

test('F197: an audit that is stopped while the app is synthesized has not passed, and leaves nothing behind', async () => {
  const cli = folder.start('audit', '--fail-on', 'unprotected', '--app', 'node -e "console.error(\'synthesizing\'); setInterval(() => {}, 1000)"');
  await cli.until(() => (cli.stderr.includes('synthesizing') ? true : undefined));
  const below = cli.descendants();
  expect(await cli.stop()).toEqual({ code: 130, signal: null });
  expect(cli.stdout).toBe('');
  await gone(below);
});

test('F170, F197: nothing to read, and an app that fails, end with one line and a status that is not 0', async () => {
  expect(await audit('--assembly', 'gone')).toEqual({ code: 1, out: '', err: expect.stringMatching(/^idempotent-api: the assembly ".*gone" does not exist; run .*\n$/) });
  expect(await audit()).toEqual({ code: 2, out: '', err: expect.stringMatching(/^idempotent-api: nothing to run: .*cdk\.json names no "app"; .*\n$/) });
  expect(await audit('--app', '"$(command -v node)" -e "process.exit(3)"')).toMatchObject({ code: 3, out: '', err: expect.stringContaining('failed with exit status 3') });
  expect(existsSync(path.join(folder.directory, 'cdk.out', 'manifest.json'))).toBe(false);
  expect((await audit('--help')).out).toContain('Usage: idempotent-api audit');
});
