import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arnOf, callersEnvironment } from '../environment';
import { FunctionSpecError } from './function-spec-error';
import type { FunctionOptions, FunctionSpec, InvocationRequest, InvocationResult, LocalFunction } from './local-function';
import { prepareOptDirectory } from './opt-directory';
import { familyOf, RUNTIMES_RUN, runtimeProblem } from './runtimes';
import { Sandbox, type SandboxPlan } from './sandbox';
import { sandboxEnvironment } from './sandbox-environment';

const noticed = new Set<string>();

/**
 * A function as it runs here: as many sandboxes as its requests need, up to
 * `spec.maxSandboxes`, warm ones first; what exceeds them queues.
 *
 * @throws FunctionSpecError when the function cannot run here: another runtime,
 * no program to run it, no code, layers that do not merge.
 */
export function createFunction(spec: FunctionSpec, options: FunctionOptions): LocalFunction {
  const machine = { path: process.env.PATH ?? '' };
  const family = familyOf(spec.runtime);
  const problem = runtimeProblem(spec.runtime, machine);
  if (family === undefined || problem !== undefined) {
    throw new FunctionSpecError('UNSUPPORTED_RUNTIME', `Function ${spec.id}: ${problem}; what runs here is ${RUNTIMES_RUN}.`);
  }
  for (const directory of [spec.codeDirectory, ...spec.layerDirectories]) {
    if (!existsSync(directory)) {
      throw new FunctionSpecError('CODE_NOT_FOUND', `Function ${spec.id}: its code or layer ${directory} does not exist; synthesize the app again.`);
    }
  }
  if (spec.environment.AWS_LAMBDA_EXEC_WRAPPER !== undefined) {
    tellOnce(options, `Function ${spec.id}: its AWS_LAMBDA_EXEC_WRAPPER is not run locally.`);
  }

  const scratch = mkdtempSync(join(tmpdir(), 'idempotent-api-'));
  const environment = options.environment ?? callersEnvironment();
  try {
    const optDirectory = prepareOptDirectory(spec, join(scratch, 'opt'));
    if (existsSync(join(optDirectory, 'extensions'))) tellOnce(options, `Function ${spec.id}: the extensions of its layers are not run locally.`);
    const launch = family.launch(spec, {
      machine,
      optDirectory,
      roots: [options.userDirectory ?? process.cwd()],
      notice: (text) => tellOnce(options, text),
    });
    return new FunctionPool(spec, options, scratch, {
      launch,
      codeDirectory: spec.codeDirectory,
      environment: (runtimeApi, logStream) => sandboxEnvironment({
        spec,
        launch,
        optDirectory,
        home: scratch,
        region: environment.region,
        logStream,
        runtimeApi,
        path: machine.path,
      }),
      functionArn: arnOf(environment, 'lambda', `function:${spec.name}`),
      timeoutSeconds: spec.timeoutSeconds,
      initTimeoutSeconds: options.initTimeoutSeconds ?? 10,
      lingerMs: options.lingerMs ?? 100,
    });
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw error;
  }
}

interface Queued {
  readonly request: InvocationRequest;
  answer(result: InvocationResult | Promise<InvocationResult>): void;
}

class FunctionPool implements LocalFunction {
  /** All whose output has not come to its end. */
  private readonly sandboxes = new Set<Sandbox>();
  /** Idle ones, the last used on top. */
  private readonly warm: Sandbox[] = [];
  private readonly queue: Queued[] = [];
  /** Invocations that are not over. */
  private readonly unfinished = new Set<Promise<unknown>>();
  private used = false;
  private closing: Promise<void> | undefined;

  constructor(
    readonly spec: FunctionSpec,
    private readonly options: FunctionOptions,
    private readonly scratch: string,
    private readonly plan: SandboxPlan,
  ) {}

  invoke(requestId: string, event: unknown): Promise<InvocationResult> {
    return this.run({ requestId, event: JSON.stringify(event ?? null) });
  }

  run(request: InvocationRequest): Promise<InvocationResult> {
    if (this.closing !== undefined) {
      return Promise.resolve(STOPPED);
    }
    if (this.spec.maxSandboxes < 1 || request.signal?.aborted || (request.refusesToWait && this.isFull)) {
      return Promise.resolve(THROTTLED);
    }
    this.used = true;
    const result = new Promise<InvocationResult>((answer) => {
      const queued = { request, answer };
      this.queue.push(queued);
      request.signal?.addEventListener('abort', () => this.giveUp(queued), { once: true });
      this.dispatch();
    });
    const over = result.then(({ drained }) => drained);
    this.unfinished.add(over);
    void over.then(() => this.unfinished.delete(over));
    return result;
  }

  get isUsed(): boolean {
    return this.used;
  }

  warmUp(): Promise<InvocationResult | undefined> {
    return this.newSandbox().warmUp();
  }

  async retire(): Promise<void> {
    await Promise.all(this.unfinished);
    await this.close();
  }

  close(): Promise<void> {
    this.closing ??= this.stop();
    return this.closing;
  }

  private async stop(): Promise<void> {
    this.queue.splice(0).forEach(({ answer }) => answer(STOPPED));
    await Promise.all([...this.sandboxes].map((sandbox) => sandbox.close()));
    rmSync(this.scratch, { recursive: true, force: true });
  }

  private giveUp(queued: Queued): void {
    const place = this.queue.indexOf(queued);
    if (place === -1) return;
    this.queue.splice(place, 1);
    queued.answer(THROTTLED);
  }

  private dispatch(): void {
    while (this.queue.length > 0) {
      const sandbox = this.takeWarm() ?? this.startIfNeeded();
      if (sandbox === undefined) {
        return;
      }
      const { request, answer } = this.queue.shift()!;
      answer(sandbox.run(request));
    }
  }

  /** As many invocations are under way as there may be sandboxes; one that has answered is free in a moment. */
  private get isFull(): boolean {
    const taken = [...this.sandboxes].filter((sandbox) => sandbox.isBusy).length;
    return taken + this.queue.length >= this.spec.maxSandboxes;
  }

  private takeWarm(): Sandbox | undefined {
    let sandbox = this.warm.pop();
    while (sandbox !== undefined && !sandbox.isIdle) {
      sandbox = this.warm.pop();
    }
    return sandbox;
  }

  /**
   * A sandbox asks for its next invocation just after it has answered, so a
   * client that sends one request after the other would always be a moment too
   * early for it: such sandboxes are waited for.
   */
  private startIfNeeded(): Sandbox | undefined {
    const alive = [...this.sandboxes].filter((sandbox) => !sandbox.isDead);
    const finishing = alive.filter((sandbox) => sandbox.isFinishing);
    if (this.closing !== undefined || alive.length >= this.spec.maxSandboxes || this.queue.length <= finishing.length) {
      return undefined;
    }
    return this.newSandbox();
  }

  private newSandbox(): Sandbox {
    const sandbox: Sandbox = new Sandbox(this.plan, {
      onLine: (line, requestId) => this.options.onLog({
        functionId: this.spec.id, line, ...(requestId === undefined ? {} : { requestId }),
      }),
      onIdle: () => {
        this.warm.push(sandbox);
        this.dispatch();
      },
      onLinger: () => this.dispatch(),
      onExit: () => this.dispatch(),
    });
    this.sandboxes.add(sandbox);
    void sandbox.ended.then(() => this.sandboxes.delete(sandbox));
    return sandbox;
  }
}

const STOPPED: InvocationResult = { kind: 'crashed', detail: 'stopped by the runner' };

const THROTTLED: InvocationResult = { kind: 'throttled' };

function tellOnce(options: FunctionOptions, notice: string | undefined): void {
  if (notice !== undefined && !noticed.has(notice)) {
    noticed.add(notice);
    options.onNotice?.(notice);
  }
}
