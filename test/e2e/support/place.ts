import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const REPOSITORY = path.resolve(__dirname, '../../..');

/** One line of the file that handlers append to: an execution that began. */
export interface Execution {
  /** Random: which execution it was. */
  readonly run: string;
  /** The request's body says whose execution it is. */
  readonly order: string;
  readonly attempt?: number;
  readonly isTakeover?: boolean;
  readonly id?: string;
  readonly derivedKey?: string;
  /** Epoch milliseconds, as is the end of its lease. */
  readonly began?: number;
  readonly leaseEnd?: number;
}

/** A folder of a test's own, in which other processes leave traces and find their orders. */
export class Place {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), 'e2e-')));
  readonly project = path.join(this.root, 'project');
  readonly temporary = path.join(this.root, 'tmp');
  readonly gates = path.join(this.root, 'gates');
  /** For what processes say of their memory. */
  readonly vitals = path.join(this.root, 'vitals.jsonl');
  private readonly executionsFile = path.join(this.root, 'executions.jsonl');

  constructor() {
    for (const folder of [this.project, this.temporary, this.gates]) mkdirSync(folder);
    closeSync(openSync(this.executionsFile, 'w'));
  }

  /** For a process that is to run here. */
  get environment(): Readonly<Record<string, string>> {
    return { TMPDIR: this.temporary, EXECUTIONS: this.executionsFile, GATES: this.gates, VITALS: this.vitals };
  }

  /** Those of one order, in the order in which they began. */
  executions(order: string): readonly Execution[] {
    return this.everyExecution().get(order) ?? [];
  }

  /** Those of each order. */
  everyExecution(): ReadonlyMap<string, readonly Execution[]> {
    const byOrder = new Map<string, Execution[]>();
    for (const line of readFileSync(this.executionsFile, 'utf8').split('\n').filter((each) => each !== '')) {
      const execution = JSON.parse(line) as Execution;
      byOrder.set(execution.order, [...(byOrder.get(execution.order) ?? []), execution]);
    }
    return byOrder;
  }

  /** Lets handlers go on that wait for the gate of that name. */
  open(gate: string): void {
    writeFileSync(path.join(this.gates, gate), '');
  }

  lines(file: string): readonly string[] {
    const full = path.join(this.gates, file);
    return existsSync(full) ? readFileSync(full, 'utf8').split('\n').slice(0, -1) : [];
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Polls until there is something; what never comes fails by the test's own timeout. */
export async function eventually<T>(find: () => T | undefined | Promise<T | undefined>, pauseMs = 50): Promise<T> {
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
