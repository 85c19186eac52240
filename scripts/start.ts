import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rebuild } from './bundle';

const ROOT = join(__dirname, '..');
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const REPEATED_WITHIN_MS = 1000;
const PARENT_POLL_MS = 250;

/** Builds, runs the example app, and shows what to try; further arguments go to `idempotent-api local`. */
async function main(argv: readonly string[]): Promise<number> {
  await rebuild(ROOT);
  const command = [join(ROOT, 'build', 'cli', 'idempotent-api.mjs'), 'local', '--app', 'npx tsx bin/app.ts', ...argv];
  // In a process group of its own, so that Ctrl-C reaches it once: from here.
  const runner = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { JSII_DEPRECATED: 'quiet', ...process.env }, // the CDK warns of its own use of its own properties
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  passOnSignals((signal) => runner.kill(signal));

  const say = argv.includes('--json') ? console.error : console.log;
  let shown = false;
  createInterface({ input: runner.stdout }).on('line', (line) => {
    console.log(line);
    const url = readyUrl(line);
    if (url === undefined || shown) return;
    shown = true;
    say(`\n${whatToTry(url)}\n`);
  });
  return new Promise((resolve, reject) => {
    runner.once('error', reject);
    runner.once('close', (code) => resolve(code ?? 1));
  });
}

/**
 * On Ctrl-C the terminal signals this process, and npm, which was signalled
 * too, does so again. On SIGTERM npm ends the shell between, which leaves this
 * process without its parent and without a signal.
 */
function passOnSignals(passOn: (signal: NodeJS.Signals) => void): void {
  let last = -Infinity;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - last > REPEATED_WITHIN_MS) passOn(signal);
      last = now;
    });
  }
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    passOn('SIGTERM');
  }, PARENT_POLL_MS).unref();
}

/** The first HTTP API's address, from `ready Api http http://127.0.0.1:3000` or from its JSON. */
function readyUrl(line: string): string | undefined {
  if (!line.startsWith('{')) return /^ready \S+ http (\S+)$/.exec(line)?.[1];
  const { event, apis } = JSON.parse(line) as { event: string; apis: readonly { kind: string; url: string }[] };
  return event === 'ready' ? apis.find(({ kind }) => kind === 'http')?.url : undefined;
}

function whatToTry(url: string): string {
  const pay = (amount: number) => `curl -i ${url}/payments -H 'Idempotency-Key: payment-1' -H 'Content-Type: application/json' -d '{"amount":${amount},"currency":"EUR"}'`;
  return [
    'Pay:', pay(100),
    'Pay again: the recorded answer, the handler does not run:', pay(100),
    'Pay another amount under the same key: refused:', pay(200),
  ].join('\n');
}

main(process.argv.slice(2)).then(
  (code) => process.exitCode = code,
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
