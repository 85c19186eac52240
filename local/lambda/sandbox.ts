import type { ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { killGroup, spawnContained } from './contained-process';
import { deferred } from './deferred';
import { InvocationLog } from './invocation-log';
import type { InvocationRequest, InvocationResult } from './local-function';
import { RuntimeApi, type Answer } from './runtime-api';
import { entrypointProblem } from './runtimes/custom-runtimes';
import { SANDBOX_VARIABLE, type Launch } from './runtimes/runtime-family';

/** What all sandboxes of a function have in common. */
export interface SandboxPlan {
  readonly launch: Launch;
  readonly codeDirectory: string;
  readonly functionArn: string;
  readonly timeoutSeconds: number;
  readonly initTimeoutSeconds: number;
  readonly lingerMs: number;
  environment(runtimeApi: string, logStream: string): Record<string, string>;
}

export interface SandboxEvents {
  onLine(line: string, requestId: string | undefined): void;
  /** Ready for an invocation. */
  onIdle(): void;
  /** Answered a while ago, and still not ready for the next invocation. */
  onLinger(): void;
  /** No process any more. */
  onExit(): void;
}

type State = 'new' | 'starting' | 'busy' | 'finishing' | 'lingering' | 'idle' | 'dead';

interface Running extends InvocationRequest {
  isAnswered: boolean;
  answer(result: InvocationResult): void;
}

/** How its process will have ended, where that is known before it has. */
interface Verdict {
  readonly result: InvocationResult;
  readonly line?: string;
}

/** How long an orphan may hold the outputs of a process that is gone. */
const OUTPUT_GRACE_MS = 500;

/**
 * One execution environment: a child process with a runtime in it, and the
 * Runtime API that it asks for work. It serves one invocation
 * at a time and starts with its first.
 *
 * Unlike Lambda, it is not frozen between invocations: what a handler leaves
 * pending goes on at once here, and not before the next invocation there.
 */
export class Sandbox {
  private state: State = 'new';
  private running: Running | undefined;
  private verdict: Verdict | undefined;
  private timer: NodeJS.Timeout | undefined;
  private linger: NodeJS.Timeout | undefined;
  private onWarm: ((problem: InvocationResult | undefined) => void) | undefined;
  private child: ChildProcess | undefined;
  private api: RuntimeApi | undefined;
  private readonly mark = `\u0000end ${randomUUID()}\u0000`;
  private readonly stdout: InvocationLog;
  private readonly stderr: InvocationLog;
  private readonly end = deferred();

  constructor(private readonly plan: SandboxPlan, private readonly events: SandboxEvents) {
    const onLine = events.onLine.bind(events);
    const mark = plan.launch.marksItsOutput ? this.mark : undefined;
    this.stdout = new InvocationLog(mark, onLine);
    this.stderr = new InvocationLog(mark, onLine);
  }

  get isIdle(): boolean {
    return this.state === 'idle';
  }

  /** Answered, and as a rule idle within a millisecond. */
  get isFinishing(): boolean {
    return this.state === 'finishing';
  }

  /** It has an invocation, and no answer to it yet. */
  get isBusy(): boolean {
    return this.running?.isAnswered === false && !this.isDead;
  }

  get isDead(): boolean {
    return this.state === 'dead';
  }

  /** Resolves once the process is gone and all of its output read. */
  get ended(): Promise<void> {
    return this.end.promise;
  }

  /** Only on a new sandbox or an idle one. Never rejects. */
  run(request: InvocationRequest): Promise<InvocationResult> {
    const { requestId } = request;
    const drained = Promise.all([this.stdout.begin(requestId), this.stderr.begin(requestId)])
      .then(() => (this.isDead ? this.ended : undefined));
    return new Promise((resolve) => {
      this.running = {
        ...request,
        isAnswered: false,
        answer(result) {
          this.isAnswered = true;
          resolve({ ...result, drained });
        },
      };
      if (this.state === 'new') {
        this.start().catch((cause) => this.die({ result: { kind: 'crashed', detail: `not started: ${String(cause)}` } }));
      } else {
        this.deliver();
      }
    });
  }

  /** Starts a new sandbox ahead of its first invocation; resolves once it is ready, or with what kept it from that. */
  warmUp(): Promise<InvocationResult | undefined> {
    return new Promise((resolve) => {
      this.onWarm = resolve;
      this.start().catch((cause) => this.die({ result: { kind: 'crashed', detail: `not started: ${String(cause)}` } }));
    });
  }

  /** Kills it, whatever it is doing; resolves once it has ended. */
  close(): Promise<void> {
    this.kill({ result: { kind: 'crashed', detail: 'stopped by the runner' } });
    return this.ended;
  }

  private async start(): Promise<void> {
    this.state = 'starting';
    const api = await RuntimeApi.start({
      onNext: () => this.onNext(),
      onAnswer: (answer) => this.onAnswer(answer),
      onInitError: (error) => this.kill({ result: { kind: 'threw', error } }),
    });
    this.api = api;
    if (this.verdict !== undefined) {
      this.die(this.verdict);
      return;
    }
    const { command, arguments: args, message, endsByItself } = this.plan.launch;
    const problem = message === undefined ? entrypointProblem(command) : undefined;
    if (problem !== undefined) {
      this.die(invalidEntrypoint(problem, this.running?.requestId));
      return;
    }
    const child = spawnContained(command, args, {
      cwd: this.plan.codeDirectory,
      env: {
        ...this.plan.environment(api.address, logStreamName(new Date())),
        ...(message === undefined ? {} : { [SANDBOX_VARIABLE]: JSON.stringify({ ...message, mark: this.mark }) }),
      },
      endsByItself,
    });
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => this.stdout.push(chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => this.stderr.push(chunk));
    child.on('error', (cause) => {
      if (child.pid === undefined) {
        this.die({ result: { kind: 'crashed', detail: cause.message } });
      }
    });
    child.once('exit', (code, signal) => this.onExit(child, code, signal));
    this.timer = setTimeout(() => this.onInitTimeout(), this.plan.initTimeoutSeconds * 1000);
  }

  private onNext(): void {
    if (this.isDoomed) {
      return;
    }
    this.clearTimers();
    if (this.state === 'starting' && this.running !== undefined) {
      this.deliver();
    } else {
      this.onWarm?.(undefined);
      if (this.state !== 'starting' && !this.plan.launch.marksItsOutput) this.endInvocation();
      this.state = 'idle';
      this.running = undefined;
      this.events.onIdle();
    }
  }

  /**
   * A bootstrap that is not ours writes no mark. What it has written before it
   * asks for the next invocation is in the pipes, though, and read within one
   * turn of the event loop.
   */
  private endInvocation(): void {
    setImmediate(() => setImmediate(() => [this.stdout, this.stderr].forEach((log) => log.endInvocation())));
  }

  private deliver(): void {
    const { requestId, event, clientContext, functionArn = this.plan.functionArn } = this.running!;
    const timeoutMs = this.plan.timeoutSeconds * 1000;
    this.state = 'busy';
    this.timer = setTimeout(() => this.onTimeout(requestId), timeoutMs);
    this.api!.deliver({
      requestId,
      event,
      deadline: Date.now() + timeoutMs,
      functionArn,
      ...(clientContext === undefined ? {} : { clientContext }),
      traceId: traceId(),
    });
  }

  private onAnswer(answer: Answer): void {
    if (this.isDoomed) {
      return;
    }
    this.state = 'finishing';
    this.linger = setTimeout(() => {
      this.state = 'lingering';
      this.events.onLinger();
    }, this.plan.lingerMs);
    this.running?.answer(answer);
  }

  private clearTimers(): void {
    clearTimeout(this.timer);
    clearTimeout(this.linger);
  }

  private onTimeout(requestId: string): void {
    this.kill({
      result: { kind: 'timed-out' },
      line: `${new Date().toISOString()} ${requestId} Task timed out after ${this.plan.timeoutSeconds.toFixed(2)} seconds`,
    });
  }

  /** Lambda would initialise once more within the function's timeout; a module this slow is told at once here. */
  private onInitTimeout(): void {
    const duration = (this.plan.initTimeoutSeconds * 1000).toFixed(2);
    this.kill({
      result: { kind: 'timed-out' },
      line: `INIT_REPORT Init Duration: ${duration} ms\tPhase: init\tStatus: timeout`,
    });
  }

  /** Calls on the Runtime API may still come in when its process is about to go or gone. */
  private get isDoomed(): boolean {
    return this.verdict !== undefined || this.isDead;
  }

  private kill(verdict: Verdict): void {
    if (this.isDead) {
      return;
    }
    this.verdict ??= verdict;
    if (this.child !== undefined) {
      killGroup(this.child);
    } else if (this.state === 'new') {
      this.die(this.verdict);
    }
  }

  private onExit(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    const detail = exitDetail(code, signal);
    const verdict = this.verdict ?? {
      result: { kind: 'crashed', detail },
      ...(this.running === undefined ? {} : { line: `RequestId: ${this.running.requestId} Error: ${detail}` }),
    };
    const grace = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()), OUTPUT_GRACE_MS);
    child.once('close', () => {
      clearTimeout(grace);
      this.endOutput(verdict);
    });
    this.leave(verdict);
  }

  /** The end of a sandbox that has no process. */
  private die(verdict: Verdict): void {
    this.leave(verdict);
    this.endOutput(verdict);
  }

  private leave({ result }: Verdict): void {
    this.clearTimers();
    this.state = 'dead';
    this.api?.close();
    this.child?.stdio[3]?.destroy();
    this.onWarm?.(result);
    if (this.running?.isAnswered === false) {
      this.running.answer(result);
    }
    this.events.onExit();
  }

  /** Lambda's own line comes after all of the function's. */
  private endOutput({ line }: Verdict): void {
    this.stdout.end();
    this.stderr.end();
    if (line !== undefined) {
      this.events.onLine(line, this.running?.requestId);
    }
    this.end.resolve();
  }
}

/** Lambda's words for a custom runtime without a program that could be started. */
function invalidEntrypoint(problem: string, requestId: string | undefined): Verdict {
  const errorMessage = `RequestId: ${requestId} Error: ${problem}`;
  return { result: { kind: 'threw', error: { errorType: 'Runtime.InvalidEntrypoint', errorMessage } }, line: `${errorMessage}\tRuntime.InvalidEntrypoint` };
}

/** As Go names them, which Lambda's supervisor is written in. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

function exitDetail(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) {
    return 'Runtime exited without providing a reason';
  }
  return `Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${SIGNALS[signal] ?? signal}`}`;
}

function logStreamName(now: Date): string {
  return `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${randomBytes(16).toString('hex')}`;
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
