import { METRICS } from '../../../lib/contract';
import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { RetryableError } from '../../../runtime/execution/in-handler';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { controllableClock } from '../../../runtime/testing/clock';
import type { TestAuthorizer } from '../../../runtime/testing/events';
import { albEvent, functionUrlEvent, httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { idempotentWith } from '../../../runtime/testing/idempotent-with';
import { gate, settled } from '../../support/shop';

/** Everything that is written to standard output and error while `run` runs: what CloudWatch would be sent. */
async function written(run: () => Promise<void>): Promise<readonly string[]> {
  const chunks: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      chunks.push(String(chunk));
      return true;
    }));
  try {
    await run();
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
  return chunks.join('').split('\n').filter((line) => line !== '');
}

const CANARIES = ['KEY-canary', 'TENANT-canary', 'SUBJECT-canary', 'BODY-canary', 'QUERY-canary', 'HEADER-canary', 'PATH-canary', 'RESPONSE-canary', 'SECRET-canary', 'MESSAGE-canary'];

const fails = (): never => {
  throw new Error('MESSAGE-canary: KEY-canary of TENANT-canary');
};

/** One run of every outcome, over the loggers and metrics that a function has where nothing is configured. */
async function everyOutcome(events: (part: { key?: string; body?: string }) => unknown): Promise<void> {
  const clock = controllableClock();
  const shop = (options: IdempotencyOptions, respond: (call: number) => unknown) => {
    let call = 0;
    return idempotentWith({ clock }, async () => respond(++call), { store: new MemoryStore(), keySecret: 'SECRET-canary', namespace: 'Shop', ...options });
  };
  const paid = (): unknown => ({ statusCode: 201, headers: { 'x-of': 'RESPONSE-canary' }, body: 'RESPONSE-canary' });
  const quietly = (reply: Promise<unknown>): Promise<unknown> => reply.catch(() => undefined);
  const event = (key = 'KEY-canary', body = 'BODY-canary'): unknown => events({ key, body });
  const context = { awsRequestId: 'request-1' };

  // Executed, replayed, mismatch, malformed and missing key, with a hook that fails.
  const usual = shop({ includeRequestHash: true, required: true, onDuplicate: fails, formatError: fails }, paid);
  for (const one of [event(), event(), event('KEY-canary', 'BODY-canary 2'), event('KEY-canary,KEY-canary'), events({})]) await usual(one, context);
  // Thrown, released, refused by the user's own code.
  await quietly(shop({}, fails)(event(), context));
  await quietly(shop({}, () => { throw new RetryableError('MESSAGE-canary'); })(event(), context));
  await quietly(shop({ authorize: fails }, paid)(event(), context));
  await quietly(shop({ tenant: fails }, paid)(event(), context));
  await quietly(shop({ storeResponse: fails }, paid)(event(), context));
  await shop({ tenant: () => undefined }, paid)(event(), context);
  // Out of reach: the store, the secret, the overflow bucket.
  const down = (): ReturnType<typeof faultyStore> => ({ ...faultyStore(new MemoryStore(), () => 'drop'), claim: async () => fails(), release: async () => fails() });
  await shop({ store: down() }, paid)(event(), context);
  await shop({ store: down(), onStoreError: 'execute' }, paid)(event(), context);
  await shop({ keySecret: fails }, paid)(event(), context);
  const small = Object.defineProperty(new MemoryStore(), 'limits', { value: { itemBytes: 600, writeUnitBytes: 0 } });
  await shop({ store: small, overflow: { put: fails, get: fails } }, paid)(event(), context);
  // Conflict, takeover, superseded.
  const { opened, open } = gate();
  const slow = shop({}, async (call) => {
    if (call === 1) await opened;
    return paid();
  });
  const first = slow(event(), context);
  await settled();
  await slow(event(), context);
  clock.advance(60_000);
  await slow(event(), context);
  open();
  await first;
}

const headers = (key: string | undefined): Record<string, string> => ({ ...(key === undefined ? {} : { 'Idempotency-Key': key }), Authorization: 'HEADER-canary' });
const authorizer: TestAuthorizer = { jwt: { iss: 'https://issuer', sub: 'SUBJECT-canary', account_id: 'TENANT-canary' } };
const FRONTS: readonly [string, (part: { key?: string; body?: string }) => unknown][] = [
  ['HTTP API', ({ key, body }) => httpApiEvent({ path: '/PATH-canary', route: '/{id}', query: 'q=QUERY-canary', headers: headers(key), body, authorizer })],
  ['REST API', ({ key, body }) => restApiEvent({ path: '/PATH-canary', route: '/{id}', query: 'q=QUERY-canary', headers: headers(key), body, authorizer })],
  ['function URL', ({ key, body }) => functionUrlEvent({ path: '/PATH-canary', query: 'q=QUERY-canary', headers: headers(key), body })],
  ['ALB', ({ key, body }) => albEvent({ path: '/PATH-canary', query: 'q=QUERY-canary', headers: headers(key), body })],
];

describe('every sink, over every outcome', () => {
  const environment = { POWERTOOLS_LOG_LEVEL: 'DEBUG', POWERTOOLS_LOGGER_LOG_EVENT: 'true', POWERTOOLS_LOGGER_SAMPLE_RATE: '1' };
  const before = { ...process.env };
  beforeAll(() => Object.assign(process.env, environment));
  afterAll(() => {
    process.env = before;
  });

  test.each(FRONTS)('F71: of a %s: no key, tenant, path, query, header, body, secret or message of an error is in any line', async (_, events) => {
    const lines = await written(() => everyOutcome(events));
    const outcomes = new Set(lines.map((line) => (JSON.parse(line) as { idempotency?: { outcome: string } }).idempotency?.outcome));
    for (const outcome of ['executed', 'replayed', 'mismatch', 'rejected', 'conflict', 'takeover', 'superseded', 'store_error']) {
      expect(outcomes).toContain(outcome);
    }
    const leaks = CANARIES.filter((canary) => lines.some((line) => line.toLowerCase().includes(canary.toLowerCase())));
    expect(leaks).toEqual([]);
  });

  test.each(FRONTS)('F77: of a %s: metrics have a closed set of dimensions, whose values are those of the deployment', async (_, events) => {
    const lines = await written(() => everyOutcome(events));
    const metrics = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => '_aws' in line);
    const names = Object.values(METRICS);
    expect(metrics.length).toBeGreaterThan(15);
    for (const { _aws, ...values } of metrics) {
      const [{ Dimensions, Metrics }] = (_aws as { CloudWatchMetrics: [{ Dimensions: unknown; Metrics: { Name: string }[] }] }).CloudWatchMetrics;
      expect(Dimensions).toEqual([['service'], ['service', 'route']]);
      expect(values).toMatchObject({ service: 'Shop', route: expect.stringMatching(/^POST (\/\{id\}|\$default)$/) });
      const others = Object.keys(values).filter((name) => name !== 'service' && name !== 'route');
      expect(others.every((name) => names.includes(name as never))).toBe(true);
      expect(others.sort()).toEqual(Metrics.map(({ Name }) => Name).sort());
    }
  });
});

test('F77: without routeMetrics a service is the only dimension, however many routes it has', async () => {
  const call = idempotentWith({ clock: controllableClock() }, async () => ({ statusCode: 201 }), { store: new MemoryStore(), namespace: 'Shop', routeMetrics: false });
  const lines = await written(async () => {
    for (const route of ['/a', '/b']) await call(httpApiEvent({ route, headers: { 'Idempotency-Key': 'payment-1' } }), {});
  });
  const metrics = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => '_aws' in line);
  expect(metrics).toHaveLength(2);
  for (const { _aws, ...values } of metrics) {
    expect((_aws as { CloudWatchMetrics: unknown }).CloudWatchMetrics).toEqual([expect.objectContaining({ Dimensions: [['service']] })]);
    expect(values).toEqual({ service: 'Shop', CacheMisses: 1, StoreLatency: 0 });
  }
});

test('F77: a method of a client’s own invention is no value of a dimension', async () => {
  const call = idempotentWith({ clock: controllableClock() }, async () => ({ statusCode: 201 }), { store: new MemoryStore(), namespace: 'Shop' });
  const lines = await written(async () => {
    for (const method of ['POST', 'X1', 'X2']) await call(albEvent({ method, headers: { 'Idempotency-Key': 'payment-1' } }), {});
  });
  const routes = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => '_aws' in line).map(({ route }) => route);
  expect(routes).toEqual(['POST $default', 'OTHER $default', 'OTHER $default']);
});

test('one line a request: what became of it, under the name that tools look for', async () => {
  const event = httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' } });
  const call = idempotentWith({ clock: controllableClock() }, async () => ({ statusCode: 201 }), { store: new MemoryStore() });
  const lines = (await written(async () => void (await call(event, { awsRequestId: 'request-1' })))).map((line) => JSON.parse(line) as object);
  expect(lines.filter((line) => !('_aws' in line))).toEqual([
    expect.objectContaining({
      level: 'INFO',
      message: 'idempotency: executed',
      idempotency: {
        outcome: 'executed', id: expect.stringMatching(/^[\w-]{43}$/), requestId: 'request-1', method: 'POST', route: '/payments', attempt: 1, ms: 0,
      },
    }),
  ]);
});
