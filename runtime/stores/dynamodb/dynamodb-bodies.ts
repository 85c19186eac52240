import { decodeBody, type TableSchema } from './dynamodb-item';
import type { DynamoDbTransport, Item } from './dynamodb-transport';
import { ATTRIBUTES } from '../../../lib/contract';
import { RecordUnreadable } from '../../errors';
import type { CallOptions } from '../call-options';
import type { OverflowStore, PutOptions } from '../overflow/overflow-store';

/**
 * Bodies beside their records, each an item of the same table: a refused claim is
 * charged for the record that it met, and so never for the body.
 */
export class DynamoDbBodies implements OverflowStore {
  public constructor(
    private readonly table: string,
    private readonly schema: TableSchema,
    private readonly transport: Pick<DynamoDbTransport, 'update' | 'get'>,
  ) {}

  /** Sent twice it says the same, and whatever its name, it is never written over a record. */
  public async put(key: string, body: Uint8Array, options: PutOptions): Promise<void> {
    const reply = await this.transport.update({
      table: this.table,
      key: this.#key(key),
      update: 'SET #rb = :body, #ttl = :expires',
      condition: 'attribute_not_exists(#st)',
      names: { '#rb': ATTRIBUTES.RESPONSE_BODY, '#ttl': this.schema.ttlAttribute, '#st': ATTRIBUTES.STATUS },
      values: { ':body': { B: body }, ':expires': { N: String(options.expiresAt) } },
      returnOld: false,
    }, options);
    if (!reply.applied) throw new RecordUnreadable('There is a record where the body was to lie.');
  }

  public async get(key: string, options?: CallOptions): Promise<Uint8Array> {
    const item = await this.transport.get({ table: this.table, key: this.#key(key) }, options);
    const body = item && decodeBody(item);
    if (body === undefined) throw new RecordUnreadable('The body beside the record is gone.');
    return body;
  }

  #key(key: string): Item {
    return { [this.schema.partitionKey]: { S: key } };
  }
}
