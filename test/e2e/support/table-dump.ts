import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type WireValue = { readonly [type in keyof AttributeValue]?: unknown };
type WireItem = Readonly<Record<string, WireValue>>;

/** What somebody holds who has a table, its stream and the disk under both. */
export interface TableDump {
  readonly items: number;
  readonly streamed: number;
  /** Each value by itself, as it is and inflated where it can be. */
  readonly pieces: readonly Buffer[];
}

/** From now on the table has a stream of all that is written to it. */
export async function streamed(endpoint: string, table: string): Promise<void> {
  await ask(endpoint, 'DynamoDB_20120810.UpdateTable', {
    TableName: table, StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
}

export async function dumped(endpoint: string, table: string): Promise<TableDump> {
  const items = await itemsOf(endpoint, table);
  const changes = await changesOf(endpoint, table);
  return { items: items.length, streamed: changes.length, pieces: [...items, ...changes].flatMap(piecesOf) };
}

/** Every file below a folder. */
export function filesBelow(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(folder, { recursive: true }) as string[];
  return new Map(files.filter((file) => statSync(path.join(folder, file)).isFile()).map((file) => [file, readFileSync(path.join(folder, file))]));
}

/** How a text might stand in bytes: as it is, in UTF-16, in hexadecimal, and in Base64 wherever it begins. */
export function formsOf(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)]).toString('base64');
    // Without the digits that what stands beside it has a part in.
    return whole.slice(Math.ceil(before * 8 / 6), Math.floor((before + bytes.length) * 8 / 6));
  });
  return [bytes, Buffer.from(text, 'utf16le'), ...[bytes.toString('hex'), ...base64].map((form) => Buffer.from(form))];
}

export const holds = (pieces: readonly Buffer[], text: string): boolean => {
  const forms = formsOf(text);
  return pieces.some((piece) => forms.some((form) => piece.includes(form)));
};

async function itemsOf(endpoint: string, TableName: string): Promise<readonly WireItem[]> {
  const items: WireItem[] = [];
  let from: WireItem | undefined;
  do {
    const page = await ask<{ Items: readonly WireItem[]; LastEvaluatedKey?: WireItem }>(endpoint, 'DynamoDB_20120810.Scan', {
      TableName, ConsistentRead: true, ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    items.push(...page.Items);
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return items;
}

interface Change {
  readonly dynamodb: { readonly Keys: WireItem; readonly NewImage?: WireItem; readonly OldImage?: WireItem };
}

async function changesOf(endpoint: string, TableName: string): Promise<readonly WireItem[]> {
  const changes: WireItem[] = [];
  const { Streams } = await ask<{ Streams: readonly { StreamArn: string }[] }>(endpoint, 'DynamoDBStreams_20120810.ListStreams', { TableName });
  for (const { StreamArn } of Streams) {
    const { StreamDescription } = await ask<{ StreamDescription: { Shards: readonly { ShardId: string }[] } }>(endpoint, 'DynamoDBStreams_20120810.DescribeStream', { StreamArn });
    for (const { ShardId } of StreamDescription.Shards) {
      const first = await ask<{ ShardIterator: string }>(endpoint, 'DynamoDBStreams_20120810.GetShardIterator', { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
      let next: string | undefined = first.ShardIterator;
      while (next !== undefined) {
        const page: { Records: readonly Change[]; NextShardIterator?: string } = await ask(endpoint, 'DynamoDBStreams_20120810.GetRecords', { ShardIterator: next });
        changes.push(...page.Records.flatMap(({ dynamodb: { Keys, NewImage = {}, OldImage = {} } }) => [Keys, NewImage, OldImage]));
        next = page.Records.length === 0 ? undefined : page.NextShardIterator;
      }
    }
  }
  return changes;
}

function piecesOf(item: WireItem): readonly Buffer[] {
  return Object.entries(item).flatMap(([name, value]) => {
    const bytes = typeof value.B === 'string' ? Buffer.from(value.B, 'base64') : Buffer.from(JSON.stringify(value));
    return [Buffer.from(name), bytes, ...inflated(bytes)];
  });
}

function inflated(bytes: Buffer): readonly Buffer[] {
  try {
    return [inflateRawSync(bytes)];
  } catch {
    return [];
  }
}

/** What the SDK in the repository has no client for; the embedded server does not verify a signature. */
async function ask<T>(endpoint: string, target: string, body: object): Promise<T> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': '20260101T000000Z',
      'authorization': 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${target}: ${response.status} ${await response.text()}`);
  return await response.json() as T;
}
