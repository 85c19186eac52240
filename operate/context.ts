import { createInterface } from 'node:readline/promises';
import type { EpochMillis } from '../runtime/time';

/** The process that a command runs in. */
export interface OperateContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: { out(line: string): void; err(line: string): void };
  /** Standard input. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Asks the person at the terminal; absent where there is none. */
  readonly confirm?: (question: string) => Promise<boolean>;
  now(): EpochMillis;
}

type Terminal = { readonly isTTY?: boolean };

/** Yes is typed; anything else, an end of input as well, is no. */
export function confirmAt(input: NodeJS.ReadableStream & Terminal, output: NodeJS.WritableStream & Terminal): OperateContext['confirm'] {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question) => {
    const terminal = createInterface({ input, output });
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    try {
      return /^y(es)?$/i.test((await Promise.race([terminal.question(question), ended])).trim());
    } finally {
      terminal.close();
    }
  };
}
