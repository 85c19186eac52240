import { createInterface } from 'node:readline';
import type { OperateContext } from './context';
import { helpOf, readFlags, type Flags, type Given } from './flags';
import { LogLines, type LoggedOutcome } from './log-lines';
import { plainLine } from './text';
import { jsonLine } from '../runtime/observability/json-line';
import type { OutcomeName } from '../runtime/response/answer';

const OUTCOMES: Readonly<Record<OutcomeName, true>> = {
  executed: true, replayed: true, conflict: true, mismatch: true, rejected: true, takeover: true, superseded: true, store_error: true,
};

const NAMES = Object.keys(OUTCOMES);

const FLAGS = {
  outcome: { value: 'LIST', help: `only these: ${NAMES.slice(0, 4).join(',')},\n${NAMES.slice(4).join(',')}` },
  id: { value: 'ID', help: 'only this record, by its id or the id\'s beginning' },
  json: { help: 'one JSON object per line on standard output' },
} as const satisfies Flags;

const HELP = helpOf(
  'tail [options] < LOG',
  'Reads a function\'s log on standard input and prints one line for each request\n' +
  'with a key. Takes what "aws logs tail", "aws logs filter-log-events", "sam logs"\n' +
  'and "idempotent-api local --json" print.',
  FLAGS,
);

/** `idempotent-api tail`: ends with its input. */
export async function tail(argv: readonly string[], { input, output }: OperateContext): Promise<number> {
  const given = readFlags('tail', FLAGS, argv);
  if (given === 'help') {
    output.out(HELP);
    return 0;
  }
  const wanted = outcomesOf(given);
  const id = given.text('id') ?? '';
  if (input.isTTY) throw given.wrong('tail reads a log on standard input: "aws logs tail GROUP --follow | npx idempotent-api tail"');
  const lines = new LogLines();
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    for (const told of lines.push(line)) {
      if (!wanted.has(told.outcome) || !(told.id ?? '').startsWith(id)) continue;
      output.out(given.has('json') ? jsonLine(told) : lineOf(told));
    }
  }
  return 0;
}

function outcomesOf(given: Given<'outcome'>): { has(outcome: string): boolean } {
  const list = given.text('outcome');
  if (list === undefined) return { has: () => true };
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(OUTCOMES, name));
  if (unknown !== undefined) throw given.wrong(`--outcome "${plainLine(unknown)}" is none of ${NAMES.join(', ')}`);
  return new Set(names);
}

const WIDTH = Math.max(...NAMES.map((name) => name.length));

function lineOf({ time, outcome, method, route, attempt, ms, unpersisted, id, requestId, reason, cause }: LoggedOutcome): string {
  return [
    time,
    outcome.padEnd(WIDTH),
    method,
    route,
    ms === undefined ? undefined : `${ms} ms`,
    attempt === undefined || attempt === 1 ? undefined : `attempt ${attempt}`,
    unpersisted ? 'not recorded' : undefined,
    reason,
    cause === undefined ? undefined : `(${cause})`,
    id === undefined ? undefined : `id ${id}`,
    requestId === undefined ? undefined : `request ${requestId}`,
  ].filter((part) => part !== undefined).map(plainLine).join('  ');
}
