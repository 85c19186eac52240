import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { IdempotencyOptions } from '../../runtime/configuration/options';
import { idempotencyOf, RetryableError, type IdempotentExecution } from '../../runtime/execution/in-handler';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import { controllableClock, type ControllableClock } from '../../runtime/testing/clock';
import { albEvent, functionUrlEvent, httpApiEvent, restApiEvent, type EventOptions } from '../../runtime/testing/events';
import { idempotentWith } from '../../runtime/testing/idempotent-with';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';
import { observed } from '../support/quiet';
import { seededRandom } from '../support/seeded-random';
import { gate } from '../support/shop';

/** What of the runtime a function needs; a version's own, or today's. */
interface Runtime {
  readonly RetryableError: typeof RetryableError;
  readonly idempotencyOf: typeof idempotencyOf;
  readonly DynamoDbStore: typeof DynamoDbStore;
  readonly idempotentWith: typeof idempotentWith;
}

const PRESENT: Runtime = { RetryableError, idempotencyOf, DynamoDbStore, idempotentWith };
/** The runtime of commit ee86024, bundled: docs/decisions/0051-fuzzing-and-former-versions.md says how. */
// eslint-disable-next-line @typescript-eslint/no-require-imports
const FORMER = require('./former-versions/ee86024.cjs') as Runtime;

const START = 1_800_000_000_000;
const LEASE = 30;
const MARGIN = 2;

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startDynamoDb();
  await server.createTable('keys');
  await server.createTable('accounts');
});
afterAll(() => server.stop());

interface Answer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

type Work = (execution: IdempotentExecution, runtime: Runtime) => unknown;

/** A function of one version, on the one table. */
function deployed(runtime: Runtime, clock: ControllableClock, work: Work, options: IdempotencyOptions) {
  const seen: { readonly attempt: number; readonly isTakeover: boolean }[] = [];
  const { logger, metrics } = observed();
  const store = new runtime.DynamoDbStore({ tableName: 'keys', client: server.client });
  const send = runtime.idempotentWith({ clock }, async (_event: unknown, context: unknown) => {
    const execution = runtime.idempotencyOf(context as object)!;
    seen.push({ attempt: execution.attempt, isTakeover: execution.isTakeover });
    return work(execution, runtime);
  }, { namespace: 'shop', processingTimeoutSeconds: LEASE, clockMarginSeconds: MARGIN, ...options, store, logger, metrics });
  return { seen, send: async (event: unknown) => await send(event, {}) as Answer };
}

/** No compression makes it smaller. */
const noise = (length: number): string => {
  const random = seededRandom('noise');
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join('');
};

interface Kept {
  readonly event?: (options: EventOptions) => unknown;
  readonly work: Work;
  readonly options?: IdempotencyOptions;
  /** What the one that reads has otherwise. */
  readonly then?: IdempotencyOptions;
  readonly key?: string;
  /** Seconds between the first request and its retry. */
  readonly later?: number;
  readonly body?: string;
  readonly retried?: string;
  /** The status of a refusal, `again` where the work runs again, or what is replayed. */
  readonly retry: number | 'again' | Partial<Answer>;
}

const paid = { statusCode: 201, headers: { 'content-type': 'text/plain', 'x-a': 'b' }, body: 'paid' };
const KEPT: Readonly<Record<string, Kept>> = {
  'an HTTP API\'s response': { work: () => ({ ...paid, cookies: ['a=b'] }), retry: { statusCode: 201, body: 'paid', headers: { 'content-type': 'text/plain', 'x-a': 'b' } } },
  'a bare value': { work: () => ({ paid: true }), retry: { statusCode: 200, body: '{"paid":true}' } },
  'a REST API\'s response': { event: restApiEvent, work: () => ({ ...paid, multiValueHeaders: { 'X-M': ['1', '2'] } }), retry: { ...paid, multiValueHeaders: { 'X-M': ['1', '2'] } } as Partial<Answer> },
  'a function URL\'s bytes': { event: functionUrlEvent, work: () => ({ statusCode: 200, body: 'AAEC/w==', isBase64Encoded: true }), retry: { statusCode: 200, body: 'AAEC/w==', isBase64Encoded: true } as Partial<Answer> },
  'a load balancer\'s response': { event: albEvent, work: () => paid, retry: { statusCode: 201, body: 'paid' } },
  'an error that was returned': { work: () => ({ statusCode: 402, body: 'declined' }), retry: { statusCode: 402, body: 'declined' } },
  'a throw': { work: () => { throw new Error('failed'); }, retry: { statusCode: 500, body: '{"message":"Internal Server Error"}' } },
  'a REST API\'s throw': { event: restApiEvent, work: () => { throw new Error('failed'); }, retry: { statusCode: 502, body: '{"message": "Internal server error"}' } },
  'a result that no gateway sends on': { work: () => ({ statusCode: 99, body: 'x' }), retry: { statusCode: 500 } },
  'a body that was deflated': { work: () => ({ statusCode: 200, body: 'paid '.repeat(1_000) }), retry: { statusCode: 200, body: 'paid '.repeat(1_000) } },
  'a body beside its record': { work: () => ({ statusCode: 200, body: noise(30_000) }), retry: { statusCode: 200, body: noise(30_000) } },
  'a body that nothing holds': { work: () => ({ statusCode: 200, body: noise(600_000) }), retry: 410 },
  'an encrypted response': { options: { keySecret: 'pepper', responseEncryption: 'client-key' }, work: () => paid, retry: paid },
  'an encrypted body beside its record': { options: { keySecret: 'pepper', responseEncryption: 'client-key' }, work: () => ({ statusCode: 200, body: noise(30_000) }), retry: { statusCode: 200, body: noise(30_000) } },
  'a record under a key secret': { options: { keySecret: 'pepper', includeRequestHash: true }, work: () => paid, retry: paid },
  'a record under a secret that has been rotated since': { options: { keySecret: 'pepper' }, then: { keySecret: 'salt', previousKeySecret: 'pepper' }, work: () => paid, retry: paid },
  'JSON whose members come in another order': { options: { includeRequestHash: true, fingerprint: 'json' }, body: '{"a":1,"b":2}', retried: '{"b": 2, "a": 1.0}', work: () => paid, retry: paid },
  'a selection of members': { options: { includeRequestHash: true, fingerprint: { include: ['/a'] } }, body: '{"a":1,"b":2}', retried: '{"a":1,"b":3}', work: () => paid, retry: paid },
  'another body under its key': { options: { includeRequestHash: true }, retried: 'other', work: () => paid, retry: 422 },
  'a key of the whole API': { options: { keyScope: 'api', tenant: 'none' }, work: () => paid, retry: paid },
  'a record that has expired': { options: { ttlSeconds: 60 }, later: 63, work: () => paid, retry: 'again' },
  'a key that is remembered': { options: { ttlSeconds: 60, rememberSeconds: 600 }, later: 63, work: () => paid, retry: 410 },
  'a key that tells its time': { options: { keyTime: 'uuidv7' }, key: '01a3185c-5000-7000-8000-000000000001', work: () => paid, retry: paid },
  'a key that is too old by its time': { options: { keyTime: 'uuidv7', ttlSeconds: 3_600 }, later: 3_700, key: '01a3185c-5000-7000-8000-000000000002', work: () => paid, retry: 412 },
  'an execution that was released': {
    work: ({ attempt }, runtime) => {
      if (attempt === 1) throw new runtime.RetryableError('not now');
      return paid;
    },
    retry: 'again',
  },
};

let keys = 0;

describe.each([
  ['a former version', FORMER, 'the present one', PRESENT],
  ['the present version', PRESENT, 'a former one', FORMER],
] as const)('what %s has written', (_writes, writer, reads, reader) => {
  test.each(Object.entries(KEPT))(`F67: %s: ${reads} reads it`, async (_name, kept) => {
    const { event = httpApiEvent, work, options = {}, then = options, key = 'key', later = 1, body = 'one', retried = body, retry } = kept;
    const clock = controllableClock(START);
    const common = { namespace: `shop-${keys++}` };
    const wrote = deployed(writer, clock, work, { ...options, ...common });
    const read = deployed(reader, clock, work, { ...then, ...common });
    const headers = { 'Idempotency-Key': key };
    await wrote.send(event({ headers, body })).catch(() => undefined);
    expect(wrote.seen).toEqual([{ attempt: 1, isTakeover: false }]);
    clock.advance(later * 1000);
    const answer = await read.send(event({ headers, body: retried }));
    if (retry === 'again') {
      expect(answer).toMatchObject({ statusCode: 201, body: 'paid' });
      expect(read.seen).toEqual([{ attempt: 2, isTakeover: false }]);
      return;
    }
    expect(answer).toMatchObject(typeof retry === 'number' ? { statusCode: retry } : retry);
    if (typeof retry !== 'number') expect(JSON.stringify(answer)).toMatch(/"X-Idempotent-Replay":"true"/);
    expect(read.seen).toEqual([]);
  });

  test(`F67: effects that were committed, are not committed again by ${reads}`, async () => {
    const clock = controllableClock(START);
    const account = `account-${keys++}`;
    const work: Work = ({ commit }) => commit(paid, [{
      Update: { TableName: 'accounts', Key: { id: { S: account } }, UpdateExpression: 'ADD balance :ten', ExpressionAttributeValues: { ':ten': { N: '10' } } },
    }]);
    const event = httpApiEvent({ headers: { 'Idempotency-Key': account } });
    expect(await deployed(writer, clock, work, {}).send(event)).toMatchObject(paid);
    const read = deployed(reader, clock, work, {});
    expect(await read.send(event)).toMatchObject({ ...paid, headers: { 'X-Idempotent-Replay': 'true' } });
    expect(read.seen).toEqual([]);
    const { Item } = await server.client.send(new GetItemCommand({ TableName: 'accounts', Key: { id: { S: account } }, ConsistentRead: true }));
    expect(Item?.balance?.N).toBe('10');
  });

  test(`F67: what is running, is a conflict for ${reads}, and taken over once its lease is past; the late one gets the winner's answer`, async () => {
    const clock = controllableClock(START);
    const started = gate();
    const finish = gate();
    const event = httpApiEvent({ headers: { 'Idempotency-Key': `running-${keys++}` } });
    const slow = deployed(writer, clock, async () => {
      started.open();
      await finish.opened;
      return { statusCode: 200, body: 'late' };
    }, {});
    const read = deployed(reader, clock, () => paid, {});
    const first = slow.send(event);
    await started.opened;
    expect(await read.send(event)).toMatchObject({ statusCode: 409 });
    clock.advance((LEASE + MARGIN) * 1000 + 1);
    expect(await read.send(event)).toMatchObject(paid);
    expect(read.seen).toEqual([{ attempt: 2, isTakeover: true }]);
    finish.open();
    expect(await first).toMatchObject({ statusCode: 201, body: 'paid', headers: { 'X-Idempotent-Replay': 'true' } });
  });
});

test('F219: rolled forward and back under load, each key is executed once, and what crashed once more', async () => {
  const clock = controllableClock(START);
  const random = seededRandom(String(jest.getSeed()));
  const executions = new Map<string, number>();
  const answers = new Map<string, Set<string>>();
  const crashes = (key: string): boolean => key.endsWith('7');
  const version = (runtime: Runtime, name: string) => deployed(runtime, clock, ({ key }) => {
    const before = executions.get(key) ?? 0;
    executions.set(key, before + 1);
    return crashes(key) && before === 0 ? new Promise(() => undefined) : { statusCode: 200, body: `${key} by ${name}` };
  }, {});
  const former = version(FORMER, 'former');
  const present = version(PRESENT, 'present');
  const send = async (key: string, { send: to }: typeof former): Promise<void> => {
    const answer = await to(httpApiEvent({ headers: { 'Idempotency-Key': key } }));
    if (answer.statusCode !== 200) expect(answer.statusCode).toBe(409);
    else answers.set(key, (answers.get(key) ?? new Set()).add(answer.body));
  };
  const sent: string[] = [];
  let crashed = 0;
  for (const share of [0, 0.5, 1, 0.5, 0]) {
    const fresh = Array.from({ length: 20 }, (_, index) => `key-${share}-${sent.length}-${index}`);
    sent.push(...fresh);
    const requests = [...sent, ...fresh, ...fresh, ...fresh].map((key) => send(key, random() < share ? present : former));
    // Whoever runs into a crash hears nothing; all the others end.
    crashed += fresh.filter(crashes).length;
    await ended(requests, requests.length - fresh.filter(crashes).length);
    clock.advance((LEASE + MARGIN) * 1000 + 1);
  }
  await Promise.all([former, present].flatMap((one) => sent.map((key) => send(key, one))));
  expect(crashed).toBe(10);
  expect(sent.filter((key) => executions.get(key) !== (crashes(key) ? 2 : 1))).toEqual([]);
  expect(sent.filter((key) => answers.get(key)?.size !== 1)).toEqual([]);
});

/** Once so many of them have ended; rejects with the first that does. */
function ended(requests: readonly Promise<void>[], least: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let count = 0;
    for (const request of requests) request.then(() => (++count === least ? resolve() : undefined), reject);
  });
}
