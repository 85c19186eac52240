#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditCommand } from '../audit/command';
import { conformanceCommand } from '../conformance/command';
import { ConformanceError } from '../conformance/conformance-error';
import { localCommand, type CommandContext } from '../local/command';
import { LocalError, reasonOf } from '../local/local-error';
import { isOperateCommand, operate, OPERATE_HELP } from '../operate/command';
import { confirmAt } from '../operate/context';
import { OperateError } from '../operate/operate-error';
import { systemClock } from '../runtime/time';

const HELP = `Usage: idempotent-api COMMAND [options]

Commands:
  local    run a CDK app's HTTP APIs on this machine
  audit    list every route of an app, and whether a retry on it is safe
${OPERATE_HELP}
  conformance   put an HTTP API with idempotency keys to a test of its rules

Options:
  --help       show this text; "idempotent-api local --help" shows a command's
  --version    show the version
`;

/** Ctrl-C under npx arrives twice: from the terminal, and once more from npm, which was signalled too. */
const ONE_KEYPRESS_MS = 250;

/** As a shell has it of what a reader that has gone ended: of a run that nobody heard to its end nobody says that it passed. */
const UNREAD = 141;

const cliDirectory = path.dirname(fileURLToPath(import.meta.url));

const context: CommandContext = {
  directory: process.cwd(),
  cliDirectory,
  environment: process.env,
  platform: `${process.platform}-${process.arch}`,
  output: {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
  },
  onStopRequested: (callback) => {
    let last = -Infinity;
    const asked = (): void => {
      const now = performance.now();
      if (now - last > ONE_KEYPRESS_MS) callback();
      last = now;
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, asked);
    // Whoever read the output is gone: there is nobody left to serve.
    process.stdout.on('error', callback);
  },
};

/** This file lies one folder below the package's root as a source and two below it as a bundle. */
function version(directory = cliDirectory): string {
  try {
    const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as { name?: string; version?: string };
    if (manifest.name === 'cdk-idempotent-api') return manifest.version ?? '0.0.0';
  } catch { /* It is further up. */ }
  const parent = path.dirname(directory);
  return parent === directory ? '0.0.0' : version(parent);
}

async function main([command, ...argv]: readonly string[]): Promise<number> {
  // A reader that has gone, as `head` has, is no failure. Who must end for it listens as well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (isOperateCommand(command)) {
    // Whoever read the output is gone, and with them the reason to go on.
    process.stdout.once('error', () => process.exit());
    return operate(command, argv, { ...context, input: process.stdin, confirm: confirmAt(process.stdin, process.stderr), now: systemClock.now });
  }
  switch (command) {
    case 'local':
      return localCommand(argv, context);
    case 'audit':
      return auditCommand(argv, context);
    case 'conformance':
      // A help text has ended by then.
      process.stdout.once('error', () => setImmediate(() => process.exit(process.exitCode ?? UNREAD)));
      return conformanceCommand(argv, { ...context, version: version(), now: () => new Date() });
    case '--version':
      context.output.out(version());
      return 0;
    case '--help':
    case '-h':
      context.output.out(HELP.trimEnd());
      return 0;
    case undefined:
      context.output.err(HELP.trimEnd());
      return 2;
    default:
      throw new LocalError('USAGE', `unknown command "${command}"; the commands are: local, audit, conformance, inspect, release, stats, tail (see "idempotent-api --help")`);
  }
}

void main(process.argv.slice(2)).then(
  (status) => { process.exitCode ??= status; },
  (error: unknown) => {
    context.output.err(`idempotent-api: ${reasonOf(error)}`);
    process.exitCode = error instanceof LocalError || error instanceof OperateError || error instanceof ConformanceError ? error.exitCode : 1;
  },
);
