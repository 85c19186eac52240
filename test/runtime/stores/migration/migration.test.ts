import { ENV } from '../../../../lib/contract';
import type { IdempotencyOptions } from '../../../../runtime/configuration/options';
import { idempotencyOf } from '../../../../runtime/execution/in-handler';
import { isReadable } from '../../../../runtime/protocol/record';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../../runtime/stores/store';
import { controllableClock } from '../../../../runtime/testing/clock';
import { httpApiEvent } from '../../../../runtime/testing/events';
import { faultyStore } from '../../../../runtime/testing/faulty-store';
import { CREDENTIALS, startService } from '../../../support/aws-service';
import { MARKER, Shop, gate, settled, type ShopProps } from '../../../support/shop';

const OLD: IdempotencyOptions = { keySecret: 'old pepper' };
const ROTATED: IdempotencyOptions = { keySecret: 'new pepper', previousKeySecret: 'old pepper' };

/** Two deployments of one shop, one after the other, on one store and one clock. */
function deployments(former: IdempotencyOptions, latter: IdempotencyOptions, props: ShopProps = {}): readonly [Shop, Shop] {
  const store = new MemoryStore();
  const clock = controllableClock();
  const deployment = (options: IdempotencyOptions): Shop => new Shop({ ...props, options: { store, ...options }, host: { clock } });
  return [deployment(former), deployment(latter)];
}

describe('F78: the key secret is rotated under live records, and the former one is given', () => {
  test('F78: a completed one is replayed', async () => {
    const [before, after] = deployments(OLD, ROTATED);
    await before.pay('payment-1');
    expect(await after.pay('payment-1')).toMatchObject({ statusCode: 201, body: 'payment 1', headers: { [MARKER]: 'true' } });
    expect(after.handler.calls).toHaveLength(0);
  });

  test('F78: another request with its key is a mismatch', async () => {
    const [before, after] = deployments({ ...OLD, includeRequestHash: true }, { ...ROTATED, includeRequestHash: true });
    await before.pay('payment-1');
    expect((await after.pay('payment-1', { body: 'amount=2' })).statusCode).toBe(422);
  });

  test('F78: one under way is a conflict, and awaited where that is configured', async () => {
    const { opened, open } = gate();
    const respond = async (): Promise<unknown> => (await opened, { statusCode: 201, body: 'paid' });
    const store = new MemoryStore();
    const before = new Shop({ options: { ...OLD, store }, respond });
    const after = new Shop({ options: { ...ROTATED, store } });
    const waiting = new Shop({ options: { ...ROTATED, store, onConflict: 'wait' } });
    const first = before.pay('payment-1');
    await settled();
    expect((await after.pay('payment-1')).statusCode).toBe(409);
    const awaited = waiting.pay('payment-1');
    await settled();
    open();
    await first;
    waiting.clock.advance(1_000);
    expect(await awaited).toMatchObject({ body: 'paid', headers: { [MARKER]: 'true' } });
  });

  test('F78: after a takeover across the rotation there is one record, and it has the last answer', async () => {
    const ids = new Set<string>();
    const memory = new MemoryStore();
    const store: IdempotencyStore = {
      limits: memory.limits,
      claim: (claim) => (ids.add(claim.id), memory.claim(claim)),
      complete: (completion) => memory.complete(completion),
      release: (release) => memory.release(release),
      read: (id) => memory.read(id),
    };
    const clock = controllableClock();
    const gates = [gate(), gate()];
    let running = 0;
    const executions: unknown[] = [];
    const respond = async (_: number, __: unknown, context: unknown): Promise<unknown> => {
      const number = running++;
      const { attempt, isTakeover, derivedKey } = idempotencyOf(context as object)!;
      executions.push({ attempt, isTakeover, charge: derivedKey('charge') });
      await gates[number]!.opened;
      return { statusCode: 201, body: `execution ${number}` };
    };
    const before = new Shop({ options: { ...OLD, store }, host: { clock }, respond });
    const after = new Shop({ options: { ...ROTATED, store }, host: { clock }, respond });
    const slow = before.pay('payment-1');
    await settled();
    clock.advance(33_000);
    const second = after.pay('payment-1');
    await settled();
    gates[1]!.open();
    expect((await second).body).toBe('execution 1');
    gates[0]!.open();
    expect(await slow).toMatchObject({ body: 'execution 1', headers: { [MARKER]: 'true' } });
    expect((await after.pay('payment-1')).body).toBe('execution 1');

    const [first, takeover] = executions as { attempt: number; isTakeover: boolean; charge: string }[];
    expect(first).toMatchObject({ attempt: 1, isTakeover: false });
    expect(takeover).toEqual({ attempt: 2, isTakeover: true, charge: first!.charge });
    expect(ids.size).toBe(1);
    const record = await memory.read([...ids][0]!);
    expect(record !== undefined && isReadable(record) && record.status).toBe('C');
  });

  test('F173: and keys are remembered: the former one is needed for as long as they are, and not only for as long as responses', async () => {
    const store = new MemoryStore();
    const clock = controllableClock();
    const pay = async (options: IdempotencyOptions) =>
      (await new Shop({ options: { store, ttlSeconds: 3_600, rememberSeconds: 86_400, ...options }, host: { clock } }).pay('payment-1')).statusCode;
    expect(await pay({ keySecret: 'old pepper' })).toBe(201);
    clock.advance(3_700_000);
    expect(await pay({ keySecret: 'new pepper', previousKeySecret: 'old pepper' })).toBe(410);
    expect(await pay({ keySecret: 'new pepper' })).toBe(201);
  });

  test('F78: a record that has expired is forgotten, and the next one lies under the new secret', async () => {
    const store = new MemoryStore();
    const clock = controllableClock();
    const shop = (options: IdempotencyOptions): Shop => new Shop({ options: { store, ttlSeconds: 60, ...options }, host: { clock } });
    await shop(OLD).pay('payment-1');
    clock.advance(70_000);
    expect((await shop(ROTATED).pay('payment-1')).headers).not.toHaveProperty(MARKER);
    expect((await shop({ keySecret: 'new pepper' }).pay('payment-1')).headers[MARKER]).toBe('true');
  });

  test('F78: a former record that cannot be read fails closed', async () => {
    const down = faultyStore(new MemoryStore(), (call) => (call === 'read' ? 'drop' : 'pass'));
    const shop = new Shop({ options: { ...ROTATED, store: down } });
    expect((await shop.pay('payment-1')).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(0);
  });

  test('a request whose secrets are the same needs no read', async () => {
    const calls: string[] = [];
    const store = faultyStore(new MemoryStore(), (call) => (calls.push(call), 'pass'));
    await new Shop({ options: { keySecret: 'pepper', previousKeySecret: 'pepper', store } }).pay('payment-1');
    expect(calls).toEqual(['claim', 'complete']);
  });
});

describe('F78: what enters the id changes under live records', () => {
  const jwt = (claims: Record<string, unknown>) => ({ jwt: { iss: 'https://issuer', sub: 'user-1', ...claims } });
  const event = (path = '/payments', route = path): unknown =>
    httpApiEvent({ path, route, headers: { 'Idempotency-Key': 'payment-1' }, authorizer: jwt({ account_id: 'account-1' }), body: 'amount=1' });

  test.each<[string, boolean, IdempotencyOptions, IdempotencyOptions]>([
    ['nothing', true, {}, {}],
    ['what does not enter it: TTL, lease, response rules', true, {}, { ttlSeconds: 5, processingTimeoutSeconds: 90, storeResponse: 'definitive' }],
    ['the name of the header, with the former as an alias', true, {}, { headerName: 'X-Key', headerAliases: ['Idempotency-Key'] }],
    ['the secret, without the former', false, OLD, { keySecret: 'new pepper' }],
    ['the secret, with the former', true, OLD, ROTATED],
    ['from no secret to one', false, {}, { keySecret: 'pepper' }],
    ['the tenant’s source', false, {}, { tenant: { source: 'jwtClaim', name: 'sub' } }],
    ['the key’s scope', false, {}, { keyScope: 'api' }],
    ['the namespace', false, { namespace: 'A' }, { namespace: 'B' }],
  ])('F78: %s: replayed: %s', async (_, replayed, former, latter) => {
    const [before, after] = deployments(former, latter);
    await before.raw(event());
    const result = await after.raw(event());
    expect(after.handler.calls).toHaveLength(replayed ? 0 : 1);
    expect(JSON.stringify(result).includes('X-Idempotent-Replay')).toBe(replayed);
  });

  test('F78: a route that is renamed forgets, its path’s parameters do not enter the id', async () => {
    const [before, after] = deployments({}, {});
    await before.raw(event('/payments/7', '/payments/{id}'));
    await after.raw(event('/payments/7', '/payments/{paymentId}'));
    expect(after.handler.calls).toHaveLength(1);
  });
});

describe('F79: the request hash or the fingerprint changes under live records', () => {
  const SETTINGS: readonly IdempotencyOptions[] = [
    { includeRequestHash: false },
    { includeRequestHash: true },
    { includeRequestHash: true, fingerprint: 'json' },
    { includeRequestHash: true, fingerprint: { include: ['/amount'] } },
    { includeRequestHash: true, fingerprint: { exclude: ['/sentAt'] } },
  ];
  const pairs = SETTINGS.flatMap((former) => SETTINGS.map((latter) => [JSON.stringify(former), JSON.stringify(latter), former, latter] as const));
  const body = { amount: 1, sentAt: 'today' };

  test.each(pairs)('F79: from %s to %s, an honest retry is replayed', async (_, __, former, latter) => {
    const [before, after] = deployments(former, latter);
    await before.pay('payment-1', { body });
    expect((await after.pay('payment-1', { body })).headers[MARKER]).toBe('true');
    expect((await after.pay('payment-1', { body, query: 'other=1' })).statusCode).toBe(422);
  });

  test('F79: and nobody takes over an execution of another scheme', async () => {
    const { opened, open } = gate();
    const [before, after] = deployments({}, { includeRequestHash: true }, { respond: async () => (await opened, { statusCode: 201, body: 'paid' }) });
    const first = before.pay('payment-1');
    await settled();
    expect((await after.pay('payment-1')).statusCode).toBe(409);
    open();
    await first;
  });
});

describe('F51: secrets from Secrets Manager', () => {
  const ARN = 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:pepper-AbCdEf';
  const before = { ...process.env };
  beforeAll(() => Object.assign(process.env, CREDENTIALS));
  afterAll(() => {
    process.env = before;
  });

  test('F51: named by the environment, they key the ids; out of reach, nothing runs', async () => {
    const service = await startService();
    const value = (request: { readonly body: Buffer }): string => (request.body.toString().includes('v2') ? 'new pepper' : 'old pepper');
    service.reply = (__, request) => ({ status: 200, body: JSON.stringify({ SecretString: value(request) }) });
    const environment = {
      [ENV.KEY_SECRET]: `${ARN}:::v2`,
      [ENV.PREVIOUS_KEY_SECRET]: `${ARN}:::v1`,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: service.endpoint,
    };
    try {
      const store = new MemoryStore();
      await new Shop({ options: { ...OLD, store } }).pay('payment-1');
      const after = new Shop({ options: { store }, environment });
      expect((await after.pay('payment-1')).headers[MARKER]).toBe('true');
      await after.pay('payment-2');
      expect(service.received).toHaveLength(2);
      const pinned = new Shop({ options: { keySecret: 'new pepper', store } });
      expect((await pinned.pay('payment-2')).headers[MARKER]).toBe('true');

      service.reply = () => ({ status: 400, body: '{"__type":"ResourceNotFoundException"}' });
      const { [ENV.PREVIOUS_KEY_SECRET]: _, ...withoutPrevious } = environment;
      const blind = new Shop({ options: { store }, environment: withoutPrevious });
      expect((await blind.pay('payment-3')).statusCode).toBe(503);
      expect(blind.handler.calls).toHaveLength(0);
      expect(JSON.stringify(blind.seen.lines)).toContain('ResourceNotFoundException');
    } finally {
      await service.stop();
    }
  });

  test.each<[string, () => string | Promise<string>]>([
    ['throws', () => { throw new Error('no'); }],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['gives none', () => ''],
  ])('F51: a function for the secret that %s: 503, nothing runs', async (_, keySecret) => {
    const shop = new Shop({ options: { keySecret } });
    expect((await shop.pay('payment-1')).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(0);
  });

  test('F31: a function for the secret that never answers: 503 in bounded time', async () => {
    const shop = new Shop({ options: { keySecret: () => new Promise<string>(() => {}) } });
    const reply = shop.pay('payment-1');
    await settled();
    shop.clock.advance(3_000);
    expect((await reply).statusCode).toBe(503);
    expect(shop.handler.calls).toHaveLength(0);
  });
});
