import type { OperateContext } from './context';
import { helpOf, readFlags, type Flags, type Given } from './flags';
import { itemSize } from './item-size';
import { RecordTable } from './record-table';
import { nameOf, stateOf, type State } from './record-view';
import { TABLE_FLAGS, tableAddress } from './table-flags';
import { bytes, columns, iso } from './text';
import { jsonLine } from '../runtime/observability/json-line';
import { isReadable, type IdempotencyRecord } from '../runtime/protocol/record';
import type { EpochMillis } from '../runtime/time';

const DEFAULT_LIMIT = 1000;

const FLAGS = {
  ...TABLE_FLAGS,
  limit: { value: 'N', help: `look at so many items (default ${DEFAULT_LIMIT}; 0: at all of them)` },
  json: { help: 'one JSON object on standard output' },
} as const satisfies Flags;

const HELP = helpOf(
  'stats --table NAME [options]',
  'Counts a sample of a table\'s records by state. Ids are hashes, so that the first\n' +
  'items of a scan are a fair sample. Needs dynamodb:Scan, and reads whole items: a\n' +
  'read unit for every 8 KB.',
  FLAGS,
);

export interface Stats {
  /** Records. */
  readonly items: number;
  /** Whether these are all of the table. */
  readonly whole: boolean;
  /** Each item once; `expired` are those that the TTL sweep has yet to remove. */
  readonly states: Readonly<Record<State, number>>;
  /** Items that were claimed more than once. */
  readonly claimedAgain: number;
  /** Of the records. */
  readonly bytes: { readonly total: number; readonly largest: number };
  /** Items that are a large body beside a record; absent where there are none. */
  readonly bodies?: { readonly items: number; readonly bytes: number };
  readonly oldestInProgress?: { readonly id: string; readonly claimedAt: string };
}

/** `idempotent-api stats`: what a table holds. */
export async function stats(argv: readonly string[], { environment, output, now }: OperateContext): Promise<number> {
  const given = readFlags('stats', FLAGS, argv);
  if (given === 'help') {
    output.out(HELP);
    return 0;
  }
  const limit = limitOf(given);
  const table = new RecordTable(tableAddress(given), environment);
  try {
    const counted = await count(table, limit, now());
    output.out(given.has('json') ? jsonLine(counted) : linesOf(counted));
    return 0;
  } finally {
    table.close();
  }
}

function limitOf(given: Given<'limit'>): number {
  const text = given.text('limit');
  if (text === undefined) return DEFAULT_LIMIT;
  if (!/^\d{1,9}$/.test(text)) throw given.wrong('--limit is not a whole number; 0 looks at every item');
  return text === '0' ? Infinity : Number(text);
}

async function count(table: RecordTable, limit: number, now: EpochMillis): Promise<Stats> {
  const states: Record<State, number> = { in_progress: 0, lease_over: 0, completed: 0, released: 0, expired: 0, unreadable: 0 };
  let items = 0, claimedAgain = 0, total = 0, largest = 0, whole = true;
  let bodies: Stats['bodies'];
  let oldest: IdempotencyRecord | undefined;
  for await (const page of table.scan(limit)) {
    whole = !page.more;
    for (const item of page.items) {
      if (table.isBody(item)) {
        bodies = { items: (bodies?.items ?? 0) + 1, bytes: (bodies?.bytes ?? 0) + itemSize(item) };
        continue;
      }
      const record = table.decode(item);
      const state = stateOf(record, now);
      const size = itemSize(item);
      items++;
      states[state]++;
      total += size;
      largest = Math.max(largest, size);
      if (!isReadable(record)) continue;
      if (record.attempt > 1) claimedAgain++;
      const running = state === 'in_progress' || state === 'lease_over';
      if (running && (oldest === undefined || record.claimedAt < oldest.claimedAt)) oldest = record;
    }
  }
  return {
    items,
    whole,
    states,
    claimedAgain,
    bytes: { total, largest },
    ...(bodies === undefined ? {} : { bodies }),
    ...(oldest === undefined ? {} : { oldestInProgress: { id: oldest.id, claimedAt: iso(oldest.claimedAt) } }),
  };
}

function linesOf({ items, whole, states, claimedAgain, bytes: size, bodies, oldestInProgress }: Stats): string {
  const byState = Object.entries(states) as [State, number][];
  return columns([
    ['items', whole ? `${items}, all of the table` : `${items}, a sample: the table may have more (--limit)`],
    ...byState.map(([state, number]) => [state === 'expired' ? 'expired, not yet deleted' : nameOf(state), String(number)] as const),
    ['claimed more than once', String(claimedAgain)],
    ['size', items === 0 ? bytes(0) : `${bytes(size.total)}, on average ${bytes(Math.round(size.total / items))}, at most ${bytes(size.largest)}`],
    ...(bodies === undefined ? [] : [['bodies beside records', `${bodies.items}, of ${bytes(bodies.bytes)}`] as const]),
    ...(oldestInProgress === undefined ? [] : [['oldest in progress', `${oldestInProgress.id}, claimed ${oldestInProgress.claimedAt}`] as const]),
  ]);
}
