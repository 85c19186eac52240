/**
 * `npm run conformance:peers [-- NAME...]`: puts the suite to each peer, by every
 * profile, and makes `docs/conformance/index.html` of all results that there are.
 * A peer with packages of its own runs in a copy of its folder, where they are
 * installed when it is first run.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PROFILE_NAMES, type ProfileName } from '../profile-name';
import { pageOf } from '../report/page';
import { resultsOf, toJson, type About, type Results } from '../report/results';
import { chosenFor, runSuite } from '../run/run-suite';
import { subjectOf } from '../run/subject-of';
import type { Target } from '../target';
import { targetsOf, unsigned } from './cdk-idempotent-api/targets';
import type { Flaw } from './reference/records';
import { IETF, STRIPE, type Rules } from './reference/rules';
import { startReference, targetAt } from './reference/server';

const ROOT = path.resolve(__dirname, '../..');
const RESULTS = path.join(ROOT, 'conformance', 'results');
/** Below a `node_modules`, where nothing that walks the sources looks. */
const STAGE = path.join(ROOT, 'node_modules', '.cache', 'cdk-idempotent-api', 'conformance');
const PAGE = path.join(ROOT, 'docs', 'conformance', 'index.html');

interface Started {
  readonly target: Target;
  readonly stop: () => Promise<void>;
}

/** A column of the page. */
interface Peer {
  /** Of its results' files. */
  readonly id: string;
  readonly about: About;
  readonly profiles: readonly ProfileName[];
  start(): Promise<Started>;
}

const reference = (id: string, name: string, about: string, profiles: readonly ProfileName[], rules: Rules, flaw?: Flaw): Peer => ({
  id,
  about: { name, about },
  profiles,
  start: async () => {
    const { url, stop } = await startReference(rules, { flaw });
    return { target: targetAt(url), stop };
  },
});

/** What a folder says of itself and has pinned. */
function aboutOf(folder: string, suffix = ''): About {
  const read = (file: string) => JSON.parse(readFileSync(path.join(__dirname, folder, file), 'utf8')) as Record<string, never>;
  const { name, about } = read('peer.json') as unknown as { name: string; about: string };
  const versions = existsSync(path.join(__dirname, folder, 'package.json')) ? read('package.json').dependencies as Record<string, string> : undefined;
  return { name: `${name}${suffix}`, about, versions };
}

const server = (folder: string): Peer => ({
  id: folder,
  about: aboutOf(folder),
  profiles: PROFILE_NAMES,
  start: async () => {
    const child = spawn(process.execPath, [path.join(staged(folder), 'server.mjs')], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, NODE_ENV: 'production' } });
    const { ready } = await firstLine<{ readonly ready: Target }>(child, (line) => 'ready' in line);
    return { target: ready, stop: () => end(child) };
  },
});

interface Ready {
  readonly event: string;
  readonly apis: readonly { readonly id: string; readonly url: string }[];
}

/** An app under `idempotent-api local`. */
const app = (id: string, file: string, about: About, targetIn: (apis: Ready['apis']) => Target): Peer => ({
  id,
  about,
  profiles: PROFILE_NAMES,
  start: async () => {
    const temporary = mkdtempSync(path.join(tmpdir(), 'conformance-peer-'));
    const effects = path.join(temporary, 'effects');
    mkdirSync(effects);
    const command = `"${process.execPath}" --import tsx "${path.join(__dirname, file)}"`;
    const child = spawn(process.execPath, [path.join(ROOT, 'build/cli/idempotent-api.mjs'), 'local', '--app', command, '--port', '0', '--json'], {
      cwd: ROOT,
      env: { ...process.env, EFFECTS: effects, PEER: staged(id), TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { apis } = await firstLine<Ready>(child, ({ event }) => event === 'ready');
    return {
      target: targetIn(apis),
      stop: async () => {
        await end(child);
        rmSync(temporary, { recursive: true, force: true });
      },
    };
  },
});

const own = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
const ownAbout = (kind: string): About => ({ ...aboutOf('cdk-idempotent-api', kind), versions: { 'cdk-idempotent-api': own.version } });

const PEERS: readonly Peer[] = [
  app('cdk-idempotent-api-http', 'cdk-idempotent-api/app.ts', ownAbout(' (HTTP API)'), (apis) => targetsOf(apis).http),
  app('cdk-idempotent-api-rest', 'cdk-idempotent-api/app.ts', ownAbout(' (REST API)'), (apis) => targetsOf(apis).rest),
  app('powertools', 'powertools-app.ts', aboutOf('powertools'), ([api]) => ({
    url: `${api!.url}/payments`,
    effects: `${api!.url}/effects`,
    tokenA: unsigned('a'),
    tokenB: unsigned('b'),
    ttl: 4,
    lease: 4,
    routes: { other: `${api!.url}/refunds`, brief: `${api!.url}/brief` },
  })),
  server('node-idempotency'),
  server('express-idempotency'),
  reference('reference', 'Reference server', 'A server of this kit, in memory, that keeps the rules of the IETF draft and of this package.', ['ietf-07', 'ours'], IETF),
  reference('stripe-rules', 'Stripe\'s rules', 'A server of this kit, in memory, that does what Stripe documents of its API. It is not Stripe.', ['ietf-07', 'stripe'], STRIPE),
  reference('broken-claim', 'Broken: claim not atomic', 'The reference server, but it looks whether a key is there, and only then writes it.', ['ietf-07'], IETF, 'claim-not-atomic'),
  reference('broken-completion', 'Broken: completion not fenced', 'The reference server, but whoever completes last wins.', ['ietf-07'], IETF, 'unfenced-completion'),
  reference('broken-errors', 'Broken: errors kept for ever', 'The reference server, but server errors, of dead processes too, are results without an end.', ['ietf-07'], IETF, 'errors-kept'),
];

/** Where a peer runs from, with its packages. */
function staged(folder: string): string {
  const source = path.join(__dirname, folder);
  if (!existsSync(path.join(source, 'package.json'))) return source;
  const home = path.join(STAGE, 'peers', folder);
  const manifest = readFileSync(path.join(source, 'package.json'), 'utf8');
  const installed = path.join(home, 'package.json');
  const isInstalled = existsSync(path.join(home, 'node_modules')) && readFileSync(installed, 'utf8') === manifest;
  for (const part of [path.join('peers', folder), path.join('peers', 'guard.mjs'), 'fixtures']) {
    cpSync(path.join(ROOT, 'conformance', part), path.join(STAGE, part), { recursive: true });
  }
  if (!isInstalled) {
    const flags = ['--no-workspaces', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    execFileSync('npm', ['install', ...flags], { cwd: home, stdio: 'inherit' });
  }
  return home;
}

function firstLine<T>({ stdout, ...child }: ChildProcess, isIt: (line: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdout! });
    lines.on('line', (line) => {
      const said = JSON.parse(line) as T;
      if (isIt(said)) resolve(said);
    });
    lines.once('close', () => reject(new Error(`a peer ended before it was ready: ${child.exitCode}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

const fileOf = (peer: Peer, profile: ProfileName): string => path.join(RESULTS, `${peer.id}.${profile}.json`);

/** What passes was recorded by the profile `ietf-07` already; of servers that are broken on purpose it is of no interest. */
const withoutPassed = (results: Results): Results => ({
  ...results,
  exchanges: Object.fromEntries(Object.entries(results.exchanges).filter(([id]) => results.results[id] !== true)),
});

async function put(peer: Peer): Promise<void> {
  const { target, stop } = await peer.start();
  try {
    for (const profile of peer.profiles) {
      const subject = await subjectOf({ ...target, profile });
      const runs = await runSuite(chosenFor(profile), subject);
      const results = resultsOf(runs, subject, { kit: `cdk-idempotent-api ${own.version}`, now: new Date(), target: peer.about });
      writeFileSync(fileOf(peer, profile), toJson(profile === 'ietf-07' && !peer.id.startsWith('broken-') ? results : withoutPassed(results)));
      const failed = runs.filter(({ chosen, outcome }) => chosen.level === 'MUST' && outcome !== true && outcome[0] === 'fails');
      console.log(`${peer.about.name}, ${profile}: ${failed.length === 0 ? 'no MUST is broken' : `broken: ${failed.map(({ chosen }) => chosen.definition.id).join(', ')}`}`);
    }
  } finally {
    await stop();
  }
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !PEERS.some(({ id }) => id === name));
  if (unknown.length > 0) throw new Error(`no peer ${unknown.join(', ')}; there are ${PEERS.map(({ id }) => id).join(', ')}`);
  mkdirSync(RESULTS, { recursive: true });
  for (const peer of PEERS) if (names.length === 0 || names.includes(peer.id)) await put(peer);
  const known = new Set(readdirSync(RESULTS));
  const files = PEERS.flatMap((peer) => peer.profiles.map((profile) => fileOf(peer, profile))).filter((file) => known.has(path.basename(file)));
  mkdirSync(path.dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, pageOf(files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results), path.join(ROOT, 'conformance', 'report')));
  console.log(`${path.relative(ROOT, PAGE)}: ${files.length} results`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
