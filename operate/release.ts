import type { OperateContext } from './context';
import { helpOf, readFlags, type Flags, type Given } from './flags';
import { OperateError } from './operate-error';
import { readRecord } from './read-record';
import { RECORD_FLAGS, recordIdOf } from './record-flags';
import { RecordTable } from './record-table';
import { linesOf, nameOf, stateOf, viewOf, type State } from './record-view';
import { TABLE_FLAGS, tableAddress } from './table-flags';
import { jsonLine } from '../runtime/observability/json-line';
import type { IdempotencyRecord } from '../runtime/protocol/record';

const FLAGS = {
  ...TABLE_FLAGS,
  ...RECORD_FLAGS,
  yes: { help: 'do not ask; needed where there is no terminal' },
  force: { help: 'release a completed key too: its recorded response is lost' },
  json: { help: 'one JSON object on standard output' },
} as const satisfies Flags;

const HELP = helpOf(
  'release --table NAME (--id ID | --key KEY --tenant TENANT --route ROUTE --namespace NAME) [options]',
  'Frees a key that is stuck in progress. The next retry then runs the handler again:\n' +
  'first make sure that the operation did not happen. Shows the record, asks, and\n' +
  'releases it only if no one else has claimed it since. Needs dynamodb:GetItem and\n' +
  'dynamodb:UpdateItem.',
  FLAGS,
);

/** What the release of a record means; absent where there is nothing to release. */
const MEANING: Readonly<Partial<Record<State, string>>> = {
  in_progress: 'Its lease is not over: the handler may be at work, and a retry would run it a second time beside it.',
  lease_over: 'The next retry runs the handler again, whatever the first execution has done.',
  completed: 'Its recorded response is lost, and the next retry runs the handler again: what has happened happens twice.',
};

/** `idempotent-api release`: lets the next request with a key run the handler. */
export async function release(argv: readonly string[], context: OperateContext): Promise<number> {
  const given = readFlags('release', FLAGS, argv);
  if (given === 'help') {
    context.output.out(HELP);
    return 0;
  }
  const id = recordIdOf(given);
  const address = tableAddress(given);
  const table = new RecordTable(address, context.environment);
  try {
    const record = await readRecord(table, address.name, id);
    const released = await releaseRecord(record, table, given, context);
    if (given.has('json')) {
      context.output.out(jsonLine({ ...viewOf(record, context.now(), false), released }));
    } else if (released) {
      context.output.out('Released. The next request with this key runs the handler again.');
    }
    return 0;
  } finally {
    table.close();
  }
}

/** Whether there was anything to release. */
async function releaseRecord(
  record: IdempotencyRecord,
  table: RecordTable,
  given: Given<'force' | 'json' | 'yes'>,
  { output, confirm, now }: OperateContext,
): Promise<boolean> {
  // With --json standard output is for the result alone.
  const say = given.has('json') ? output.err : output.out;
  say(linesOf(viewOf(record, now(), false), record, now()));
  const state = stateOf(record, now());
  const meaning = MEANING[state];
  if (meaning === undefined) {
    say(`There is nothing to release: the record is ${nameOf(state)}.`);
    return false;
  }
  if (state === 'completed' && !given.has('force')) {
    throw new OperateError('NOT_RELEASED', 'the key is completed and not stuck: nothing is released. To run the operation again, let the client use a new key; --force discards the recorded response');
  }
  say(meaning);
  if (!given.has('yes')) {
    if (confirm === undefined) throw given.wrong('nothing is released without --yes where there is no terminal to ask at');
    if (!await confirm('Release it? [y/N] ')) throw new OperateError('NOT_RELEASED', 'nothing is released');
  }
  const reply = await table.release(record);
  if (!reply.applied) {
    const current = reply.current === undefined ? 'gone' : nameOf(stateOf(reply.current, now()));
    throw new OperateError('NOT_RELEASED', `the record has changed in between and is now ${current}: nothing is released. Inspect it again`);
  }
  return true;
}
