import { randomBytes } from 'node:crypto';
import { ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { IdempotencyOptions } from '../../../../runtime/configuration/options';
import { PowertoolsTable } from '../../../../runtime/powertools';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import { DualWriteStore, type MigrationPhase } from '../../../../runtime/stores/migration/dual-write-store';
import { LiftTable } from '../../../../runtime/stores/migration/lift-table';
import type { IdempotencyStore } from '../../../../runtime/stores/store';
import { systemClock } from '../../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';
import { MARKER, Shop } from '../../../support/shop';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});
afterAll(() => dynamoDb.stop());

const MARK = 'marked-4be07d';
const KEY = 'payment-1';

const RESPONSES: Readonly<Record<string, { readonly body: string; readonly isBase64Encoded?: boolean }>> = {
  small: { body: `paid by ${MARK}` },
  deflated: { body: `${MARK} `.repeat(3_000) },
  large: { body: Buffer.concat([Buffer.from(MARK), randomBytes(60_000)]).toString('base64'), isBase64Encoded: true },
};

const SEALED: IdempotencyOptions = { responseEncryption: 'client-key', keySecret: 'pepper' };

let tables = 0;
const newTable = (): Promise<string> => dynamoDb.createTable(`sealed-${++tables}`, 'id');
const ours = (tableName: string): IdempotencyStore => new DynamoDbStore({ tableName, client: dynamoDb.client });

/** Every text, number and byte of a table. */
async function contentsOf(tableName: string): Promise<readonly Buffer[]> {
  const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  const pieces = (value: AttributeValue): Buffer[] =>
    value.M ? Object.values(value.M).flatMap(pieces) : value.L ? value.L.flatMap(pieces) : [Buffer.from(value.B ?? value.S ?? value.N ?? '')];
  return Items.flatMap((item) => Object.values(item).flatMap(pieces));
}

const shows = async (tableName: string): Promise<boolean> => {
  const contents = await contentsOf(tableName);
  expect(contents.length).toBeGreaterThan(0);
  return contents.some((piece) => [MARK, Buffer.from(MARK).toString('base64').slice(0, 16), 'x-account'].some((form) => piece.includes(form)));
};

/** Hosts of a phase, over two stores. */
const hostsOver = (old: IdempotencyStore, fresh: IdempotencyStore, response: object, options = SEALED) => (phase: MigrationPhase): Shop =>
  new Shop({
    options: { ...options, store: new DualWriteStore(old, fresh, { phase }) },
    respond: () => ({ statusCode: 201, headers: { 'x-account': MARK }, ...response }),
    host: { clock: systemClock },
  });

const WAYS: readonly (readonly [MigrationPhase, MigrationPhase])[] = [['old', 'new'], ['both', 'old'], ['both', 'new'], ['new', 'old']];

describe('F113: an encrypted record, from table to table', () => {
  test.each(WAYS.flatMap(([from, to]) => Object.keys(RESPONSES).map((size) => [size, from, to] as const)))(
    'F113: %s, recorded in phase %s: opens in phase both and then in %s, and shows nothing in either table', async (size, from, to) => {
      const [old, fresh] = [await newTable(), await newTable()];
      const host = hostsOver(ours(old), ours(fresh), RESPONSES[size]!);
      const first = await host(from).pay(KEY);
      expect(first).toMatchObject({ statusCode: 201, headers: { 'x-account': MARK } });
      for (const phase of ['both', to] as const) {
        const shop = host(phase);
        expect(await shop.pay(KEY)).toEqual({ ...first, headers: { ...first.headers, [MARKER]: 'true' } });
        expect(shop.handler.calls).toEqual([]);
      }
      expect([await shows(old), await shows(fresh)]).toEqual([false, false]);
    },
  );

  test('F113: not encrypted, the same is found, so that the search can find', async () => {
    const [old, fresh] = [await newTable(), await newTable()];
    await hostsOver(ours(old), ours(fresh), RESPONSES.small!, {})('both').pay(KEY);
    expect([await shows(old), await shows(fresh)]).toEqual([true, true]);
  });

  test('F78, F113: and under a secret that is rotated meanwhile', async () => {
    const [old, fresh] = [ours(await newTable()), ours(await newTable())];
    const first = await hostsOver(old, fresh, RESPONSES.large!)('old').pay(KEY);
    const rotated = hostsOver(old, fresh, RESPONSES.large!, { ...SEALED, keySecret: 'salt', previousKeySecret: 'pepper' });
    for (const phase of ['both', 'new'] as const) expect((await rotated(phase).pay(KEY)).body).toBe(first.body);
  });
});

const FORMER: Readonly<Record<string, (tableName: string) => IdempotencyStore>> = {
  'the Lift framework': (tableName) => new LiftTable({ tableName, partitionKey: 'id', client: dynamoDb.client }),
  'Powertools': (tableName) => new PowertoolsTable({ tableName, keyOf: () => 'function#hash', client: dynamoDb.client }),
};

describe.each(Object.keys(FORMER))('F113: an encrypted record in a table of %s', (system) => {
  test.each(Object.keys(RESPONSES))('F113: %s: opens, follows into the new table, and the former system is told of no part of it', async (size) => {
    const [old, fresh] = [await newTable(), await newTable()];
    const host = hostsOver(FORMER[system]!(old), ours(fresh), RESPONSES[size]!);
    const first = await host('old').pay(KEY);
    for (const phase of ['old', 'both', 'new'] as const) {
      const shop = host(phase);
      expect(await shop.pay(KEY)).toEqual({ ...first, headers: { ...first.headers, [MARKER]: 'true' } });
      expect(shop.handler.calls).toEqual([]);
    }
    expect([await shows(old), await shows(fresh)]).toEqual([false, false]);
    expect((await contentsOf(old)).some((piece) => piece.includes('IDEMPOTENCY_RESULT_TOO_LARGE'))).toBe(true);
  });
});
