import { DynamoDBClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { OperateError } from './operate-error';
import type { TableAddress } from './table-flags';
import { ATTRIBUTES } from '../lib/contract';
import type { IdempotencyRecord, StoredRecord } from '../runtime/protocol/record';
import { decodeBody, decodeItem, isBody, RESPONSE_ATTRIBUTES } from '../runtime/stores/dynamodb/dynamodb-item';
import { sdkTransport } from '../runtime/stores/dynamodb/dynamodb-sdk-transport';
import type { DynamoDbTransport, Item } from '../runtime/stores/dynamodb/dynamodb-transport';
import type { WriteReply } from '../runtime/stores/store';

/** An endpoint on this host is `idempotent-api local` or DynamoDB Local, which ask for some credentials and look at none. */
const LOCAL = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

const REMOVED = [ATTRIBUTES.LEASE_END, ...RESPONSE_ATTRIBUTES];

/** Items of one Scan call: at most 1 MB come back anyway. */
const PAGE = 250;

type Environment = Readonly<Record<string, string | undefined>>;

/** One page of a scan. */
export interface Page {
  readonly items: readonly Record<string, unknown>[];
  /** Whether the table goes on after it. */
  readonly more: boolean;
}

/** The table as an operator meets it: a consistent read, a release fenced by a token, and a scan. */
export class RecordTable {
  readonly #address: TableAddress;
  readonly #client: DynamoDBClient;
  readonly #transport: DynamoDbTransport;

  public constructor(address: TableAddress, environment: Environment) {
    this.#address = address;
    this.#client = clientFor(address, environment);
    this.#transport = sdkTransport(this.#client);
  }

  public async read(id: string): Promise<StoredRecord | undefined> {
    const item = await this.#told('dynamodb:GetItem', () => this.#transport.get({ table: this.#address.name, key: this.#key(id) }));
    return item === undefined ? undefined : this.decode(item);
  }

  /** The body beside a record, by the name in the record; undefined where this table has none of that name. */
  public async body(name: string): Promise<Uint8Array | undefined> {
    const item = await this.#told('dynamodb:GetItem', () => this.#transport.get({ table: this.#address.name, key: this.#key(name) }));
    return item && decodeBody(item);
  }

  /**
   * Leaves a tombstone in place of `seen`, of which a new claim can be made. Only
   * if that very claim still stands: who took over in between keeps the record,
   * and a late completion of the released claim is refused as ever.
   */
  public async release(seen: IdempotencyRecord): Promise<WriteReply> {
    const reply = await this.#told('dynamodb:UpdateItem', () => this.#transport.update({
      table: this.#address.name,
      key: this.#key(seen.id),
      update: `SET #st = :R REMOVE ${REMOVED.map((name) => `#${name}`).join(', ')}`,
      condition: '#st = :seen AND #tok = :tok',
      names: { '#st': ATTRIBUTES.STATUS, '#tok': ATTRIBUTES.TOKEN, ...Object.fromEntries(REMOVED.map((name) => [`#${name}`, name])) },
      values: { ':R': { S: 'R' }, ':seen': { S: seen.status }, ':tok': { S: seen.token } },
      returnOld: false,
    }));
    return reply.applied ? { applied: true } : { applied: false, current: reply.item && this.decode(reply.item) };
  }

  /** Up to `limit` items, in no order that means anything: ids are hashes. */
  public async *scan(limit: number): AsyncGenerator<Page> {
    let from: ScanCommandOutput['LastEvaluatedKey'];
    for (let left = limit; left > 0;) {
      const page = await this.#told('dynamodb:Scan', () => this.#client.send(
        new ScanCommand({ TableName: this.#address.name, Limit: Math.min(left, PAGE), ExclusiveStartKey: from }),
      ));
      const items = page.Items ?? [];
      from = page.LastEvaluatedKey;
      left -= items.length;
      yield { items, more: from !== undefined };
      if (from === undefined) return;
    }
  }

  /** The record in an item of this table. */
  public decode(item: Record<string, unknown>): StoredRecord {
    return decodeItem(item, this.#address.schema);
  }

  /** Whether an item of this table is a body beside a record. */
  public isBody(item: Record<string, unknown>): boolean {
    return isBody(item, this.#address.schema);
  }

  public close(): void {
    this.#client.destroy();
  }

  #key(id: string): Item {
    return { [this.#address.schema.partitionKey]: { S: id } };
  }

  async #told<Reply>(action: string, call: () => Promise<Reply>): Promise<Reply> {
    try {
      return await call();
    } catch (cause) {
      throw new OperateError('TABLE', this.#reason(action, cause), { cause });
    }
  }

  #reason(action: string, cause: unknown): string {
    const { name: table, endpoint } = this.#address;
    const { name, message, code } = cause as { name?: string; message?: string; code?: string };
    const place = endpoint ?? this.#address.region ?? 'the default region';
    switch (name) {
      case 'ResourceNotFoundException':
        return `there is no table "${table}" in ${place}; look at --table and --region`;
      case 'AccessDeniedException':
        return `access denied to ${action} on table "${table}": ${message}. ${GRANTS[action] ?? ''}`.trimEnd();
      case 'CredentialsProviderError':
        return `no AWS credentials: set AWS_PROFILE, or sign in with the AWS CLI (${message})`;
      case 'UnrecognizedClientException':
      case 'InvalidSignatureException':
      case 'ExpiredTokenException':
        return `AWS does not take these credentials: ${message}`;
      case 'ValidationException':
        return `table "${table}" is not one of idempotency records, with the partition key "${this.#address.schema.partitionKey}" (--partition-key): ${message}`;
    }
    if (message === 'Region is missing') return 'no region is set; give --region, or set AWS_REGION';
    if (code !== undefined || name === 'TimeoutError') return `no answer from DynamoDB in ${place} (${code ?? name})`;
    return `${action} on table "${table}" failed: ${name ?? 'error'}: ${message ?? 'no reason given'}`;
  }
}

const GRANTS: Readonly<Record<string, string>> = {
  'dynamodb:GetItem': 'The table\'s grantInspect() allows it',
  'dynamodb:Scan': 'The table\'s grantInspect() allows it',
  'dynamodb:UpdateItem': 'The table\'s grantRelease() allows it',
};

function clientFor({ region, endpoint }: TableAddress, environment: Environment): DynamoDBClient {
  const local = endpoint !== undefined && LOOPBACK.includes(new URL(endpoint).hostname);
  return new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(local && environment.AWS_ACCESS_KEY_ID === undefined && environment.AWS_PROFILE === undefined ? LOCAL : {}),
    ...(region === undefined ? {} : { region }),
  });
}
