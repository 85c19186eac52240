import { IdempotencyAlreadyInProgressError, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Fleet, type Host, type Tally } from './support/fleet';
import { liftFramework } from './support/lift-framework';
import { idempotent } from '../../runtime/idempotent';
import { PowertoolsRecords, PowertoolsTable, powertoolsKey } from '../../runtime/powertools';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import { DualWriteStore, type MigrationPhase } from '../../runtime/stores/migration/dual-write-store';
import { LiftTable } from '../../runtime/stores/migration/lift-table';
import type { IdempotencyStore } from '../../runtime/stores/store';
import { httpApiEvent } from '../../runtime/testing/events';
import { advanceWallClock, config, lambdaContext, stopWallClock } from '../runtime/powertools/support';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { observed } from '../support/quiet';

jest.setTimeout(180_000);

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  for (const name of ['powertools', 'keys', 'former-keys']) await dynamoDb.createTable(name);
  await dynamoDb.createTable('lift', 'pk');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const RETENTION = 3_600;
const KEY = { eventKeyJmesPath: 'headers."idempotency-key"', expiresAfterSeconds: RETENTION };
/** As its client sends it: half of them in quotes, which the former systems take for a part of the key. */
const sent = (key: string): string => (Number.parseInt(key[0]!, 16) % 2 === 0 ? key : `"${key}"`);
const post = (key: string) => httpApiEvent({ headers: { 'idempotency-key': sent(key) }, body: { amount: 1 } });

/** The service on a store of this package. */
function on(store: IdempotencyStore): Host {
  const effects = new Map<object, () => Promise<string>>();
  const { logger, metrics } = observed();
  const handler = idempotent(
    async (event: object) => ({ statusCode: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify(await effects.get(event)!()) }),
    { store, tenant: 'none', ttlSeconds: RETENTION, logger, metrics },
  );
  return async (key, effect) => {
    const event = post(key);
    effects.set(event, effect);
    const { statusCode, body } = (await handler(event, lambdaContext())) as { statusCode: number; body: string };
    return statusCode === 201 ? { status: 201, effect: JSON.parse(body) as string } : { status: statusCode };
  };
}

const layer = () => new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: dynamoDb.client });
const configured = (): DynamoDBPersistenceLayer => {
  const own = layer();
  own.configure({ config: config(KEY) });
  return own;
};

/** The service as it was on Powertools. */
const onPowertools: Host = async (key, effect) => {
  type Handler = (event: unknown, context: unknown) => Promise<{ statusCode: number; body: string }>;
  const work: Handler = async () => ({ statusCode: 201, body: JSON.stringify(await effect()) });
  const handler = makeIdempotent(work as (...args: never[]) => Promise<unknown>, { persistenceStore: layer(), config: config(KEY) }) as Handler;
  try {
    const { statusCode, body } = await handler(post(key), lambdaContext());
    return { status: statusCode, effect: JSON.parse(body) as string };
  } catch (error) {
    if (error instanceof IdempotencyAlreadyInProgressError) return { status: 409 };
    throw error;
  }
};

/** The service as it was on the Lift framework. */
const onLift: Host = async (key, effect) => {
  const handle = liftFramework({ client: dynamoDb.client, tableName: 'lift', ttlSeconds: RETENTION });
  const { status, body } = await handle({ key: sent(key) }, async () => ({ status: 201, body: await effect() }));
  return status === 201 ? { status, effect: body as string } : { status };
};

const keys = () => new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
const inPhases = (old: IdempotencyStore) =>
  Object.fromEntries((['old', 'both', 'new'] as const).map((phase) => [phase, on(new DualWriteStore(old, keys(), { phase }))])) as Record<MigrationPhase, Host>;

/** The same retries in every run; which of them meet, the servers decide. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
}

/** Takes the fleet through the versions; one of them is held for a retention before the next. */
async function migrate(versions: readonly Host[], { atOnce = true, held }: { atOnce?: boolean; held?: Host } = {}): Promise<Tally> {
  const fleet = new Fleet(versions[0]!, atOnce, seeded(1));
  await fleet.traffic(15);
  for (const version of versions.slice(1)) {
    await fleet.roll(version);
    await fleet.traffic(5);
    if (version === held) {
      advanceWallClock(RETENTION + 60);
      fleet.forget();
      await fleet.traffic(10);
    }
  }
  return fleet.tally;
}

const told = ({ operations, phaseChanges, effects, duplicates, lostReplays }: Tally): string =>
  `operations ${operations}, phase changes ${phaseChanges}, effects ${effects}, duplicates ${duplicates}, lost replays ${lostReplays}`;

const powertoolsTable = () => {
  const own = configured();
  const keyOf = (event: object, _context: unknown, key: string) => powertoolsKey(own, { ...event, headers: { 'idempotency-key': key } });
  return new PowertoolsTable({ tableName: 'powertools', client: dynamoDb.client, keyOf });
};

describe('F69: a service migrates under load, forward and back', () => {
  test.each<[string, () => { former?: Host; old: IdempotencyStore; atOnce: boolean }]>([
    ['from Powertools', () => ({ former: onPowertools, old: powertoolsTable(), atOnce: true })],
    // The framework itself runs duplicates that come at once: they come one after the other.
    ['from the Lift framework', () => ({ former: onLift, old: new LiftTable({ tableName: 'lift', client: dynamoDb.client }), atOnce: false })],
    ['from one table to another', () => ({ old: new DynamoDbStore({ tableName: 'former-keys', client: dynamoDb.client }), atOnce: true })],
  ])('%s', async (name, from) => {
    const { former, old, atOnce } = from();
    const phases = inPhases(old);
    const there = [...(former === undefined ? [] : [former]), phases.old, phases.both, phases.new];
    const tally = await migrate([...there, ...there.slice(0, -1).reverse()], { atOnce, held: phases.both });
    process.stdout.write(`Migration ${name}, and back: ${told(tally)}\n`);
    expect(tally).toMatchObject({ effects: tally.operations, duplicates: 0, lostReplays: 0, phaseChanges: 2 * (there.length - 1) });
    expect(tally.operations).toBeGreaterThan(500);
    expect(tally.requests).toBeGreaterThan(1.5 * tally.operations);
  });
});

describe('F69: and the count would show what goes wrong', () => {
  test('where the middle phase is left out', async () => {
    const { old, new: fresh } = inPhases(new DynamoDbStore({ tableName: 'former-keys', client: dynamoDb.client }));
    expect((await migrate([old, fresh])).duplicates).toBeGreaterThan(0);
  });

  test('where the middle phase is not held for a retention', async () => {
    const { old, both, new: fresh } = inPhases(new DynamoDbStore({ tableName: 'former-keys', client: dynamoDb.client }));
    expect((await migrate([old, both, fresh])).duplicates).toBeGreaterThan(0);
  });

  test('where a deployment rolls onto a store that Powertools does not look at', async () => {
    const own = configured();
    const beside = on(new PowertoolsRecords(keys(), { layer: own, keyOf: (event) => powertoolsKey(own, event) }));
    expect((await migrate([onPowertools, beside])).duplicates).toBeGreaterThan(0);
  });
});
