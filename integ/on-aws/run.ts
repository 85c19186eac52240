/**
 * `run.ts --assembly DIR [--outputs FILE]`: puts the probes to the assembly under
 * `idempotent-api local` and, with the outputs of a deployment, to AWS as well,
 * and prints what differs; then the conformance suite to the APIs of whichever
 * there is. Exits with 1 where a probe differs or a MUST is broken.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ask, type Seen } from './ask';
import { PROBES } from './probes';

const CLI = path.resolve(__dirname, '../../build/cli/idempotent-api.mjs');
const STACK = 'IdempotentOnAws';

/** Where each front is served, by the id of its construct. */
type Fronts = Readonly<Record<string, string>>;

interface Local {
  readonly fronts: Fronts;
  readonly stop: () => Promise<void>;
}

async function startLocal(assembly: string): Promise<Local> {
  const child = spawn(process.execPath, [CLI, 'local', '--assembly', assembly, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  };
  const { apis } = await readyLine(child);
  // A function's URL has no construct of its own in the app; there is one.
  return { fronts: Object.fromEntries(apis.map(({ id, kind, url }) => [kind === 'url' ? 'EchoFunctionUrl' : id, url])), stop };
}

interface Ready {
  readonly event: string;
  readonly apis: readonly { readonly id: string; readonly kind: string; readonly url: string }[];
}

async function readyLine({ stdout, ...child }: ChildProcess): Promise<Ready> {
  for await (const line of createInterface({ input: stdout! })) {
    const said = JSON.parse(line) as Ready;
    if (said.event === 'ready') {
      stdout!.resume();
      return said;
    }
  }
  throw new Error(`idempotent-api local ended before it was ready: ${child.exitCode}`);
}

function deployed(file: string): Fronts {
  const outputs = (JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Fronts>>)[STACK]!;
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => name.endsWith('Url')).map(([name, url]) => [name.slice(0, -'Url'.length), url]));
}

const same = (left: Seen, right: Seen): boolean => JSON.stringify(left) === JSON.stringify(right);

async function probe(local: Fronts, aws: Fronts | undefined): Promise<boolean> {
  let different = 0;
  let compared = 0;
  for (const each of PROBES) {
    const here = local[each.front] === undefined ? undefined : await ask(each, local[each.front]!);
    const there = aws?.[each.front] === undefined ? undefined : await ask(each, aws[each.front]!);
    if (here !== undefined && there !== undefined) {
      compared += 1;
      if (same(here, there)) continue;
      different += 1;
      console.log(`DIFFERS ${each.id}\n  local ${JSON.stringify(here)}\n  AWS   ${JSON.stringify(there)}`);
    } else if (here !== undefined || there !== undefined) {
      console.log(`${here === undefined ? 'AWS  ' : 'local'} ${each.id} ${JSON.stringify(here ?? there)}`);
    }
  }
  console.log(`Probes: ${PROBES.length}, ${compared} compared with AWS, ${different} different.`);
  return different === 0;
}

/** The suite is this package's own command, as anybody runs it. */
async function conforms(fronts: Fronts, id: string): Promise<boolean> {
  const base = fronts[id]!.replace(/\/$/, '');
  const routes = ['other=refunds', 'required=required', 'waiting=waiting'].flatMap((route) => {
    const [name, pathname] = route.split('=');
    return ['--route', `${name}=${base}/${pathname}`];
  });
  const child = spawn(process.execPath, [
    CLI, 'conformance', '--url', `${base}/payments`, '--effects', `${base}/effects`, '--token-a', 'account-a', '--token-b', 'account-b', '--profile', 'ours', ...routes,
  ], { stdio: 'inherit' });
  return await new Promise<number | null>((resolve) => child.once('exit', resolve)) === 0;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { assembly: { type: 'string' }, outputs: { type: 'string' } } });
  if (values.assembly === undefined) throw new Error('--assembly DIR: the folder that integ/on-aws/app.ts was synthesized to');
  const aws = values.outputs === undefined ? undefined : deployed(values.outputs);
  const local = await startLocal(values.assembly);
  try {
    const results = [await probe(local.fronts, aws)];
    for (const id of ['Http', 'Rest']) results.push(await conforms(aws ?? local.fronts, id));
    process.exitCode = results.every((holds) => holds) ? 0 : 1;
  } finally {
    await local.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
