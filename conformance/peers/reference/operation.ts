import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './records';

/** The handler's process ended under it, and nobody knows what it had done. */
export class Died extends Error {
  public constructor(public readonly status: 502 | 504) {
    super('the process ended');
  }
}

/** The handler threw. */
export class Thrown extends Error {}

/** What the suite asks for in the header `Conformance-Act`. */
export interface Act {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly base64?: string;
  readonly random?: number;
  readonly do?: string;
}

/** The operation itself: counts its marked effects, and does as the suite's header asks. */
export class Operation {
  private readonly runs = new Map<string, number>();
  private readonly released = new Set<string>();

  /** What the effects endpoint answers. */
  public effects(mark: string): object {
    return { runs: this.runs.get(mark) ?? 0, acts: ['answer', 'hold', 'throw', 'exit', 'hang'] };
  }

  public release(mark: string): void {
    this.released.add(mark);
  }

  public async run(mark: string, act: Act, timeoutMs: number): Promise<Answer> {
    const run = (this.runs.get(mark) ?? 0) + 1;
    this.runs.set(mark, run);
    if (run === 1) await this.misbehave(mark, act.do, timeoutMs);
    const { status = 201, headers = {}, body, base64, random } = act;
    const content = base64 !== undefined ? Buffer.from(base64, 'base64')
      : random !== undefined ? Buffer.from(randomBytes(random / 2).toString('hex'))
        : Buffer.from(body ?? JSON.stringify({ id: randomUUID() }));
    return { status, headers: { 'content-type': 'application/json', ...headers }, body: content };
  }

  private async misbehave(mark: string, how: string | undefined, timeoutMs: number): Promise<void> {
    if (how === 'throw') throw new Thrown('as asked');
    if (how === 'exit') throw new Died(502);
    if (how === 'hang') {
      await sleep(timeoutMs);
      throw new Died(504);
    }
    while (how === 'hold' && !this.released.has(mark)) await sleep(5);
  }
}
