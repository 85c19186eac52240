import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFunction } from '../../../local/lambda/function-pool';
import type { FunctionOptions, FunctionSpec, InvocationResult, LocalFunction, LogLine } from '../../../local/lambda/local-function';

export interface TestFunction {
  readonly function: LocalFunction;
  readonly log: LogLine[];
  /** Invokes and waits until its log is complete. */
  invoke(requestId: string, event?: unknown): Promise<InvocationResult>;
  linesOf(requestId: string): string[];
}

/** Folders and functions of one test, cleaned up together. */
export class Functions {
  private readonly root = mkdtempSync(join(tmpdir(), 'local-lambda-'));
  private readonly created: LocalFunction[] = [];
  private count = 0;

  /** A new folder with these files. */
  folder(files: Readonly<Record<string, string>>): string {
    const folder = join(this.root, `folder-${this.count++}`);
    mkdirSync(folder);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  }

  /** An empty file, for those who wait for it. */
  write(path: string): void {
    writeFileSync(path, '');
  }

  create(
    files: Readonly<Record<string, string>>,
    spec: Partial<FunctionSpec> = {},
    options: Partial<FunctionOptions> = {},
  ): TestFunction {
    const log: LogLine[] = [];
    const fn = createFunction({
      id: 'Orders',
      name: 'orders',
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      timeoutSeconds: 20,
      memoryMb: 128,
      environment: {},
      codeDirectory: this.folder(files),
      layerDirectories: [],
      maxSandboxes: 3,
      ...spec,
    }, { onLog: (line) => log.push(line), ...options });
    this.created.push(fn);
    return {
      function: fn,
      log,
      async invoke(requestId, event) {
        const result = await fn.invoke(requestId, event);
        await result.drained;
        return result;
      },
      linesOf: (requestId) => log.filter((line) => line.requestId === requestId).map(({ line }) => line),
    };
  }

  async clean(): Promise<void> {
    await Promise.all(this.created.splice(0).map((fn) => fn.close()));
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** For a handler: runs `code` once its own answer is out and the next invocation has been asked for. */
export const onceIdle = (code: string): string =>
  `require('node:diagnostics_channel').subscribe('http.client.request.start', ({ request }) => {
    if (request.path.endsWith('/next')) request.once('finish', () => { ${code} });
  });`;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once the condition holds; the test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
