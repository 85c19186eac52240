import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arnOf, callersEnvironment } from '../environment';
import { declaredMajor, lambdaNodeFlags } from './declared-runtime';
import { FunctionSpecError } from './function-spec-error';
import { lambdaRuntimeFiles } from './lambda-runtime-files';
import type { FunctionOptions, FunctionSpec, InvocationResult, LocalFunction } from './local-function';
import { findNodeBinary } from './node-binary';
import { prepareOptDirectory } from './opt-directory';
import { Sandbox, type SandboxPlan } from './sandbox';
import { sandboxEnvironment } from './sandbox-environment';

const noticed = new Set<string>();

/**
 * A function as it runs here: as many sandboxes as its requests need, up to
 * `spec.maxSandboxes`, warm ones first; what exceeds them queues.
 *
 * @throws FunctionSpecError when the function cannot run here: another runtime
 * than Node 20, 22 or 24, no code, layers that do not merge.
 */
export function createFunction(spec: FunctionSpec, options: FunctionOptions): LocalFunction {
  const major = declaredMajor(spec);
  for (const directory of [spec.codeDirectory, ...spec.layerDirectories]) {
    if (!existsSync(directory)) {
      throw new FunctionSpecError('CODE_NOT_FOUND', `Function ${spec.id}: its code or layer ${directory} does not exist; synthesize the app again.`);
    }
  }
  const files = lambdaRuntimeFiles();
  const roots = [options.userDirectory ?? process.cwd(), dirname(files.shim)];
  const node = findNodeBinary(major, roots);
  tellOnce(options, node.notice);
  if (spec.environment.AWS_LAMBDA_EXEC_WRAPPER !== undefined) {
    tellOnce(options, `Function ${spec.id}: its AWS_LAMBDA_EXEC_WRAPPER is not run locally.`);
  }

  const scratch = mkdtempSync(join(tmpdir(), 'idempotent-api-'));
  const environment = options.environment ?? callersEnvironment();
  try {
    const optDirectory = prepareOptDirectory(spec, join(scratch, 'opt'));
    return new FunctionPool(spec, options, scratch, {
      nodePath: node.path,
      nodeArguments: [...lambdaNodeFlags(node.version, spec.environment.NODE_OPTIONS), '--require', files.shim, files.client],
      codeDirectory: spec.codeDirectory,
      environment: (runtimeApi, logStream) => sandboxEnvironment({
        spec,
        major,
        optDirectory,
        home: scratch,
        runtimeDirectory: dirname(files.client),
        region: environment.region,
        logStream,
        runtimeApi,
        path: process.env.PATH ?? '',
      }),
      sdkRoots: roots,
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
  readonly requestId: string;
  readonly event: string;
  answer(result: InvocationResult | Promise<InvocationResult>): void;
}

class FunctionPool implements LocalFunction {
  /** All whose output has not come to its end. */
  private readonly sandboxes = new Set<Sandbox>();
  /** Idle ones, the last used on top. */
  private readonly warm: Sandbox[] = [];
  private readonly queue: Queued[] = [];
  private closing: Promise<void> | undefined;

  constructor(
    readonly spec: FunctionSpec,
    private readonly options: FunctionOptions,
    private readonly scratch: string,
    private readonly plan: SandboxPlan,
  ) {}

  invoke(requestId: string, event: unknown): Promise<InvocationResult> {
    if (this.closing !== undefined) {
      return Promise.resolve(STOPPED);
    }
    if (this.spec.maxSandboxes < 1) {
      return Promise.resolve(THROTTLED);
    }
    return new Promise((answer) => {
      this.queue.push({ requestId, event: JSON.stringify(event ?? null), answer });
      this.dispatch();
    });
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

  private dispatch(): void {
    while (this.queue.length > 0) {
      const sandbox = this.takeWarm() ?? this.startIfNeeded();
      if (sandbox === undefined) {
        return;
      }
      const { requestId, event, answer } = this.queue.shift()!;
      answer(sandbox.run(requestId, event));
    }
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

/** Reserved concurrency of zero switches a function off in Lambda. */
const THROTTLED: InvocationResult = { kind: 'threw', error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' } };

function tellOnce(options: FunctionOptions, notice: string | undefined): void {
  if (notice !== undefined && !noticed.has(notice)) {
    noticed.add(notice);
    options.onNotice?.(notice);
  }
}
