import type { IdempotencyOptions } from '../../../runtime/configuration/options';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { Claim } from '../../../runtime/stores/store';
import { httpApiEvent } from '../../../runtime/testing/events';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { FRONTS } from '../../support/fronts';
import { MARKER, Shop, gate, settled } from '../../support/shop';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const REMEMBER: IdempotencyOptions = { ttlSeconds: 86_400, rememberSeconds: 30 * 86_400 };

/** A UUID of version 7 made at `ms`. */
const uuidV7 = (ms: number, tail = '8000-000000000001'): string => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-${tail}`;
};

describe('F110: a key that is remembered longer than its response', () => {
  test.each(Object.keys(FRONTS))('F110: gets the response until its end, then 410, and runs again only when the key is forgotten (%s)', async (front) => {
    const shop = new Shop({ front, options: REMEMBER });
    await shop.pay('payment-1');
    shop.clock.advance(DAY);
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
    shop.clock.advance(4_000);
    const expired = await shop.pay('payment-1');
    expect(expired).toMatchObject({ statusCode: 410, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(expired.body)).toEqual({
      code: 'IDEMPOTENCY_RESPONSE_EXPIRED', message: 'The request was executed, and its response is kept no longer', status: 410,
    });
    expect(expired.headers).not.toHaveProperty(MARKER);
    shop.clock.advance(30 * DAY - 4_000);
    expect((await shop.pay('payment-1')).statusCode).toBe(410);
    expect(shop.handler.calls).toHaveLength(1);
    shop.clock.advance(4_000);
    expect((await shop.pay('payment-1')).body).toBe('payment 2');
  });

  test('F110: another request with it is a mismatch, before and after the response’s end', async () => {
    const shop = new Shop({ options: { ...REMEMBER, includeRequestHash: true } });
    await shop.pay('payment-1');
    for (const wait of [HOUR, 2 * DAY]) {
      shop.clock.advance(wait);
      expect((await shop.pay('payment-1', { body: 'amount=2' })).statusCode).toBe(422);
    }
  });

  test('F110: the answer is counted, logged and told as what it is', async () => {
    const told: string[] = [];
    const shop = new Shop({ options: { ...REMEMBER, onDuplicate: (_, { outcome, statusCode }) => void told.push(`${outcome} ${statusCode}`) } });
    await shop.pay('payment-1');
    shop.clock.advance(2 * DAY);
    await shop.pay('payment-1');
    expect(shop.seen.measurements.at(-1)).toMatchObject({ counters: ['Expired'] });
    expect(shop.seen.lines.at(-1)).toMatchObject({
      level: 'info', fields: { idempotency: { outcome: 'rejected', reason: 'the response is kept no longer', id: expect.stringMatching(/^[\w-]{43}$/) } },
    });
    expect(told).toEqual(['replay 201']);
  });

  test('F110: an execution that is under way, or dead, is one all that time', async () => {
    const { opened, open } = gate();
    const shop = new Shop({ options: { ...REMEMBER, takeover: 'never' }, respond: async () => (await opened, { statusCode: 201, body: 'paid' }) });
    const first = shop.pay('payment-1');
    await settled();
    shop.clock.advance(25 * DAY);
    expect((await shop.pay('payment-1')).statusCode).toBe(409);
    open();
    await first;
    expect((await shop.pay('payment-1')).body).toBe('paid');
  });

  test('F110: an execution that was taken over by one whose response is over gets 410 as well', async () => {
    const { opened, open } = gate();
    const store = new MemoryStore();
    const slow = new Shop({ options: { ...REMEMBER, store }, respond: async () => (await opened, { statusCode: 201, body: 'late' }) });
    const first = slow.pay('payment-1');
    await settled();
    const other = new Shop({ options: { ...REMEMBER, store }, host: { clock: slow.clock } });
    slow.clock.advance(60_000);
    await other.pay('payment-1');
    slow.clock.advance(2 * DAY);
    open();
    expect((await first).statusCode).toBe(410);
  });

  test('F110: without remembering nothing changes: after its time the key is a new operation', async () => {
    const shop = new Shop();
    await shop.pay('payment-1');
    shop.clock.advance(DAY + 4_000);
    expect((await shop.pay('payment-1')).body).toBe('payment 2');
  });
});

describe('F111: a key that says when it was first sent', () => {
  const TIMED: IdempotencyOptions = { ...REMEMBER, keyTime: 'uuidv7' };

  test.each(Object.keys(FRONTS))('F111: is executed once, and refused with 412 when its record may have been forgotten (%s)', async (front) => {
    const shop = new Shop({ front, options: TIMED });
    const key = uuidV7(shop.clock.now());
    expect((await shop.pay(key)).statusCode).toBe(201);
    expect((await shop.pay(key)).headers[MARKER]).toBe('true');
    // Five minutes for the client's clock and two seconds for the hosts' before the record's end.
    shop.clock.advance(31 * DAY - 302_000);
    expect((await shop.pay(key)).statusCode).toBe(410);
    shop.clock.advance(1);
    const late = await shop.pay(key);
    expect(late).toMatchObject({ statusCode: 412, headers: { 'x-should-retry': 'false' } });
    expect(JSON.parse(late.body)).toEqual({
      code: 'IDEMPOTENCY_KEY_EXPIRED', message: 'The idempotency key is older than this API remembers, so the request was not executed', status: 412,
    });
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F111: 412 is told before any lookup, and counted', async () => {
    const shop = new Shop({ options: TIMED });
    const claim = jest.spyOn(shop.store, 'claim');
    await shop.pay(uuidV7(shop.clock.now() - 40 * DAY));
    expect(claim).not.toHaveBeenCalled();
    expect(shop.seen.measurements.at(-1)).toMatchObject({ counters: ['Late'], storeLatency: undefined });
    expect(shop.seen.lines.at(-1)).toMatchObject({ fields: { idempotency: { outcome: 'rejected', reason: 'the key is older than keys are remembered' } } });
  });

  test('F111: it is told as well where the record could go while the claim was under way, and the claim is given back', async () => {
    const memory = new MemoryStore();
    let wait = 0;
    const slow = {
      ...faultyStore(memory, () => 'pass'),
      claim: async (claim: Claim) => {
        shop.clock.advance(wait);
        return memory.claim(claim);
      },
    };
    const shop: Shop = new Shop({ options: { ...TIMED, store: slow } });
    const key = uuidV7(shop.clock.now());
    shop.clock.advance(31 * DAY - 302_000);
    wait = 1;
    expect((await shop.pay(key)).statusCode).toBe(412);
    expect(shop.handler.calls).toHaveLength(0);
    wait = 0;
    expect((await shop.pay(uuidV7(shop.clock.now() - 31 * DAY + 302_000, '9000-000000000002'))).statusCode).toBe(201);
  });

  test('F111: up to 5 minutes ahead a clock may be wrong; more is 400', async () => {
    const shop = new Shop({ options: TIMED });
    expect((await shop.pay(uuidV7(shop.clock.now() + 300_000))).statusCode).toBe(201);
    const ahead = await shop.pay(uuidV7(shop.clock.now() + 300_001));
    expect(ahead).toMatchObject({ statusCode: 400 });
    expect(JSON.parse(ahead.body)).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', message: expect.stringContaining('more than 5 minutes ahead') });
  });

  test.each([
    '8e03978e-40d5-43e8-bc93-6894a57f9324', 'order-789', '01890a5d-ac96-774b-bcce-b302099a805', '01890a5d-ac96-774b-bcce-b302099a80577',
    '01890a5d-ac96-674b-bcce-b302099a8057', '01890a5d-ac96-774b-ccce-b302099a8057', 'x1890a5d-ac96-774b-bcce-b302099a8057',
  ])('F111: %s is no UUID of version 7: 400', async (key) => {
    const shop = new Shop({ options: TIMED });
    const refused = await shop.pay(key);
    expect(refused.statusCode).toBe(400);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', message: expect.stringContaining('UUID of version 7') });
    expect(shop.handler.calls).toHaveLength(0);
  });

  test('F111: quoted and in upper case it has the same time', async () => {
    const shop = new Shop({ options: TIMED });
    expect((await shop.pay(`"${uuidV7(shop.clock.now()).toUpperCase()}"`)).statusCode).toBe(201);
  });
});

describe('F111: a header that says when the operation was first sent', () => {
  const TIMED: IdempotencyOptions = { ...REMEMBER, keyTime: { header: 'Repeatability-First-Sent' } };
  const sent = (ms: number) => ({ headers: { 'repeatability-first-sent': new Date(ms).toUTCString() } });

  test.each(Object.keys(FRONTS))('F111: is judged like the time of a key (%s)', async (front) => {
    const shop = new Shop({ front, options: TIMED });
    const first = shop.clock.now();
    expect((await shop.pay('order-789', sent(first))).statusCode).toBe(201);
    expect((await shop.pay('order-789', sent(first))).headers[MARKER]).toBe('true');
    shop.clock.advance(31 * DAY);
    expect((await shop.pay('order-789', sent(first))).statusCode).toBe(412);
    expect((await shop.pay('order-790', sent(shop.clock.now() + 301_000))).statusCode).toBe(400);
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F111: is part of the fingerprint: with another time it is another request', async () => {
    const shop = new Shop({ options: TIMED });
    const first = shop.clock.now();
    await shop.pay('order-789', sent(first));
    expect((await shop.pay('order-789', sent(first + 1_000))).statusCode).toBe(422);
  });

  test.each([
    ['not sent', undefined, 'is missing'], ['empty', '', 'is not one HTTP date'], ['of another form', '2027-01-15T08:00:00Z', 'is not one HTTP date'],
    ['of an obsolete form', 'Friday, 15-Jan-27 08:00:00 GMT', 'is not one HTTP date'], ['of the wrong day', 'Mon, 15 Jan 2027 08:00:00 GMT', 'is not one HTTP date'],
    ['in another zone', 'Fri, 15 Jan 2027 08:00:00 +0100', 'is not one HTTP date'],
  ])('F111: %s: 400', async (_, text, message) => {
    const shop = new Shop({ options: TIMED });
    const refused = await shop.pay('order-789', { headers: text === undefined ? {} : { 'Repeatability-First-Sent': text } });
    expect(refused.statusCode).toBe(400);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'IDEMPOTENCY_KEY_INVALID', message: expect.stringContaining(message) });
  });

  test('F111: two of them are none', async () => {
    const shop = new Shop({ front: 'REST API', options: TIMED });
    const now = new Date(shop.clock.now()).toUTCString();
    expect((await shop.pay('order-789', { headers: { 'Repeatability-First-Sent': [now, now] } })).statusCode).toBe(400);
  });

  test('F79, F111: switched on or off under live records, honest retries are not refused', async () => {
    const store = new MemoryStore();
    const shop = new Shop({ options: { ...TIMED, store } });
    const plain = new Shop({ options: { store, ...REMEMBER }, host: { clock: shop.clock } });
    await plain.pay('order-1', sent(shop.clock.now()));
    await shop.pay('order-2', sent(shop.clock.now()));
    expect((await shop.pay('order-1', sent(shop.clock.now()))).headers[MARKER]).toBe('true');
    expect((await plain.pay('order-2', sent(shop.clock.now()))).headers[MARKER]).toBe('true');
  });
});

describe('F111: settings under which no retry would be let through, or a key could be forgotten, are refused at init', () => {
  const construct = (options: IdempotencyOptions, environment?: Readonly<Record<string, string>>) => () => new Shop({ options, environment });
  test.each<[string, IdempotencyOptions]>([
    ['a retention of twice the clocks’ distance', { keyTime: 'uuidv7', ttlSeconds: 604 }],
    ['more for a wider margin', { keyTime: { header: 'X-First-Sent' }, ttlSeconds: 600, rememberSeconds: 10, clockMarginSeconds: 5 }],
  ])('F111: %s', (_, options) => {
    expect(construct(options)).toThrow(expect.objectContaining({ option: 'keyTime', message: expect.stringMatching(/keyTime needs ttlSeconds \+ rememberSeconds of more than 6\d\d, got 6\d\d/) as string }));
  });
  test.each<[string, IdempotencyOptions, string]>([
    ['longer than keys are known', { ttlSeconds: 3_600, maxKeyAgeSeconds: 3_601 }, 'maxKeyAgeSeconds is 3601, longer than keys are known (ttlSeconds + rememberSeconds, 3600)'],
    ['shorter than clocks may be apart', { ttlSeconds: 3_600, maxKeyAgeSeconds: 604 }, 'keyTime needs maxKeyAgeSeconds of more than 604, got 604'],
  ])('F174: an age of keys that is %s', (_, options, message) => {
    expect(() => new Shop({ options: { keyTime: 'uuidv7', ...options } })).toThrow(message);
    expect(() => new Shop({ options })).not.toThrow();
  });

  test('F111: a second more is enough, and without a key time there is nothing to check', () => {
    expect(construct({ keyTime: 'uuidv7', ttlSeconds: 605 })).not.toThrow();
    expect(construct({ keyTime: 'uuidv7', ttlSeconds: 60, rememberSeconds: 545 })).not.toThrow();
    expect(construct({ ttlSeconds: 60 })).not.toThrow();
  });
  test('F111: a route of the environment is named', () => {
    const settings = { defaults: {}, routes: { 'POST /payments': { keyTime: 'uuidv7', ttlSeconds: 60 } } };
    expect(construct({}, { IDEMPOTENCY_SETTINGS: JSON.stringify(settings) })).toThrow(/\(route POST \/payments\), got 60/);
  });
});

test('an event without a key passes, whatever the key’s time', async () => {
  const shop = new Shop({ options: { keyTime: 'uuidv7' } });
  expect(await shop.raw(httpApiEvent({}))).toMatchObject({ statusCode: 201 });
});
