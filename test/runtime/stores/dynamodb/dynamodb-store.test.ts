import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { isReadable } from '../../../../runtime/protocol/record';
import { decodeItem } from '../../../../runtime/stores/dynamodb/dynamodb-item';
import { DynamoDbStore, DynamoDbStoreError } from '../../../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport, UpdateRequest } from '../../../../runtime/stores/dynamodb/dynamodb-transport';
import { MemoryStore } from '../../../../runtime/stores/memory/memory-store';
import type { Claim, IdempotencyStore } from '../../../../runtime/stores/store';
import { epochMillis, epochSeconds, millis, plus, toEpochSeconds } from '../../../../runtime/time';
import { startDynamoDb, type TestDynamoDb } from '../../../support/dynamodb';

let dynamoDb: TestDynamoDb;
let store: DynamoDbStore;
beforeAll(async () => {
  dynamoDb = await startDynamoDb();
  await dynamoDb.createTable('keys');
  store = new DynamoDbStore({ tableName: 'keys', client: dynamoDb.client });
});
afterAll(() => dynamoDb.stop());

const T0 = 1_800_000_000_000;
const claimOf = (id: string, token: string, at: number, fingerprint: number, takeover = true): Claim => {
  const now = epochMillis(T0 + at);
  const leaseEnd = plus(now, millis(2_000));
  const expiresAt = toEpochSeconds(plus(leaseEnd, millis(4_000)));
  return { id, token, fingerprint: Uint8Array.of(fingerprint), now, leaseEnd, expiresAt, margin: millis(1_000), takeover };
};

test('the conditional expressions say what the transitions say, for any sequence of writes', async () => {
  const step = fc.record({
    kind: fc.constantFrom('claim', 'claim', 'complete', 'release', 'read'),
    token: fc.constantFrom('a', 'b', 'c'),
    fingerprint: fc.constantFrom(1, 2),
    wait: fc.constantFrom(0, 1, 999, 1_000, 2_999, 3_000, 3_001, 7_000, 8_000),
    takeover: fc.boolean(),
  });
  const comparable = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, member) => (member instanceof Uint8Array ? [...member] : member)) ?? 'null');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const id = randomUUID();
      const model = new MemoryStore();
      let at = 0;
      for (const { kind, token, fingerprint, wait, takeover } of steps) {
        at += wait;
        const run = (target: IdempotencyStore): Promise<unknown> => {
          if (kind === 'claim') return target.claim(claimOf(id, token, at, fingerprint, takeover));
          if (kind === 'release') return target.release({ id, token });
          if (kind === 'read') return target.read(id);
          return target.complete({
            id,
            token,
            expiresAt: toEpochSeconds(epochMillis(T0 + at + 4_000)),
            response: { statusCode: 200, headers: [], body: Uint8Array.of(at % 256), encoding: { base64: false, deflated: false, tooLarge: false } },
          });
        };
        expect(comparable(await run(store))).toEqual(comparable(await run(model)));
      }
    }),
    { numRuns: 150 },
  );
});

test('F73: two kinds of calls, on one table', async () => {
  const requests: (UpdateRequest | { table: string })[] = [];
  const transport: DynamoDbTransport = {
    update: async (request) => (requests.push(request), { applied: true }),
    get: async (request) => (requests.push(request), undefined),
  };
  const recorded = new DynamoDbStore({ tableName: 'keys', transport });
  const claim = claimOf('id', 'token', 0, 1);
  await recorded.claim(claim);
  await recorded.complete({ ...claim, response: { statusCode: 200, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } } });
  await recorded.release(claim);
  await recorded.read('id');
  expect(requests.map(({ table }) => table)).toEqual(['keys', 'keys', 'keys', 'keys']);
});

test('the claim is the one of the protocol, to the letter', async () => {
  let sent: UpdateRequest | undefined;
  const transport: DynamoDbTransport = { update: async (request) => ((sent = request), { applied: true }), get: async () => undefined };
  await new DynamoDbStore({ tableName: 'keys', transport }).claim(claimOf('id', 'token', 0, 1));
  const spelled = (text: string): string => Object.entries(sent!.names).reduce((result, [placeholder, name]) => result.replaceAll(new RegExp(`${placeholder}\\b`, 'g'), name), text);
  expect(spelled(sent!.condition)).toBe(
    'attribute_not_exists(id) OR expires_at < :expiredBefore' +
      ' OR (st = :P AND lx < :leaseEndedBefore AND fp = :fp AND tok <> :tok)' +
      ' OR (st = :R AND tok <> :tok)',
  );
  expect(spelled(sent!.update)).toBe(
    'SET st = :P, tok = :tok, gen = if_not_exists(gen, :zero) + :one, fp = :fp, ca = :now, lx = :leaseEnd, ' +
      'expires_at = :leaseEndPlusTtl, v = :version REMOVE rs, rh, rb, re, ro, rx',
  );
  expect(sent!.values).toMatchObject({
    ':expiredBefore': { N: String((T0 - 1_000) / 1_000) },
    ':leaseEndedBefore': { N: String(T0 - 1_000) },
    ':leaseEnd': { N: String(T0 + 2_000) },
    ':leaseEndPlusTtl': { N: String((T0 + 6_000) / 1_000) },
  });
});

describe('F67: item formats', () => {
  const good = {
    id: { S: 'k' },
    v: { N: '1' },
    st: { S: 'C' },
    tok: { S: 't' },
    gen: { N: '1' },
    ca: { N: '5' },
    fp: { B: Uint8Array.of(1) },
    expires_at: { N: '9' },
    rs: { N: '201' },
    rh: { S: '[["a","b"]]' },
    re: { N: '0' },
    rb: { B: Uint8Array.of(104, 105) },
  };
  const schema = { partitionKey: 'id', ttlAttribute: 'expires_at' };

  test('this version', () => {
    expect(decodeItem(good, schema)).toEqual({
      id: 'k',
      version: 1,
      status: 'C',
      token: 't',
      attempt: 1,
      claimedAt: 5,
      fingerprint: Uint8Array.of(1),
      expiresAt: 9,
      response: { statusCode: 201, headers: [['a', 'b']], body: Uint8Array.of(104, 105), encoding: { base64: false, deflated: false, tooLarge: false } },
    });
  });
  test('a newer minor version, with attributes that are not known here, is read', () => {
    expect(decodeItem({ ...good, v: { N: '1.7' }, new: { M: {} } }, schema)).toMatchObject({ status: 'C', version: 1.7 });
  });
  test('a newer major version is refused, whatever else it holds', () => {
    expect(decodeItem({ id: { S: 'k' }, v: { N: '2' }, st: { L: [] } }, schema)).toMatchObject({ id: 'k', unreadable: 'newer-version' });
  });
  test('the protocol refuses it as well', async () => {
    const id = randomUUID();
    await dynamoDb.client.send(
      new PutItemCommand({ TableName: 'keys', Item: { id: { S: id }, v: { N: '2' }, expires_at: { N: String(T0) } } }),
    );
    const reply = await store.claim(claimOf(id, 'token', 0, 1));
    expect(reply).toMatchObject({ applied: false, current: { unreadable: 'newer-version' } });
  });
  test('F66: an item that somebody tampered with is malformed, never a crash and never trusted', () => {
    const names = Object.keys(good).filter((name) => name !== 'rb') as (keyof typeof good)[];
    const typed = [fc.record({ S: fc.anything() }), fc.record({ N: fc.string() }), fc.record({ B: fc.anything() })];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(fc.constant(undefined), fc.anything(), ...typed), (name, value) => {
        const record = decodeItem({ ...good, [name]: value as never }, schema);
        if (isReadable(record)) {
          expect(record.response?.headers.every((pair) => pair.length === 2 && pair.every((part) => typeof part === 'string'))).toBe(true);
          expect(record.fingerprint).toBeInstanceOf(Uint8Array);
          expect(Number.isSafeInteger(record.expiresAt)).toBe(true);
          expect(record.id).not.toBe('');
        } else {
          expect(['malformed', 'newer-version']).toContain(record.unreadable);
        }
      }),
      { numRuns: 2_000 },
    );
  });
  test.each([
    ['no version', { v: undefined }],
    ['an unknown state', { st: { S: 'X' } }],
    ['a status code out of range', { rs: { N: '99' } }],
    ['headers that are not pairs', { rh: { S: '{"__proto__":{"polluted":1}}' } }],
    ['a body that is not binary', { rb: { S: 'text' } }],
    ['an overflow pointer that is not text', { ro: { N: '1' } }],
    ['an inherited member', { st: Object.create({ S: 'C' }) as never }],
  ])('F66: %s', (_, change) => {
    expect(decodeItem({ ...good, ...change }, schema)).toMatchObject({ unreadable: 'malformed' });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('F16: seconds and milliseconds', () => {
  test('nothing expires early, whatever the fraction of a second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 4e12 }), (a, b) => {
        if (toEpochSeconds(epochMillis(a)) < toEpochSeconds(epochMillis(b))) expect(a).toBeLessThan(b);
      }),
    );
  });
  test('F25: the retention of a claim ends after its lease, for any lengths', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e12 }), fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1_000, max: 1e9 }), (now, lease, ttl) => {
        const leaseEnd = plus(epochMillis(now), millis(lease));
        const expiresAt = toEpochSeconds(plus(leaseEnd, millis(ttl)));
        expect(epochSeconds(expiresAt) * 1000).toBeGreaterThan(leaseEnd - 1);
      }),
    );
  });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no table name', { tableName: '' }, /tableName must be a non-empty string, got ""/],
  ['a partition key that is not text', { tableName: 't', partitionKey: 7 }, /partitionKey must be .* got 7/],
  ['reads that are not consistent', { tableName: 't', consistentRead: false }, /consistentRead must be true/],
  ['client and transport', { tableName: 't', client: {}, transport: {} }, /exclude each other/],
])('throws when given %s', (_, options, message) => {
  expect(() => new DynamoDbStore(options as never)).toThrow(DynamoDbStoreError);
  expect(() => new DynamoDbStore(options as never)).toThrow(message);
});
