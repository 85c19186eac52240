import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { reasonOf } from './local-error';

/** What has been started, to be ended in the opposite order. */
export class Cleanup {
  private readonly steps: (() => Promise<void> | void)[] = [];
  private directory: string | undefined;

  add(step: () => Promise<void> | void): void {
    this.steps.push(step);
  }

  /** Made when first asked for, and removed with the rest. */
  readonly temporaryDirectory = (): string => {
    if (this.directory === undefined) {
      const directory = mkdtempSync(path.join(tmpdir(), 'idempotent-api-local-'));
      this.add(() => rmSync(directory, { recursive: true, force: true }));
      this.directory = directory;
    }
    return this.directory;
  };

  /** A step that fails does not keep the others from running. */
  async run(): Promise<void> {
    for (const step of this.steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        process.exitCode = 1;
        process.stderr.write(`while stopping: ${reasonOf(error)}\n`);
      }
    }
  }
}
