import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { callersEnvironment } from './environment';
import { LocalError, reasonOf } from './local-error';

export interface SynthRequest {
  /** Run through the shell, as `cdk --app` does. */
  readonly command: string;
  /** Where it was named: `--app`. */
  readonly origin: string;
  /** The folder of cdk.json; the app runs there. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Over that of both files. */
  readonly context: Readonly<Record<string, string>>;
  /** For what must not outlive this process. */
  readonly temporaryDirectory: () => string;
  /** Ends the app when it fires. */
  readonly signal: AbortSignal;
}

/** One environment variable may hold 128 KiB on Linux and 32 Ki characters on Windows; the CDK reads the rest from a file. */
const MAX_CONTEXT_CHARACTERS = 30_000;

/**
 * Runs a CDK app and returns the directory of its cloud assembly, the same that
 * `cdk synth` writes (cdk.json's `output`, or `cdk.out`). The app's own output
 * goes to standard error. Throws `APP_FAILED` with the app's exit status.
 */
export async function synthesize(request: SynthRequest): Promise<string> {
  const settings = readJsonObject(path.join(request.directory, 'cdk.json'));
  const directory = outputOf(request.directory);
  mkdirSync(directory, { recursive: true });

  const { account, region } = callersEnvironment(request.environment);
  const environment = {
    ...request.environment,
    CDK_OUTDIR: directory,
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: region,
    ...contextVariables({ ...appContext(request.directory, settings), ...request.context }, request.temporaryDirectory),
  };
  const manifest = path.join(directory, 'manifest.json');
  const before = modifiedAt(manifest);
  const status = await runThroughShell(request, environment);
  if (status !== 0) {
    throw new LocalError('APP_FAILED', `${request.origin} "${request.command}" failed with exit status ${status}; its own output is above`, { exitCode: status });
  }
  // What an earlier run left behind is not this app's assembly.
  if (modifiedAt(manifest) === before) {
    throw new LocalError('APP_FAILED', `${request.origin} "${request.command}" ended without writing an assembly to ${directory}; does it create an App and call synth()?`);
  }
  return directory;
}

/** Where the assembly of an app is written: cdk.json's `output`, or `cdk.out`. */
export function outputOf(directory: string): string {
  const { output } = readJsonObject(path.join(directory, 'cdk.json'));
  return path.resolve(directory, typeof output === 'string' ? output : 'cdk.out');
}

/**
 * The app that cdk.json names: a command, or the folder of an assembly, as
 * `cdk` takes it. Throws `USAGE` where it names none.
 */
export function appOfProject(directory: string): string {
  const { app } = readJsonObject(path.join(directory, 'cdk.json'));
  if (typeof app === 'string' && app.trim() !== '') return app;
  throw new LocalError('USAGE', `nothing to run: ${path.join(directory, 'cdk.json')} names no "app"; give --app "npx tsx bin/app.ts" or --assembly cdk.out`);
}

/** What `cdk` hands to an app: the context of both files, cdk.context.json last, and paths in the templates' metadata. */
function appContext(directory: string, settings: Record<string, unknown>): Record<string, unknown> {
  const declared = isObject(settings.context) ? settings.context : {};
  return { ...declared, ...readJsonObject(path.join(directory, 'cdk.context.json')), 'aws:cdk:enable-path-metadata': true };
}

function contextVariables(context: Record<string, unknown>, temporaryDirectory: () => string): Record<string, string> {
  const json = JSON.stringify(context);
  if (json.length <= MAX_CONTEXT_CHARACTERS) return { CDK_CONTEXT_JSON: json };
  const file = path.join(temporaryDirectory(), 'context.json');
  writeFileSync(file, json);
  return { CDK_CONTEXT_JSON: '{}', CONTEXT_OVERFLOW_LOCATION_ENV: file };
}

async function runThroughShell({ command, origin, directory: cwd, signal }: SynthRequest, env: NodeJS.ProcessEnv): Promise<number> {
  // A process group of its own, so that ending it ends what the shell started as well.
  const group = process.platform !== 'win32';
  const child = spawn(command, { shell: true, cwd, env, stdio: ['ignore', 2, 2], detached: group });
  const stop = () => {
    try {
      if (group && child.pid) process.kill(-child.pid, 'SIGTERM');
      else child.kill('SIGTERM');
    } catch { /* It has ended by itself. */ }
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => reject(new LocalError('APP_FAILED', `${origin} "${command}" could not be started: ${cause.message}`, { cause })));
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const modifiedAt = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

function readJsonObject(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isObject(value)) return value;
  } catch (cause) {
    throw new LocalError('APP_FAILED', `${file} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  throw new LocalError('APP_FAILED', `${file} does not hold a JSON object`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
