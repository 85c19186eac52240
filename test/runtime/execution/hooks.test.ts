import type { DuplicateRecord, IdempotencyOptions } from '../../../runtime/configuration/options';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { httpApiEvent, restApiEvent } from '../../../runtime/testing/events';
import { faultyStore, type StoreCall } from '../../../runtime/testing/faulty-store';
import { MARKER, Shop, gate, lambdaContext, settled } from '../../support/shop';

describe('F49: authorize', () => {
  test('F49: runs before any lookup: a caller whose permission was revoked gets no replay', async () => {
    const calls: StoreCall[] = [];
    let allowed = true;
    const shop = new Shop({
      options: {
        store: faultyStore(new MemoryStore(), (call) => (calls.push(call), 'pass')),
        authorize: () => (allowed ? undefined : { statusCode: 403, body: 'revoked' }),
      },
    });
    await shop.pay('payment-1');
    allowed = false;
    calls.length = 0;
    const denied = await shop.pay('payment-1');
    expect(denied).toMatchObject({ statusCode: 403, body: 'revoked' });
    expect(denied.headers).not.toHaveProperty(MARKER);
    expect(calls).toEqual([]);
    allowed = true;
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F49: is given the event and the context, and may be asynchronous', async () => {
    const seen: unknown[] = [];
    const shop = new Shop({ options: { authorize: async (event, context) => void seen.push(event, context) } });
    const event = httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' } });
    const context = { awsRequestId: 'request-1' };
    await shop.raw(event, context);
    expect(seen[0]).toBe(event);
    expect(seen[1]).toBe(context);
  });

  test('F49: its throw is the handler’s own, burns no key and is logged as a rejection', async () => {
    let fails = true;
    const shop = new Shop({ options: { authorize: () => { if (fails) throw new Error('no policy for payment-1'); } } });
    await expect(shop.pay('payment-1')).rejects.toThrow('no policy');
    expect(shop.seen.lines.map(({ message }) => message)).toEqual(['idempotency: rejected']);
    fails = false;
    expect((await shop.pay('payment-1')).headers).not.toHaveProperty(MARKER);
    expect(shop.handler.calls).toHaveLength(1);
  });
});

describe('F46: the tenant', () => {
  const authorized = (claims: Record<string, unknown>): unknown =>
    httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, authorizer: { jwt: { iss: 'https://issuer', sub: 'user-1', ...claims } } });

  test('F46: two tenants with one key are two operations', async () => {
    const shop = new Shop();
    await shop.raw(authorized({ account_id: 'account-1' }));
    await shop.raw(authorized({ account_id: 'account-2' }));
    await shop.raw(authorized({ account_id: 'account-1' }));
    expect(shop.handler.calls).toHaveLength(2);
  });

  test.each<[string, unknown]>([
    ['an authorizer that leaves no identity', httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, authorizer: { lambda: null } })],
    ['claims without a subject', httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, authorizer: { jwt: { iss: 'https://issuer' } } })],
    ['an empty principal', restApiEvent({ headers: { 'Idempotency-Key': 'payment-1' }, authorizer: { lambda: { principalId: ' ' } } })],
  ])('F46: %s is a 403 and burns no key', async (_, event) => {
    const shop = new Shop();
    expect(await shop.raw(event)).toMatchObject({ statusCode: 403 });
    expect(shop.handler.calls).toHaveLength(0);
    expect((shop.store as MemoryStore).size).toBe(0);
  });

  test.each<[string, IdempotencyOptions['tenant']]>([
    ['nothing', () => undefined],
    ['white space', () => '  '],
    ['nothing, later', async () => undefined],
    ['no text', (() => 7) as never],
  ])('F46: a function that returns %s: 403', async (_, tenant) => {
    const shop = new Shop({ options: { tenant } });
    expect((await shop.pay('payment-1')).statusCode).toBe(403);
    expect(shop.handler.calls).toHaveLength(0);
  });

  test('F46: a function that throws: its error, logged as a rejection, and nothing has run', async () => {
    const shop = new Shop({ options: { tenant: () => { throw new Error('no directory'); } } });
    await expect(shop.pay('payment-1')).rejects.toThrow('no directory');
    expect(shop.seen.lines.map(({ message }) => message)).toEqual(['idempotency: rejected']);
    expect(shop.handler.calls).toHaveLength(0);
  });

  test('F46: a function that names one keeps tenants apart', async () => {
    const shop = new Shop({ options: { tenant: (event) => (event as { headers: Record<string, string> }).headers['x-shop'] } });
    for (const name of ['one', 'two', 'one']) await shop.pay('payment-1', { headers: { 'x-shop': name } });
    expect(shop.handler.calls).toHaveLength(2);
  });

  test('F48: users of one account share a key, unless account and user are combined', async () => {
    const combined = { source: 'all', of: [{ source: 'jwtClaim', name: 'account_id' }, { source: 'jwtClaim', name: 'sub' }] } as const;
    for (const [tenant, expected] of [['auto', 1], [combined, 2]] as const) {
      const shop = new Shop({ options: { tenant } });
      await shop.raw(authorized({ account_id: 'account-1', sub: 'user-1' }));
      await shop.raw(authorized({ account_id: 'account-1', sub: 'user-2' }));
      expect(shop.handler.calls).toHaveLength(expected);
    }
  });

  test('F47: no header of the client’s changes it, unless a source named untrusted reads it', async () => {
    const forged = (name: string): unknown => httpApiEvent({ headers: { 'Idempotency-Key': 'payment-1', 'X-Tenant': name, 'account_id': name } });
    const shop = new Shop();
    await shop.raw(forged('tenant-1'));
    await shop.raw(forged('tenant-2'));
    expect(shop.handler.calls).toHaveLength(1);
    const trusting = new Shop({ options: { tenant: { source: 'untrustedHeader', name: 'X-Tenant' } } });
    await trusting.raw(forged('tenant-1'));
    await trusting.raw(forged('tenant-2'));
    expect(trusting.handler.calls).toHaveLength(2);
  });
});

describe('F37: onDuplicate', () => {
  test('is told of replays, conflicts and mismatches, and of nothing else', async () => {
    const told: [unknown, DuplicateRecord][] = [];
    const { opened, open } = gate();
    const shop = new Shop({
      options: { includeRequestHash: true, onDuplicate: (context, record) => void told.push([context, record]) },
      respond: async (call) => {
        if (call === 2) await opened;
        return { statusCode: 201, body: 'paid' };
      },
    });
    const context = lambdaContext(shop.clock, 60_000);
    const claimedAt = shop.clock.now();
    await shop.pay('payment-1', {}, context);
    shop.clock.advance(1_000);
    await shop.pay('payment-1', {}, context);
    await shop.pay('payment-1', { body: 'amount=2' }, context);
    const slow = shop.pay('payment-2', {}, context);
    await settled();
    await shop.pay('payment-2', {}, context);
    open();
    await slow;
    await shop.pay('a,b', {}, context);
    await shop.send({}, context);

    expect(told.map(([, { outcome }]) => outcome)).toEqual(['replay', 'mismatch', 'conflict']);
    expect(told.every(([given]) => given === context)).toBe(true);
    expect(told[0]![1]).toEqual({
      outcome: 'replay',
      method: 'POST',
      route: '/payments',
      id: expect.stringMatching(/^[\w-]{43}$/),
      createdAt: new Date(claimedAt),
      attempt: 1,
      statusCode: 201,
    });
    expect(told[2]![1].statusCode).toBeUndefined();
    expect(JSON.stringify(told.map(([, record]) => record))).not.toContain('payment-');
  });

  test.each<[string, IdempotencyOptions['onDuplicate']]>([
    ['throws', () => { throw new Error('amount=1'); }],
    ['rejects', () => Promise.reject(new Error('amount=1'))],
    ['throws nothing in particular', () => { throw undefined; }],
  ])('F37: where it %s, the response is the same and the failure is logged', async (_, onDuplicate) => {
    const shop = new Shop({ options: { onDuplicate } });
    await shop.pay('payment-1');
    expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 201, headers: { [MARKER]: 'true' } });
    expect(shop.seen.lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('onDuplicate failed') });
  });

  test('F37: where it hangs, the response waits a second for it and no longer', async () => {
    const shop = new Shop({ options: { onDuplicate: () => new Promise(() => {}) } });
    await shop.pay('payment-1');
    let returned = false;
    const reply = shop.pay('payment-1').finally(() => (returned = true));
    await settled();
    shop.clock.advance(999);
    await settled();
    expect(returned).toBe(false);
    shop.clock.advance(1);
    expect((await reply).headers[MARKER]).toBe('true');
  });
});

describe('F38: a logger or metrics that throw', () => {
  const fails = (): never => {
    throw new Error('disk full');
  };

  test.each<[string, IdempotencyOptions]>([
    ['logger', { logger: { info: fails, warn: fails, error: fails } }],
    ['metrics', { metrics: { measure: fails } }],
  ])('F38: %s: no response is different for it', async (_, options) => {
    const shop = new Shop({ options: { ...options, includeRequestHash: true, onDuplicate: fails } });
    expect((await shop.pay('payment-1')).statusCode).toBe(201);
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
    expect((await shop.pay('payment-1', { body: 'amount=2' })).statusCode).toBe(422);
    expect((await shop.pay('a,b')).statusCode).toBe(400);
    const down = new Shop({ options: { ...options, store: faultyStore(new MemoryStore(), () => 'drop') } });
    expect((await down.pay('payment-1')).statusCode).toBe(503);
  });
});

describe('formatError', () => {
  test('gives the body of the wrapper’s own errors, and of nothing else', async () => {
    const shop = new Shop({ options: { required: true, formatError: ({ code, status }) => ({ error: { type: code, status } }) } });
    expect(await shop.send({})).toMatchObject({ statusCode: 400, body: '{"error":{"type":"IDEMPOTENCY_KEY_MISSING","status":400}}' });
    expect((await shop.pay('payment-1')).body).toBe('payment 1');
  });

  test('F37: where it fails, the usual body goes out and the failure is logged', async () => {
    const shop = new Shop({ options: { required: true, formatError: () => { throw new Error('amount=1'); } } });
    expect(JSON.parse((await shop.send({})).body)).toMatchObject({ code: 'IDEMPOTENCY_KEY_MISSING' });
    expect(shop.seen.lines[0]).toMatchObject({ level: 'warn' });
  });
});

describe('the kill switch', () => {
  test.each<[string, IdempotencyOptions, Record<string, string>, boolean]>([
    ['off by default', {}, {}, false],
    ['in code', { disabled: true }, {}, true],
    ['in the environment', {}, { IDEMPOTENCY_DISABLED: 'true' }, true],
    ['in the environment, as a digit', {}, { IDEMPOTENCY_DISABLED: '1' }, true],
    ['not switched by false', {}, { IDEMPOTENCY_DISABLED: 'false' }, false],
    ['code over the environment', { disabled: false }, { IDEMPOTENCY_DISABLED: 'true' }, false],
    ['in the settings of the function', {}, { IDEMPOTENCY_SETTINGS: '{"defaults":{"disabled":true}}' }, true],
    ['in the settings of the route', {}, { IDEMPOTENCY_SETTINGS: '{"defaults":{},"routes":{"POST /payments":{"disabled":true}}}' }, true],
    ['not by those of another route', {}, { IDEMPOTENCY_SETTINGS: '{"defaults":{},"routes":{"PUT /payments":{"disabled":true}}}' }, false],
  ])('%s', async (_, options, environment, disabled) => {
    const shop = new Shop({ options: { required: true, ...options }, environment });
    await shop.pay('payment-1');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe(disabled ? undefined : 'true');
    expect((await shop.send({})).statusCode).toBe(disabled ? 201 : 400);
    expect(shop.seen.lines).toHaveLength(disabled ? 0 : 3);
  });

  test('a value that is neither on nor off is told at init', () => {
    expect(() => new Shop({ environment: { IDEMPOTENCY_DISABLED: 'yes' } })).toThrow('IDEMPOTENCY_DISABLED must be true or false, got "yes".');
  });

  test('switched off, it needs no store to be there', async () => {
    const shop = new Shop({ options: { disabled: true, store: faultyStore(new MemoryStore(), () => 'drop') } });
    expect((await shop.pay('payment-1')).statusCode).toBe(201);
  });
});
