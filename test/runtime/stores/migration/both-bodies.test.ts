import { randomBytes } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { isReadable } from '../../../../runtime/protocol/record';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import { DualWriteStore, type MigrationPhase } from '../../../../runtime/stores/migration/dual-write-store';
import { LiftTable } from '../../../../runtime/stores/migration/lift-table';
import type { IdempotencyStore } from '../../../../runtime/stores/store';
import { systemClock } from '../../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';
import { MARKER, Shop } from '../../../support/shop';

let dynamoDb: TestDynamoDb;
let tables = 0;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});
afterAll(() => dynamoDb.stop());

const large = { statusCode: 201, headers: { 'content-type': 'image/png' }, body: randomBytes(100_000).toString('base64'), isBase64Encoded: true };
const largeText = Buffer.from(large.body, 'base64').toString('latin1');

async function table(): Promise<{ readonly store: DynamoDbStore; bodies(): Promise<number> }> {
  const tableName = await dynamoDb.createTable(`keys-${++tables}`);
  const bodies = async (): Promise<number> => {
    const { Items = [] } = await dynamoDb.client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
    return Items.filter(({ id }) => id!.S!.includes('/')).length;
  };
  return { store: new DynamoDbStore({ tableName, client: dynamoDb.client }), bodies };
}

/** Hosts in any phase over two stores. */
const fleet = (old: IdempotencyStore, fresh: IdempotencyStore) => (phase: MigrationPhase): Shop =>
  new Shop({ options: { store: new DualWriteStore(old, fresh, { phase }) }, respond: () => large, host: { clock: systemClock } });

const expectReplay = async (shop: Shop, key = 'large-key'): Promise<void> => {
  expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: largeText, headers: { 'content-type': 'image/png', [MARKER]: 'true' } });
  expect(shop.handler.calls).toHaveLength(0);
};

describe('F81: a body beside its record, from table to table', () => {
  test.each<[MigrationPhase, MigrationPhase]>([['old', 'new'], ['new', 'old']])('F81: of a host in phase %s follows into the other table, and is there for phase %s', async (from, to) => {
    const [old, fresh] = [await table(), await table()];
    const host = fleet(old.store, fresh.store);
    await host(from).pay('large-key');
    expect([await old.bodies(), await fresh.bodies()]).toEqual(from === 'old' ? [1, 0] : [0, 1]);
    await expectReplay(host('both'));
    expect([await old.bodies(), await fresh.bodies()]).toEqual([1, 1]);
    await expectReplay(host(to));
  });

  test('F81: of a host in phase both lies in both tables from the start', async () => {
    const [old, fresh] = [await table(), await table()];
    const host = fleet(old.store, fresh.store);
    expect((await host('both').pay('large-key')).body).toBe(largeText);
    expect([await old.bodies(), await fresh.bodies()]).toEqual([1, 1]);
    for (const phase of ['old', 'both', 'new'] as const) await expectReplay(host(phase));
  });

  test('F81: that gives no answer is copied nowhere, and is a 503 until it does', async () => {
    const [old, fresh] = [await table(), await table()];
    await fleet(old.store, fresh.store)('old').pay('large-key');
    const { limits, bodies } = old.store;
    const mute: IdempotencyStore = {
      limits,
      bodies: { put: (...call) => bodies.put(...call), get: () => Promise.reject(new Error('no answer')) },
      claim: (...call) => old.store.claim(...call),
      complete: (...call) => old.store.complete(...call),
      release: (...call) => old.store.release(...call),
      read: (...call) => old.store.read(...call),
    };
    const host = fleet(mute, fresh.store)('both');
    expect((await host.pay('large-key')).statusCode).toBe(503);
    expect(host.handler.calls).toHaveLength(0);
    await expectReplay(fleet(old.store, fresh.store)('both'));
  });
});

describe('F81: with a store that has no place for bodies', () => {
  const former: readonly [string, () => Promise<IdempotencyStore>][] = [
    ['a memory', async () => new MemoryStore()],
    ['Lift’s table', async () => new LiftTable({ tableName: await dynamoDb.createTable(`lift-${++tables}`, 'pk'), client: dynamoDb.client })],
  ];

  test.each(former)('F81: beside %s all of a body lies in the records, and follows into the table', async (_, make) => {
    const fresh = await table();
    const host = fleet(await make(), fresh.store);
    await host('both').pay('large-key');
    expect(await fresh.bodies()).toBe(0);
    for (const phase of ['old', 'both', 'new'] as const) await expectReplay(host(phase));
  });

  test.each(former)('F81: on the way back to %s it is put into the record', async (_, make) => {
    const fresh = await table();
    const old = await make();
    const host = fleet(old, fresh.store);
    await host('new').pay('large-key');
    expect(await fresh.bodies()).toBe(1);
    await expectReplay(host('both'));
    await expectReplay(host('old'));
  });

  test('F81: one that is too large for the old record stays where it lies, and is found there', async () => {
    const fresh = await table();
    const old = new LiftTable({ tableName: await dynamoDb.createTable(`lift-${++tables}`, 'pk'), client: dynamoDb.client });
    const body = randomBytes(300_000).toString('base64');
    const host = (phase: MigrationPhase) => new Shop({
      options: { store: new DualWriteStore(old, fresh.store, { phase }) },
      respond: () => ({ statusCode: 200, body, isBase64Encoded: true }),
      host: { clock: systemClock },
    });
    await host('new').pay('large-key');
    const both = host('both');
    expect((await both.pay('large-key')).body).toBe(Buffer.from(body, 'base64').toString('latin1'));
    expect(both.handler.calls).toHaveLength(0);
  });
});

test('F81: a record whose body is gone in both tables is copied as it is, and is a 503', async () => {
  const [old, fresh] = [await table(), await table()];
  await old.store.claim({ ...claimNow(), id: 'r' });
  await old.store.complete({ id: 'r', token: 't', expiresAt: claimNow().expiresAt, response: { statusCode: 200, headers: [], overflow: 'r/gone', encoding: { base64: false, deflated: false, tooLarge: false } } });
  const both = new DualWriteStore(old.store, fresh.store, { phase: 'both' });
  const reply = await both.claim({ ...claimNow(), id: 'r', token: 'retry' });
  expect(reply).toMatchObject({ applied: false, current: { response: { overflow: 'r/gone' } } });
  const copied = await fresh.store.read('r');
  expect(copied !== undefined && isReadable(copied) && copied.response?.overflow).toBe('r/gone');
});

function claimNow() {
  const now = systemClock.now();
  const leaseEnd = (now + 30_000) as typeof now;
  return { token: 't', fingerprint: Uint8Array.of(1), now, leaseEnd, expiresAt: Math.floor(leaseEnd / 1000 + 60) as never, margin: 2000 as never, takeover: true };
}
