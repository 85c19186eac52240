import type { OperateContext } from './context';
import { helpOf, readFlags, type Flags } from './flags';
import { sealOf } from './open-response';
import { readRecord } from './read-record';
import { RECORD_FLAGS, recordIdOf } from './record-flags';
import { RecordTable } from './record-table';
import { linesOf, viewOf } from './record-view';
import { TABLE_FLAGS, tableAddress } from './table-flags';
import { jsonLine } from '../runtime/observability/json-line';
import type { IdempotencyRecord } from '../runtime/protocol/record';
import { isOf } from '../runtime/stores/overflow/overflow-store';

const FLAGS = {
  ...TABLE_FLAGS,
  ...RECORD_FLAGS,
  'show-body': { help: 'show the values of the recorded headers, and the body;\nan encrypted one by the key on standard input, --tenant and --secret-file' },
  'json': { help: 'one JSON object on standard output' },
} as const satisfies Flags;

const HELP = helpOf(
  'inspect --table NAME (--id ID | --key KEY --tenant TENANT --route ROUTE --namespace NAME) [options]',
  'Shows what became of a key. Needs dynamodb:GetItem and changes nothing.',
  FLAGS,
);

/** `idempotent-api inspect`: the record of one key. */
export async function inspect(argv: readonly string[], context: OperateContext): Promise<number> {
  const { environment, output, now } = context;
  const given = readFlags('inspect', FLAGS, argv);
  if (given === 'help') {
    output.out(HELP);
    return 0;
  }
  const showBody = given.has('show-body');
  const id = recordIdOf(given, undefined, showBody ? ['tenant', 'tenant-kind', 'secret-file'] : []);
  const address = tableAddress(given);
  const table = new RecordTable(address, environment);
  try {
    const record = await readRecord(table, address.name, id);
    const seal = showBody && record.response?.encoding.sealed ? await sealOf(given, id, context) : undefined;
    const view = viewOf(await withBody(record, table), now(), showBody, seal);
    output.out(given.has('json') ? jsonLine(view) : linesOf(view, record, now()));
    return 0;
  } finally {
    table.close();
  }
}

/** With its body where that lies in this table; one in the overflow bucket stays there. */
async function withBody(record: IdempotencyRecord, table: RecordTable): Promise<IdempotencyRecord> {
  const { id, response } = record;
  if (response?.overflow === undefined || !isOf(response.overflow, id)) return record;
  const body = await table.body(response.overflow);
  return body === undefined ? record : { ...record, response: { ...response, body } };
}
