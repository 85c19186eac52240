import { randomUUID } from 'node:crypto';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { advanceWallClock, config, lambdaContext, message, stopWallClock, suspended } from './support';
import { PowertoolsPersistence, PowertoolsPersistenceError, type PowertoolsPersistenceOptions } from '../../../runtime/powertools';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { recordingHandler } from '../../../runtime/testing/recording-handler';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';

let dynamoDb: TestDynamoDb;
let store: DynamoDbStore;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  await dynamoDb.createTable('powertools');
  store = new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
});
afterAll(() => dynamoDb.stop());
beforeEach(stopWallClock);
afterEach(() => jest.useRealTimers());

type Message = ReturnType<typeof message>;
type Work = (order: Message, context: unknown) => Promise<unknown>;

const over = (work: Work, persistenceStore: BasePersistenceLayer, options: Parameters<typeof config>[0] = {}) =>
  makeIdempotent(work as (...args: never[]) => Promise<unknown>, { persistenceStore, config: config(options) }) as Work;
const ours = (options?: PowertoolsPersistenceOptions, on: IdempotencyStore = store) => new PowertoolsPersistence(on, options);
const theirs = () => new DynamoDBPersistenceLayer({ tableName: 'powertools', awsSdkV3Client: dynamoDb.client });

const idOf = (messageId: string): string => new (class extends PowertoolsPersistence {
  public readonly id = (this.configure({ config: config() }), this.getHashedIdempotencyKey(message(messageId) as never));
})(store).id;
const codeOf = (outcome: PromiseSettledResult<unknown>): unknown => {
  if (outcome.status === 'fulfilled') return undefined;
  expect(outcome.reason).toBeInstanceOf(IdempotencyPersistenceLayerError);
  return (outcome.reason as { cause: { code: unknown } }).cause.code;
};
const settled = async (promise: Promise<unknown>) => (await Promise.allSettled([promise]))[0]!;

describe('a makeIdempotent function over a store of this package', () => {
  test('a batch in which messages come twice runs each once, and later deliveries get the results', async () => {
    const work = recordingHandler((call, event) => ({ call, of: (event as Message).messageId }));
    const processMessage = over(work, ours());
    const [a, b] = [randomUUID(), randomUUID()];
    const batch = async (ids: readonly string[]) => {
      const results = [];
      for (const id of ids) results.push(await processMessage(message(id), lambdaContext()));
      return results;
    };
    expect(await batch([a, b, a])).toEqual([{ call: 1, of: a }, { call: 2, of: b }, { call: 1, of: a }]);
    expect(await over(work, ours())(message(b), lambdaContext())).toEqual({ call: 2, of: b });
    expect(work.calls).toHaveLength(2);
    expect(await store.read(idOf(a))).toMatchObject({ status: 'C', attempt: 1 });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['0', 0],
    ['an empty text', ''],
    ['nested JSON', [1, { deep: ['ü', null] }]],
    ['a long text', 'x'.repeat(10_000)],
  ])('%s comes back as it was returned', async (_, result) => {
    const id = randomUUID();
    const work = recordingHandler(() => result);
    await over(work, ours())(message(id), lambdaContext());
    expect(await over(work, ours())(message(id), lambdaContext())).toEqual(result);
    expect(work.calls).toHaveLength(1);
  });

  test('a duplicate in flight is told so, for the event source to deliver again', async () => {
    const [id, slow] = [randomUUID(), suspended()];
    const running = over(slow.run, ours())(message(id), lambdaContext());
    await slow.started;
    await expect(over(slow.run, ours())(message(id), lambdaContext())).rejects.toThrow(IdempotencyAlreadyInProgressError);
    slow.finish('done');
    expect(await running).toBe('done');
    expect(await over(slow.run, ours())(message(id), lambdaContext())).toBe('done');
  });

  test('a function that fails lets the next delivery run', async () => {
    const id = randomUUID();
    const work = recordingHandler((call) => {
      if (call === 1) throw new Error('first');
      return call;
    });
    await expect(over(work, ours())(message(id), lambdaContext())).rejects.toThrow('first');
    expect(await over(work, ours())(message(id), lambdaContext())).toBe(2);
  });

  test('another payload under the same key is told from the first, in progress and completed', async () => {
    const id = randomUUID();
    const validated = { payloadValidationJmesPath: 'body' };
    const slow = suspended();
    const running = over(slow.run, ours(), validated)(message(id, 1), lambdaContext());
    await slow.started;
    await expect(over(slow.run, ours(), validated)(message(id, 2), lambdaContext())).rejects.toThrow(IdempotencyValidationError);
    slow.finish('done');
    await running;
    await expect(over(slow.run, ours(), validated)(message(id, 2), lambdaContext())).rejects.toThrow(IdempotencyValidationError);
    expect(await over(slow.run, ours(), validated)(message(id, 1), lambdaContext())).toBe('done');
  });

  test('F24: the result is kept for as long as was configured, margin included, and not longer', async () => {
    const id = randomUUID();
    const work = recordingHandler((call) => call);
    const deliver = () => over(work, ours())(message(id), lambdaContext());
    expect(await deliver()).toBe(1);
    advanceWallClock(3_602);
    expect(await deliver()).toBe(1);
    advanceWallClock(1);
    expect(await deliver()).toBe(2);
  });

  test('Powertools\' local cache works as before', async () => {
    const id = randomUUID();
    let down = false;
    const layer = ours({}, faultyStore(store, () => (down ? 'drop' : 'pass')));
    const work = over(async () => 'done', layer, { useLocalCache: true });
    await work(message(id), lambdaContext());
    down = true;
    expect(await work(message(id), lambdaContext())).toBe('done');
  });

  test('without a context the lease is the retention', async () => {
    const [id, never] = [randomUUID(), suspended()];
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    void (over(never.run, ours()) as (order: Message) => Promise<unknown>)(message(id));
    await never.started;
    warn.mockRestore();
    advanceWallClock(3_600);
    await expect(over(never.run, ours())(message(id), lambdaContext())).rejects.toThrow(IdempotencyAlreadyInProgressError);
    advanceWallClock(3);
    expect(await over(async () => 'next', ours())(message(id), lambdaContext())).toBe('next');
  });
});

describe('F1: an execution that was taken over', () => {
  const LEASE_AND_MARGIN = 33;

  async function twoExecutions(layer: () => BasePersistenceLayer, end: (slow: ReturnType<typeof suspended>) => void) {
    const id = randomUUID();
    const [slow, fast] = [suspended(), suspended()];
    const first = over(slow.run, layer())(message(id), lambdaContext());
    await slow.started;
    advanceWallClock(LEASE_AND_MARGIN);
    const second = over(fast.run, layer())(message(id), lambdaContext());
    await fast.started;
    end(slow);
    const outcome = await settled(first);
    const meanwhile = await settled(over(async () => 'third', layer())(message(id), lambdaContext()));
    fast.finish('second');
    const winner = await settled(second);
    return { id, outcome, meanwhile, winner, retry: () => over(async () => 'third', layer())(message(id), lambdaContext()) };
  }

  test('does not overwrite: it fails, so that the next delivery gets the recorded result', async () => {
    const { outcome, meanwhile, winner, retry } = await twoExecutions(ours, (slow) => slow.finish('first'));
    expect(codeOf(outcome)).toBe('IDEMPOTENCY_SUPERSEDED');
    expect(meanwhile).toMatchObject({ status: 'rejected', reason: expect.any(IdempotencyAlreadyInProgressError) });
    expect(winner).toEqual({ status: 'fulfilled', value: 'second' });
    expect(await retry()).toBe('second');
  });

  test('compare Powertools\' own layer: the late result is recorded while the second one runs, and then overwritten', async () => {
    const { outcome, meanwhile, winner, retry } = await twoExecutions(theirs, (slow) => slow.finish('first'));
    expect(outcome).toEqual({ status: 'fulfilled', value: 'first' });
    expect(meanwhile).toEqual({ status: 'fulfilled', value: 'first' });
    expect(winner).toEqual({ status: 'fulfilled', value: 'second' });
    expect(await retry()).toBe('second');
  });

  test('F2: and fails, releases nobody else\'s claim', async () => {
    const { outcome, meanwhile, retry } = await twoExecutions(ours, (slow) => slow.fail(new Error('late')));
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'late' } });
    expect(meanwhile).toMatchObject({ status: 'rejected', reason: expect.any(IdempotencyAlreadyInProgressError) });
    expect(await retry()).toBe('second');
  });

  test('F2: compare Powertools\' own layer: the second one\'s record is deleted under it, and a third execution runs', async () => {
    const { meanwhile } = await twoExecutions(theirs, (slow) => slow.fail(new Error('late')));
    expect(meanwhile).toEqual({ status: 'fulfilled', value: 'third' });
  });

  test('is told apart from its successor in the same process by its payload object', async () => {
    const layer = ours();
    const { outcome, retry } = await twoExecutions(() => layer, (slow) => slow.finish('first'));
    expect(codeOf(outcome)).toBe('IDEMPOTENCY_SUPERSEDED');
    expect(await retry()).toBe('second');
  });

  test('is none where takeover is never: the next delivery waits until the record expires', async () => {
    const [id, slow] = [randomUUID(), suspended()];
    void over(slow.run, ours())(message(id), lambdaContext());
    await slow.started;
    advanceWallClock(LEASE_AND_MARGIN);
    const late = () => over(async () => 'late', ours({ takeover: 'never' }))(message(id), lambdaContext());
    await expect(late()).rejects.toThrow(IdempotencyAlreadyInProgressError);
    advanceWallClock(3_600);
    expect(await late()).toBe('late');
  });
});

describe('faults', () => {
  test('F6, F30: while the store is out of reach nothing runs', async () => {
    const work = recordingHandler((call) => call);
    const layer = ours({}, faultyStore(store, () => 'drop'));
    expect(codeOf(await settled(over(work, layer)(message(randomUUID()), lambdaContext())))).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    expect(work.calls).toHaveLength(0);
  });

  test('F9: a completion that fails is sent again', async () => {
    let met = 0;
    const layer = ours({}, faultyStore(store, (call) => (call === 'complete' && ++met === 1 ? 'drop' : 'pass')));
    expect(await over(async () => 'done', layer)(message(randomUUID()), lambdaContext())).toBe('done');
    expect(met).toBe(2);
  });

  test('F9: a result that cannot be recorded is a failure, for the event source to deliver again after the lease', async () => {
    const layer = ours({}, faultyStore(store, (call) => (call === 'complete' ? 'drop' : 'pass')));
    const outcome = await settled(over(async () => 'done', layer)(message(randomUUID()), lambdaContext(1_000)));
    expect(codeOf(outcome)).toBe('IDEMPOTENCY_NOT_RECORDED');
  });

  test('a function\'s own error is told even where its claim cannot be released', async () => {
    const layer = ours({}, faultyStore(store, (call) => (call === 'release' ? 'drop' : 'pass')));
    const failing = over(() => Promise.reject(new Error('mine')), layer);
    await expect(failing(message(randomUUID()), lambdaContext())).rejects.toThrow('mine');
  });

  test('F35: a result over the item limit is not kept, and the function does not run again', async () => {
    const id = randomUUID();
    const big = Array.from({ length: 60_000 }, () => randomUUID());
    const work = recordingHandler(() => big);
    expect(await over(work, ours())(message(id), lambdaContext())).toBe(big);
    expect(codeOf(await settled(over(work, ours())(message(id), lambdaContext())))).toBe('IDEMPOTENCY_RESULT_TOO_LARGE');
    expect(work.calls).toHaveLength(1);
  });

  test.each<[string, () => unknown]>([
    ['a number that is none of JSON\'s', () => ({ id: 5n })],
    ['a circle', () => { const result: Record<string, unknown> = {}; return Object.assign(result, { result }); }],
  ])('F35: a result with %s is executed once and not kept', async (_, make) => {
    const id = randomUUID();
    const work = recordingHandler(make);
    await over(work, ours())(message(id), lambdaContext());
    expect(codeOf(await settled(over(work, ours())(message(id), lambdaContext())))).toBe('IDEMPOTENCY_RESULT_TOO_LARGE');
    expect(work.calls).toHaveLength(1);
  });

  test('F67: a record of a newer version stops the function', async () => {
    const id = randomUUID();
    await dynamoDb.client.send(
      new PutItemCommand({ TableName: 'keys', Item: { id: { S: idOf(id) }, v: { N: '2' }, expires_at: { N: '9999999999' } } }),
    );
    const work = recordingHandler((call) => call);
    expect(codeOf(await settled(over(work, ours())(message(id), lambdaContext())))).toBe('IDEMPOTENCY_STORE_UNAVAILABLE');
    expect(work.calls).toHaveLength(0);
  });

  test('F66: a record whose result is no JSON stops the function', async () => {
    const id = randomUUID();
    const memory = new MemoryStore();
    const damaged: IdempotencyStore = {
      ...faultyStore(memory, () => 'pass'),
      complete: (done) => memory.complete({ ...done, response: { ...done.response, body: Uint8Array.of(123) } }),
    };
    const work = recordingHandler((call) => call);
    const layer = ours({}, damaged);
    await over(work, layer)(message(id), lambdaContext());
    expect(codeOf(await settled(over(work, layer)(message(id), lambdaContext())))).toBe('IDEMPOTENCY_RECORD_UNREADABLE');
    expect(work.calls).toHaveLength(1);
  });

  test('a completion without a claim of this process writes nothing', async () => {
    const layer = ours();
    layer.configure({ config: config() });
    const id = randomUUID();
    await expect(layer.saveSuccess(message(id) as never, 'x')).rejects.toMatchObject({ code: 'IDEMPOTENCY_NOT_HELD' });
    await layer.deleteRecord(message(id) as never);
    expect(await store.read(idOf(id))).toBeUndefined();
  });
});

describe('F89: the claims that a process holds', () => {
  test('F89: a function that changes its own payload, its key field included, is completed and released all the same', async () => {
    const layer = ours();
    const trims = (fails: boolean) => over(async (order) => {
      (order as { messageId: string }).messageId = order.messageId.trim();
      if (fails) throw new Error('mine');
      return 'done';
    }, layer);
    const [kept, released] = [randomUUID(), randomUUID()];
    expect(await trims(false)(message(` ${kept} `), lambdaContext())).toBe('done');
    expect(await over(async () => 'again', ours())(message(` ${kept} `), lambdaContext())).toBe('done');
    await expect(trims(true)(message(` ${released} `), lambdaContext())).rejects.toThrow('mine');
    expect(await over(async () => 'again', ours())(message(` ${released} `), lambdaContext())).toBe('again');
  });

  test('F89: one payload under two prefixes holds two claims, each completed as its own', async () => {
    const layer = ours();
    const order = message(randomUUID());
    const under = (keyPrefix: string, work: Work) =>
      makeIdempotent(work as (...args: never[]) => Promise<unknown>, { persistenceStore: layer, config: config(), keyPrefix }) as Work;
    const outer = under('outer', async (given, context) => `outer ${String(await under('inner', async () => 'inner')(given, context))}`);
    expect(await outer(order, lambdaContext())).toBe('outer inner');
    expect(await under('inner', async () => 'again')(order, lambdaContext())).toBe('inner');
    expect(await under('outer', async () => 'again')(order, lambdaContext())).toBe('outer inner');
  });

  test('F89: a payload that is no object is completed by its key, and by no other', async () => {
    const layer = ours();
    const each = (work: (id: string) => Promise<unknown>) =>
      makeIdempotent(work as never, { persistenceStore: layer, config: config({ eventKeyJmesPath: '' }) }) as unknown as typeof work;
    const [one, other] = [randomUUID(), randomUUID()];
    expect(await Promise.all([each(async () => 1)(one), each(async () => 2)(other)])).toEqual([1, 2]);
    expect(await Promise.all([each(async () => 3)(one), each(async () => 4)(other)])).toEqual([1, 2]);
  });
});

test('a record is read as Powertools reads it: in progress, completed, or not there', async () => {
  const layer = ours();
  layer.configure({ config: config() });
  const order = message(randomUUID()) as never;
  const read = () => layer.getRecord(order);
  await expect(read()).rejects.toMatchObject({ name: 'IdempotencyItemNotFoundError' });
  await layer.saveInProgress(order, 30_000);
  expect(await read()).toMatchObject({ status: 'INPROGRESS', inProgressExpiryTimestamp: Date.now() + 30_000 });
  await layer.saveSuccess(order, { paid: true });
  expect(await read()).toMatchObject({ status: 'COMPLETED', responseData: { paid: true } });
  advanceWallClock(3_604);
  await expect(read()).rejects.toMatchObject({ name: 'IdempotencyItemNotFoundError' });
});

test.each<[string, unknown[], RegExp]>([
  ['no store', [undefined], /store must be a store, got undefined/],
  ['a takeover that is none', [new MemoryStore(), { takeover: 'maybe' }], /takeover must be 'allow' or 'never', got "maybe"/],
  ['a margin below 0', [new MemoryStore(), { clockMarginSeconds: -1 }], /clockMarginSeconds must be 0 or more, got -1/],
])('throws when given %s', (_, given, text) => {
  const construct = () => new PowertoolsPersistence(...(given as ConstructorParameters<typeof PowertoolsPersistence>));
  expect(construct).toThrow(PowertoolsPersistenceError);
  expect(construct).toThrow(text);
});
