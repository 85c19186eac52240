import { GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { RecordSummary } from './request-entry';
import { isReadable, type StoredResponse } from '../../runtime/protocol/record';
import { unpack } from '../../runtime/response/codec';
import { decodeBody, decodeItem, type TableSchema } from '../../runtime/stores/dynamodb/dynamodb-item';
import { isOf } from '../../runtime/stores/overflow/overflow-store';
import type { DynamoDbClients } from '../dynamodb-clients';
import { reasonOf } from '../local-error';
import type { TablePlan } from '../tables';

/** More is not read in a window. In characters. */
const MAX_BODY_SHOWN = 64 * 1024;

/** A record as the window shows it. Times are epoch milliseconds. */
export type StoredView =
  | (RecordSummary & {
    /** The table's construct id. */
    readonly table: string;
    readonly leaseEnd: number | null;
    readonly response: ResponseView | null;
  })
  | { readonly table: string; readonly unreadable: string };

export interface ResponseView {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: BodyView;
}

export type BodyView =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: number; readonly truncated: boolean }
  | { readonly kind: 'binary'; readonly base64: string; readonly bytes: number; readonly truncated: boolean }
  /** In the overflow bucket, under that name. */
  | { readonly kind: 'overflow'; readonly object: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable'; readonly reason: string };

interface RecordTable extends TableSchema {
  /** The construct id. */
  readonly id: string;
  readonly name: string;
  readonly region: string;
}

/** Reads the records of a deployment's tables. */
export class Records {
  private readonly tables: readonly RecordTable[];

  /** Of the tables, those that can hold records: one key attribute, and a TTL. */
  constructor(private readonly clients: Pick<DynamoDbClients, 'of'>, tables: readonly TablePlan[]) {
    this.tables = tables.flatMap(({ id, create, regions: [region], ttlAttribute }) => {
      const keys = create.KeySchema ?? [];
      const partitionKey = keys[0]?.AttributeName;
      if (keys.length !== 1 || partitionKey === undefined || ttlAttribute === undefined) return [];
      return [{ id, name: create.TableName, region, partitionKey, ttlAttribute }];
    });
  }

  /** The record of that id; an id is a hash, so it is in one table at most. Rejects where DynamoDB does. */
  async find(id: string): Promise<StoredView | null> {
    for (const table of this.tables) {
      const item = await this.item(id, table);
      if (item) return this.viewOf(item, table);
    }
    return null;
  }

  private async item(key: string, table: RecordTable): Promise<Record<string, AttributeValue> | undefined> {
    const { Item } = await this.clients.of(table.region).send(new GetItemCommand({
      TableName: table.name, Key: { [table.partitionKey]: { S: key } }, ConsistentRead: true,
    }));
    return Item;
  }

  private async viewOf(item: Record<string, AttributeValue>, table: RecordTable): Promise<StoredView> {
    const record = decodeItem(item, table);
    if (!isReadable(record)) return { table: table.id, unreadable: `${record.unreadable}: ${record.detail}` };
    const { response } = record;
    return {
      table: table.id,
      status: record.status,
      attempt: record.attempt,
      claimedAt: record.claimedAt,
      leaseEnd: record.leaseEnd ?? null,
      expiresAt: record.expiresAt * 1000,
      response: response ? responseOf({ ...response, ...await this.beside(record.id, response, table) }) : null,
    };
  }

  /** The body of a response that lies in an item beside its record. */
  private async beside(id: string, { overflow }: StoredResponse, table: RecordTable): Promise<Pick<StoredResponse, 'body' | 'overflow'>> {
    const item = overflow !== undefined && isOf(overflow, id) ? await this.item(overflow, table) : undefined;
    const body = item && decodeBody(item);
    return body === undefined ? {} : { body, overflow: undefined };
  }
}

const responseOf = (stored: StoredResponse): ResponseView =>
  ({ status: stored.statusCode, headers: stored.headers, body: bodyOf(stored) });

function bodyOf(stored: StoredResponse): BodyView {
  if (stored.overflow !== undefined) return { kind: 'overflow', object: stored.overflow };
  if (stored.encoding.tooLarge) return { kind: 'too-large' };
  try {
    const { body, isBase64Encoded } = unpack(stored);
    const shown = body.slice(0, MAX_BODY_SHOWN);
    const truncated = shown.length < body.length;
    return isBase64Encoded
      ? { kind: 'binary', base64: shown, bytes: Buffer.byteLength(body, 'base64'), truncated }
      : { kind: 'text', text: shown, bytes: Buffer.byteLength(body), truncated };
  } catch (error) {
    return { kind: 'unreadable', reason: reasonOf(error) };
  }
}
