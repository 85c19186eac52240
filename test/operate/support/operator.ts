import { Readable } from 'node:stream';
import { operate, type OperateCommand } from '../../../operate/command';
import type { OperateContext } from '../../../operate/context';
import { OperateError } from '../../../operate/operate-error';
import { systemClock, type EpochMillis } from '../../../runtime/time';

/** What a person at a shell sees of a command. */
export interface Seen {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface OperatorProps {
  /** Put behind every command line. */
  readonly flags?: readonly string[];
  readonly now?: () => EpochMillis;
}

export interface At {
  readonly confirm?: OperateContext['confirm'];
  readonly input?: string;
}

/** Someone who runs commands, and whose screen no client's key may reach. */
export class Operator {
  readonly #flags: readonly string[];
  readonly #now: () => EpochMillis;

  public constructor({ flags = [], now = systemClock.now }: OperatorProps = {}) {
    this.#flags = flags;
    this.#now = now;
  }

  public async run(command: OperateCommand, argv: readonly string[], { confirm, input = '' }: At = {}): Promise<Seen> {
    const out: string[] = [];
    const err: string[] = [];
    let status: number;
    try {
      status = await operate(command, [...argv, ...this.#flags], {
        environment: {},
        output: { out: (line) => void out.push(line), err: (line) => void err.push(line) },
        input: Readable.from([input]),
        confirm,
        now: this.#now,
      });
    } catch (error) {
      if (!(error instanceof OperateError)) throw error;
      status = error.exitCode;
      err.push(error.message);
    }
    const seen = { status, out: out.join('\n'), err: err.join('\n') };
    const key = argv[argv.indexOf('--key') + 1];
    if (argv.includes('--key') && key !== undefined && key.length > 5) expect(`${seen.out}${seen.err}`).not.toContain(key);
    return seen;
  }

  public async json(command: OperateCommand, argv: readonly string[], at?: At): Promise<Record<string, unknown>> {
    const { out, err } = await this.run(command, [...argv, '--json'], at);
    if (out === '') throw new Error(err);
    return JSON.parse(out) as Record<string, unknown>;
  }
}
