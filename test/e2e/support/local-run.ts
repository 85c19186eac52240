import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { killOnExit } from './kill-on-exit';
import { Place, REPOSITORY } from './place';
import { descendants, type RunningProcess } from './process-tree';
import { sent } from './sent';
import type { LogEvent, ReadyEvent, RequestEvent } from '../../../local/events';

type CliEvent = ({ event: 'ready' } & ReadyEvent) | ({ event: 'request' } & RequestEvent) | ({ event: 'log' } & LogEvent);

const LOADER = ['--import', pathToFileURL(require.resolve('tsx')).href];

/** As users have it once it is built, else from its source. */
const command = (): readonly string[] => {
  const built = path.join(REPOSITORY, 'build/cli/idempotent-api.mjs');
  return existsSync(built) ? [built] : [...LOADER, path.join(REPOSITORY, 'bin/idempotent-api.ts')];
};

const quoted = (words: readonly string[]) => words.map((word) => `"${word}"`).join(' ');

/** `idempotent-api local --json` over an app of `fixtures/`, as a process of its own. */
export class LocalRun {
  static start(fixture: string): Promise<LocalRun> {
    return LocalRun.startApp(path.join('test/e2e/fixtures', fixture));
  }

  /** Ready to serve; a run that does not become ready leaves nothing behind. */
  static async startApp(file: string, environment: Readonly<Record<string, string>> = {}, argv: readonly string[] = []): Promise<LocalRun> {
    const place = new Place();
    writeFileSync(path.join(place.project, 'cdk.json'), '{}');
    const app = quoted([process.execPath, ...LOADER, path.join(REPOSITORY, file)]);
    const run = new LocalRun(place, spawn(process.execPath, [...command(), 'local', '--app', app, '--port', '0', '--json', ...argv], {
      cwd: place.project,
      env: { ...process.env, ...place.environment, ...environment, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }));
    try {
      await run.ready();
      return run;
    } catch (error) {
      await run.stop();
      throw error;
    }
  }

  private stdout = '';
  private stderr = '';
  private readonly waiting = new Set<() => void>();
  private readonly exited: Promise<void>;

  private constructor(readonly place: Place, private readonly child: ChildProcess) {
    child.stdout!.on('data', (chunk: Buffer) => this.heard(() => { this.stdout += chunk.toString(); }));
    child.stderr!.on('data', (chunk: Buffer) => this.heard(() => { this.stderr += chunk.toString(); }));
    this.exited = new Promise((resolve) => child.once('close', () => this.heard(resolve)));
    killOnExit(child);
  }

  get events(): readonly CliEvent[] {
    return this.stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as CliEvent);
  }

  ready(): Promise<ReadyEvent> {
    return this.until(() => this.events.find((event) => event.event === 'ready'));
  }

  async url(api: string): Promise<string> {
    const { apis } = await this.ready();
    const found = apis.find(({ id }) => id === api);
    if (found === undefined) throw new Error(`no API ${api} among ${apis.map(({ id }) => id).join(', ')}`);
    return found.url;
  }

  /** The `request` events of a path in the order of their answers, once there are that many. */
  requests(requestPath: string, count: number): Promise<readonly RequestEvent[]> {
    return this.until(() => {
      const found = this.events.filter((event) => event.event === 'request' && event.path === requestPath);
      return found.length >= count ? (found as readonly RequestEvent[]) : undefined;
    });
  }

  /** The command's, and those of its functions. */
  processes(): readonly RunningProcess[] {
    return descendants(this.child.pid!);
  }

  logs(functionId: string): readonly string[] {
    return this.events.flatMap((event) => (event.event === 'log' && event.function === functionId ? [event.line] : []));
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

  /** F71 for the whole run: fails where a line of the runtime's holds what was sent. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exited;
    this.place.remove();
    const leaks = sent.leaks(this.events.flatMap((event) => (event.event === 'log' ? [event.line] : [])));
    if (leaks.length > 0) throw new Error(`F71: lines that hold a key, a token or a body:\n${leaks.join('\n')}`);
  }

  private heard(change: () => void): void {
    change();
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
