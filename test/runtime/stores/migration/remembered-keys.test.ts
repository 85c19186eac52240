import type { IdempotencyOptions } from '../../../../runtime/configuration/options';
import { PowertoolsTable } from '../../../../runtime/powertools';
import { DynamoDbStore } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import { DualWriteStore, type MigrationPhase } from '../../../../runtime/stores/migration/dual-write-store';
import { LiftTable } from '../../../../runtime/stores/migration/lift-table';
import type { IdempotencyStore } from '../../../../runtime/stores/store';
import { controllableClock } from '../../../../runtime/testing/clock';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';
import { MARKER, Shop } from '../../../support/shop';

let dynamoDb: TestDynamoDb;
let tables = 0;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});
afterAll(() => dynamoDb.stop());

const newTable = (): Promise<string> => dynamoDb.createTable(`remembered-${++tables}`, 'id');
const OLD: Readonly<Record<string, (tableName: string) => IdempotencyStore>> = {
  'a table': (tableName) => new DynamoDbStore({ tableName, client: dynamoDb.client }),
  'a table of the Lift framework': (tableName) => new LiftTable({ tableName, partitionKey: 'id', client: dynamoDb.client }),
  'a table of Powertools': (tableName) => new PowertoolsTable({ tableName, keyOf: () => 'function#hash', client: dynamoDb.client }),
  'a memory': () => new MemoryStore(),
};

const TTL = 3_600;
const REMEMBER = 86_400;
const OPTIONS: IdempotencyOptions = { ttlSeconds: TTL, rememberSeconds: REMEMBER };

describe.each(Object.keys(OLD))('F110: a key that is remembered longer than its response, on the way out of %s', (name) => {
  async function fleet(options: IdempotencyOptions = OPTIONS) {
    const clock = controllableClock();
    const old = OLD[name]!(await newTable());
    const fresh = new DynamoDbStore({ tableName: await newTable(), client: dynamoDb.client });
    const host = (phase: MigrationPhase): Shop =>
      new Shop({ options: { ...options, store: new DualWriteStore(old, fresh, { phase }) }, host: { clock } });
    return { clock, host };
  }

  test.each<[MigrationPhase, readonly MigrationPhase[]]>([
    ['old', ['old', 'both', 'new']], ['both', ['both', 'new', 'both']], ['both', ['both', 'old']], ['new', ['new', 'both', 'old']],
  ])('F110: recorded in phase %s: replayed, then 410, by every host of %j, and executed again only when it is forgotten', async (from, phases) => {
    const { clock, host } = await fleet();
    expect((await host(from).pay('payment-1')).statusCode).toBe(201);
    for (const phase of phases) expect((await host(phase).pay('payment-1')).headers[MARKER]).toBe('true');
    clock.advance((TTL + 10) * 1000);
    for (const phase of phases) {
      const shop = host(phase);
      const { statusCode, body } = await shop.pay('payment-1');
      expect([phase, statusCode, JSON.parse(body as string).code, shop.handler.calls.length]).toEqual([phase, 410, 'IDEMPOTENCY_RESPONSE_EXPIRED', 0]);
    }
    clock.advance(REMEMBER * 1000);
    expect(await host(phases.at(-1)!).pay('payment-1')).toMatchObject({ statusCode: 201 });
  });

  test.each([[TTL, 201], [TTL + REMEMBER, 410]])('F173: of phase both, %i seconds long, a late retry gets %i: as long as the responses are kept is not enough', async (length, status) => {
    const { clock, host } = await fleet();
    await host('old').pay('payment-1');
    const late = TTL + 10;
    clock.advance(late * 1000);
    expect((await host(late <= length ? 'both' : 'new').pay('payment-1')).statusCode).toBe(status);
  });

  test('F110: one whose response was over when it was first asked for in phase both is known in phase new', async () => {
    const { clock, host } = await fleet();
    await host('old').pay('payment-1');
    clock.advance((TTL + 10) * 1000);
    for (const phase of ['both', 'new'] as const) expect((await host(phase).pay('payment-1')).statusCode).toBe(410);
  });
});
