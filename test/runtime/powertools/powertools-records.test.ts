import { randomUUID } from 'node:crypto';
import { IdempotencyAlreadyInProgressError, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { advanceWallClock, config, lambdaContext, message, stopWallClock, suspended } from './support';
import { idempotencyOf } from '../../../runtime/execution/in-handler';
import { idempotent } from '../../../runtime/idempotent';
import { PowertoolsPersistence, PowertoolsPersistenceError, PowertoolsRecords, powertoolsKey } from '../../../runtime/powertools';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { httpApiEvent } from '../../../runtime/testing/events';
import { recordingHandler } from '../../../runtime/testing/recording-handler';
import { storeContract } from '../../../runtime/testing/store-contract';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { observed } from '../../support/quiet';

let dynamoDb: TestDynamoDb;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('powertools');
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

const layer = () => new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: dynamoDb.client });
const tableOf = async () => (await dynamoDb.client.send(new ScanCommand({ TableName: 'powertools' }))).Items;

describe('a function that stays with makeIdempotent', () => {
  type Work = (order: ReturnType<typeof message>, context: unknown) => Promise<unknown>;
  const before = (work: () => Promise<unknown>): Work => makeIdempotent(work, { persistenceStore: layer(), config: config() }) as Work;
  const after = (work: () => Promise<unknown>, store = new MemoryStore(), takeover?: 'never'): Work =>
    makeIdempotent(work, {
      persistenceStore: new PowertoolsPersistence(new PowertoolsRecords(store, { layer: layer() }), { takeover }),
      config: config(),
    }) as Work;

  test('gets the results of before, until they expire, and leaves the old table as it was', async () => {
    const id = randomUUID();
    await before(async () => ({ by: 'Powertools' }))(message(id), lambdaContext());
    const was = await tableOf();
    expect(await after(async () => 'again')(message(id), lambdaContext())).toEqual({ by: 'Powertools' });
    advanceWallClock(3_600 + 3);
    expect(await after(async () => 'again')(message(id), lambdaContext())).toBe('again');
    expect(await tableOf()).toEqual(was);
  });

  test('is in conflict with an execution of before, takes it over once its time has run out, and keeps its own record from then on', async () => {
    const [id, slow, store] = [randomUUID(), suspended(), new MemoryStore()];
    void before(slow.run)(message(id), lambdaContext());
    await slow.started;
    const deliver = () => after(async () => 'after', store)(message(id), lambdaContext());
    await expect(deliver()).rejects.toThrow(IdempotencyAlreadyInProgressError);
    advanceWallClock(31);
    await expect(deliver()).rejects.toThrow(IdempotencyAlreadyInProgressError);
    advanceWallClock(2);
    await expect(after(async () => 'never', store, 'never')(message(id), lambdaContext())).rejects.toThrow(IdempotencyAlreadyInProgressError);
    expect(await deliver()).toBe('after');
    expect(await deliver()).toBe('after');
  });

  test('whose function failed before runs', async () => {
    const id = randomUUID();
    await expect(before(() => Promise.reject(new Error('before')))(message(id), lambdaContext())).rejects.toThrow('before');
    expect(await after(async () => 'after')(message(id), lambdaContext())).toBe('after');
  });

  test('F66: a record in a state that Powertools does not know stops it', async () => {
    const id = randomUUID();
    await before(async () => 'done')(message(id), lambdaContext());
    const [item] = (await tableOf())!.filter(({ id: key }) => key!.S === powertoolsKey(configured(), message(id)));
    await dynamoDb.client.send(new PutItemCommand({ TableName: 'powertools', Item: { ...item!, status: { S: 'HALF-DONE' } } }));
    const work = recordingHandler((call) => call);
    await expect(after(work as never)(message(id), lambdaContext())).rejects.toMatchObject({ cause: { code: 'IDEMPOTENCY_STORE_UNAVAILABLE' } });
    expect(work.calls).toHaveLength(0);
    await dynamoDb.client.send(new DeleteItemCommand({ TableName: 'powertools', Key: { id: item!.id! } }));
  });

  const configured = () => {
    const own = layer();
    own.configure({ config: config() });
    return own;
  };
});

describe('an HTTP handler', () => {
  const KEY = { eventKeyJmesPath: 'headers."idempotency-key"' };
  const keyed = () => {
    const own = layer();
    own.configure({ config: config(KEY) });
    return own;
  };
  const keyOf = (event: { readonly headers: Readonly<Record<string, string>> }) =>
    event.headers['idempotency-key'] === undefined ? undefined : powertoolsKey(keyed(), event);
  const post = (key: string) => httpApiEvent({ headers: { 'idempotency-key': key }, body: { amount: 1 } });
  type Http = (event: ReturnType<typeof post>, context: unknown) => Promise<Record<string, unknown>>;
  const before = (work: () => Promise<unknown>) => makeIdempotent(work, { persistenceStore: layer(), config: config(KEY) }) as Http;
  type KeyOf = (event: ReturnType<typeof post>) => string | undefined;
  function after(work: (event: unknown, context: object) => Promise<unknown>, find: KeyOf = keyOf): Http {
    const records = new PowertoolsRecords(new MemoryStore(), { layer: layer(), keyOf: find });
    const { logger, metrics } = observed();
    return idempotent(work, { store: records, tenant: 'none', logger, metrics }) as Http;
  }

  test('replays the responses of before, with the marker and without their cookies', async () => {
    const key = randomUUID();
    const response = { statusCode: 201, headers: { 'x-payment': '7' }, cookies: ['session=1'], body: '{"paid":true}' };
    await before(async () => response)(post(key), lambdaContext());
    const work = recordingHandler(() => ({ statusCode: 500 }));
    const replay = await after(work)(post(key), lambdaContext());
    expect(replay).toMatchObject({ statusCode: 201, headers: { 'x-payment': '7', 'X-Idempotent-Replay': 'true' }, body: '{"paid":true}' });
    expect(replay.cookies).toBeUndefined();
    expect(work.calls).toHaveLength(0);
  });

  test('of an HTTP API replays a bare result as the gateway sent it', async () => {
    const key = randomUUID();
    await before(async () => ({ paid: true }))(post(key), lambdaContext());
    expect(await after(recordingHandler(() => ({})))(post(key), lambdaContext())).toMatchObject({
      statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{"paid":true}',
    });
  });

  test('answers 409 while an execution of before is under way, and is told of it after its time', async () => {
    const [key, slow] = [randomUUID(), suspended()];
    void before(slow.run)(post(key), lambdaContext());
    await slow.started;
    const seen: unknown[] = [];
    const handler = after(async (_, context) => {
      const { attempt, isTakeover } = idempotencyOf(context)!;
      seen.push({ attempt, isTakeover });
      return { statusCode: 201 };
    });
    expect(await handler(post(key), lambdaContext())).toMatchObject({ statusCode: 409 });
    advanceWallClock(33);
    expect(await handler(post(key), lambdaContext())).toMatchObject({ statusCode: 201 });
    expect(seen).toEqual([{ attempt: 2, isTakeover: true }]);
  });

  test('with a new key runs, with no key as well, and then answers by its own record', async () => {
    const work = recordingHandler((call) => ({ statusCode: 201, body: String(call) }));
    const handler = after(work);
    const key = randomUUID();
    expect(await handler(post(key), lambdaContext())).toMatchObject({ statusCode: 201, body: '1' });
    expect(await handler(post(key), lambdaContext())).toMatchObject({ statusCode: 201, body: '1' });
    expect(await handler(httpApiEvent({ body: {} }) as never, lambdaContext())).toMatchObject({ body: '2' });
    expect(await after(work, () => undefined)(post(key), lambdaContext())).toMatchObject({ body: '3' });
  });

  test('fails closed where the old records cannot be found', async () => {
    const work = recordingHandler(() => ({ statusCode: 201 }));
    const broken = () => {
      throw new Error('no such header');
    };
    expect(await after(work, broken)(post(randomUUID()), lambdaContext())).toMatchObject({ statusCode: 503 });
    expect(work.calls).toHaveLength(0);
  });
});

describe('F84: powertoolsKey', () => {
  const configured = (eventKeyJmesPath: string, throwOnNoIdempotencyKey = false) => {
    const own = layer();
    own.configure({ config: config({ eventKeyJmesPath, throwOnNoIdempotencyKey }) });
    return own;
  };

  test('F84: is none where the JMESPath selects nothing, so that no two such requests share a record', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    for (const throws of [false, true]) {
      const own = configured('headers."idempotency-key"', throws);
      for (const headers of [{}, { 'Idempotency-Key': 'k' }, { 'idempotency-key': '' }, { 'idempotency-key': null }]) {
        expect(powertoolsKey(own, { headers })).toBeUndefined();
      }
      const parts = configured('[headers."idempotency-key", account]', throws);
      expect(powertoolsKey(parts, { headers: {} })).toBeUndefined();
      expect(powertoolsKey(parts, { headers: {}, account: 'acme' })).toMatch(/#/);
    }
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test('F84: asks for a layer that is configured: another one would make the id of the whole event, which no retry has', () => {
    expect(() => powertoolsKey(layer(), { headers: {} })).toThrow(PowertoolsPersistenceError);
    expect(() => powertoolsKey(layer(), { headers: {} })).toThrow(/layer is not configured: call layer.configure/);
  });

  test('F84: leaves the layer as it was, and throws what a JMESPath throws that cannot be evaluated', () => {
    const own = configured('headers."idempotency-key"');
    expect(powertoolsKey(own, { headers: { 'idempotency-key': 'k' } })).toBe((own as unknown as { getHashedIdempotencyKey(payload: unknown): string }).getHashedIdempotencyKey({ headers: { 'idempotency-key': 'k' } }));
    powertoolsKey(own, {});
    expect((own as unknown as { throwOnNoIdempotencyKey: boolean }).throwOnNoIdempotencyKey).toBe(false);
    expect(() => powertoolsKey(configured('not_a_function(@)'), {})).toThrow(/not_a_function/);
  });
});

describe('the store contract, beside a table of Powertools', () => {
  test.each(storeContract.map((promise) => [promise.name, promise] as const))('%s', async (_, { run }) => {
    jest.useRealTimers();
    await run(new PowertoolsRecords(new MemoryStore(), { layer: layer() }));
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['no store', () => new PowertoolsRecords(undefined as never, { layer: layer() }), /store must be a store, got undefined/],
  ['no layer', () => new PowertoolsRecords(new MemoryStore(), {} as never), /layer must be a persistence layer of Powertools/],
])('throws when given %s', (_, construct, text) => {
  expect(construct).toThrow(PowertoolsPersistenceError);
  expect(construct).toThrow(text);
});
