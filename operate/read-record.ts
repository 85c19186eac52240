import { OperateError } from './operate-error';
import type { RecordTable } from './record-table';
import { isReadable, type IdempotencyRecord } from '../runtime/protocol/record';

/** The record, or an error that says why there is none to show. */
export async function readRecord(table: RecordTable, name: string, id: string): Promise<IdempotencyRecord> {
  const record = await table.read(id);
  if (record === undefined) {
    throw new OperateError(
      'RECORD_ABSENT',
      `table "${name}" has no record ${id}: no request with this key came through, it has expired, ` +
      'or namespace, tenant, tenant kind (jwtClaim:NAME where the API says TenantSource.jwtClaim), method, route or secret are others',
    );
  }
  if (isReadable(record)) return record;
  throw new OperateError(
    'RECORD_UNREADABLE',
    record.unreadable === 'newer-version'
      ? `record ${id} is of a newer format than this command reads (${record.detail}); use the version of the package that wrote it`
      : `record ${id} is not as this package writes records: ${record.detail}`,
  );
}
