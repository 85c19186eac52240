import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cell, type Extent } from './fault-table/cell';
import type { Operation } from './fault-table/operations';
import { FAULTS } from './fault-table/wire';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';

jest.setTimeout(300_000);

const PAGE = path.join(__dirname, '../../../docs/faults.md');
const OPERATIONS: readonly Operation[] = ['claim', 'complete', 'release', 'read', 'commit', 'body put', 'body get'];
const EXTENTS: readonly Extent[] = ['first try', 'every try'];
/** Most of a cell's time is waiting. */
const AT_ONCE = 16;

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startDynamoDb();
  await server.createTable('keys');
  await server.createTable('effects');
});
afterAll(() => server.stop());

const rows = OPERATIONS.flatMap((operation) => FAULTS.map((fault) => ({ operation, fault })));

async function measured(): Promise<readonly string[]> {
  const queue = rows.flatMap((row, index) => EXTENTS.map((extent) => ({ ...row, extent, index })));
  const cells = rows.map(() => new Map<Extent, string>());
  const next = async (): Promise<void> => {
    for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
      cells[each.index]!.set(each.extent, await cell(server, each.operation, each.fault, each.extent));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return rows.map(({ operation, fault }, index) => `| ${operation} | ${fault} | ${EXTENTS.map((extent) => cells[index]!.get(extent)).join(' | ')} |`);
}

test('F5, F6, F9, F10, F30, F31: each fault at each request, once and for good, comes to what the page says', async () => {
  const table = await measured();
  const page = readFileSync(PAGE, 'utf8');
  const head = page.slice(0, page.indexOf('|---|---|---|---|\n') + '|---|---|---|---|\n'.length);
  // `UPDATE_FAULTS=1` writes what was found, to be read before it is committed.
  if (process.env.UPDATE_FAULTS === '1') writeFileSync(PAGE, `${head}${table.join('\n')}\n`);
  expect(table).toEqual(page.slice(head.length).trim().split('\n'));
});
