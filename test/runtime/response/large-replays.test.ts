import { FRONTS } from '../../support/fronts';
import { MARKER, Shop } from '../../support/shop';

/** Lambda passes on no result that is longer, as JSON, in bytes. */
const LIMIT = 6_291_556;

const lengthOf = (result: unknown): number => Buffer.byteLength(JSON.stringify(result));
/** As the gateway sends it. */
const bodyOf = (result: unknown): string => {
  const { body, isBase64Encoded } = result as { readonly body: unknown; readonly isBase64Encoded?: boolean };
  if (typeof body !== 'string') return JSON.stringify(body);
  return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8').toString('utf8');
};

const ROWS = { rows: Array.from({ length: 120_000 }, (_, n) => ({ sku: `s${n}`, name: 'ü"', quantity: 1 })) };

describe.each(['HTTP API', 'Function URL'])('F35: %s, a result that is longer as a replay than it was at first', (front) => {
  const event = FRONTS[front]!({ headers: { 'Idempotency-Key': 'import-1' }, body: 'amount=1' });

  test.each([['a bare one', ROWS], ['one with an object for a body', { statusCode: 201, body: ROWS }]])(
    'F35: %s is passed on by Lambda when it is replayed as well, byte for byte',
    async (_, result) => {
      const shop = new Shop({ front, respond: () => result });
      const first = await shop.raw(event);
      const replay = await shop.raw(event);
      expect(lengthOf(first)).toBeLessThanOrEqual(LIMIT);
      expect(lengthOf({ ...(replay as object), body: bodyOf(replay), isBase64Encoded: false })).toBeGreaterThan(LIMIT);
      expect(lengthOf(replay)).toBeLessThanOrEqual(LIMIT);
      expect(bodyOf(replay) === JSON.stringify('body' in result ? result.body : result)).toBe(true);
      expect(replay).toMatchObject({ headers: { 'X-Idempotent-Replay': 'true' } });
    },
  );

  test('F35: one that Lambda would pass on in no form is 410, never a failure of the function, and is not executed again', async () => {
    const result = { text: 'x'.repeat(LIMIT - lengthOf({ text: '' })) };
    const shop = new Shop({ front, respond: () => result });
    expect(lengthOf(await shop.raw(event))).toBe(LIMIT);
    expect(JSON.parse(bodyOf(await shop.raw(event)))).toMatchObject({ code: 'IDEMPOTENCY_RESULT_TOO_LARGE', status: 410 });
    expect(shop.handler.calls).toHaveLength(1);
  });
});

test.each(Object.keys(FRONTS))('F35: %s, a response that is as long as it may be and has no room for the marker is 410', async (front) => {
  const response = (length: number) => ({ statusCode: 201, headers: {}, multiValueHeaders: {}, body: 'x'.repeat(length) });
  const shop = new Shop({ front, respond: () => response(LIMIT - lengthOf(response(0))) });
  expect((await shop.pay('payment-1')).statusCode).toBe(201);
  expect(await shop.pay('payment-1')).toMatchObject({ statusCode: 410, headers: { 'x-should-retry': 'false' } });
  expect(shop.handler.calls).toHaveLength(1);
});

test.each(Object.keys(FRONTS))('F35: %s, a response that has that room is replayed', async (front) => {
  const response = (length: number) => ({ statusCode: 201, headers: {}, body: 'x'.repeat(length) });
  const shop = new Shop({ front, respond: () => response(LIMIT - 500) });
  await shop.pay('payment-1');
  const replay = await shop.pay('payment-1');
  expect([replay.statusCode, replay.headers[MARKER], replay.body.length]).toEqual([201, 'true', LIMIT - 500]);
});
