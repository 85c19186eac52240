import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LogEvent, ReadyEvent, RequestEvent } from '../../../local/events';

export const REPOSITORY = path.resolve(__dirname, '../../..');
const TSX = path.join(REPOSITORY, 'node_modules', '.bin', 'tsx');

export const appCommand = (fixture: string) => `"${TSX}" "${path.join(REPOSITORY, 'test/local/fixtures', fixture)}"`;

type CliEvent = ({ event: 'ready' } & ReadyEvent) | ({ event: 'request' } & RequestEvent) | ({ event: 'log' } & LogEvent);

/** A folder as a user has one, and beside it the only temporary folder that the command knows. */
export class UserFolder {
  readonly root = mkdtempSync(path.join(tmpdir(), 'user-folder-'));
  readonly directory = path.join(this.root, 'project');
  private readonly temporary = path.join(this.root, 'tmp');

  constructor(cdkJson: unknown = {}) {
    mkdirSync(this.directory);
    mkdirSync(this.temporary);
    writeFileSync(path.join(this.directory, 'cdk.json'), JSON.stringify(cdkJson));
  }

  start(...argv: readonly string[]): Cli {
    return new Cli(argv, this.directory, this.temporary);
  }

  leftovers(): readonly string[] {
    return readdirSync(this.temporary).filter((name) => !name.startsWith('tsx-') && name !== 'node-compile-cache');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The command as a process of its own: no wrapper around it that would take its signals. */
export class Cli {
  stdout = '';
  stderr = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor(argv: readonly string[], cwd: string, temporary: string) {
    const loader = pathToFileURL(require.resolve('tsx')).href;
    this.child = spawn(process.execPath, ['--import', loader, path.join(REPOSITORY, 'bin/idempotent-api.ts'), ...argv], {
      cwd,
      // Where a stack without an environment belongs must not depend on who runs the tests.
      env: { ...process.env, CDK_DEFAULT_REGION: '', CDK_DEFAULT_ACCOUNT: '', AWS_REGION: '', AWS_DEFAULT_REGION: '', TMPDIR: temporary, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (chunk: Buffer) => this.heard(() => { this.stdout += chunk.toString(); }));
    this.child.stderr!.on('data', (chunk: Buffer) => this.heard(() => { this.stderr += chunk.toString(); }));
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => this.heard(() => resolve({ code, signal }))));
  }

  /** The lines of standard output, each of which must be JSON. */
  get events(): readonly CliEvent[] {
    return this.stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as CliEvent);
  }

  /** Polls on output, not on time; fails with what was said where the command ends first. */
  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the command ended early\n${this.stdout}\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  ready(): Promise<ReadyEvent> {
    return this.until(() => this.events.find((event) => event.event === 'ready'));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** The processes below the command. */
  descendants(): readonly number[] {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n').map((row) => row.trim().split(/\s+/).map(Number));
    const below = (parent: number): number[] => rows.filter(([, ppid]) => ppid === parent).flatMap(([pid]) => [pid!, ...below(pid!)]);
    return below(this.child.pid!);
  }

  private heard(change: () => void): void {
    change();
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

/** A zombie is gone: it only waits for its parent to look. */
export const isAlive = (pid: number): boolean => {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim().startsWith('Z');
  } catch {
    return false;
  }
};

/** For processes that end by themselves once theirs is gone; fails by the test's own timeout. */
export async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

export const commandOf = (pid: number): string => execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
