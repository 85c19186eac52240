import fc from 'fast-check';
import { derivedKey, recordId, type RecordIdInput } from '../../../runtime/request/record-id';
import { encodeTuple } from '../../../runtime/request/tuple';

const PAYMENT: RecordIdInput = {
  namespace: 'Payments/Api',
  tenant: { kind: 'jwt', parts: ['https://issuer.example', 'user-1'] },
  method: 'POST',
  route: '/payments/{id}',
  key: '8e03978e-40d5-43e8-bc93-6894a57f9324',
  keyScope: 'route',
};

/** Few different strings, full of what might pass for a delimiter, so that equal and nearly equal tuples are frequent. */
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', ':', '2'), maxLength: 3 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\ufffd', 'é'), maxLength: 2 }),
);
const input: fc.Arbitrary<RecordIdInput> = fc.record({
  namespace: part,
  tenant: fc.record({ kind: part, parts: fc.array(part, { maxLength: 3 }) }),
  method: part,
  route: part,
  key: part,
  keyScope: fc.constantFrom('route', 'api'),
});

const decodeTuple = (bytes: Buffer): string[] => {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    parts.push(bytes.toString('utf16le', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
};

describe('the tuple', () => {
  test('F45: decodes to the very parts it was made of, so no two tuples share an encoding', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ unit: 'binary' }))), (parts) => {
        expect(decodeTuple(encodeTuple(parts))).toEqual(parts);
      }),
    );
  });

  test('F45: moving a boundary between parts makes another encoding', () => {
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const one = encodeTuple([a + b, c]);
        expect(one.equals(encodeTuple([a, b + c]))).toBe(b === '');
        expect(one.equals(encodeTuple([a, b, c]))).toBe(false);
      }),
    );
  });
});

describe('the record id', () => {
  test('is 43 characters of base64url, with a secret and without', () => {
    expect(recordId(PAYMENT)).toMatch(/^[\w-]{43}$/);
    expect(recordId({ ...PAYMENT, secret: 'pepper' })).toMatch(/^[\w-]{43}$/);
  });

  test('stays what it is between releases, since a change forgets every live record', () => {
    expect(recordId(PAYMENT)).toBe('9G_e0NqrfFedsB56HTljBjdcRetyPdU2dGs101XTu-E');
    expect(recordId({ ...PAYMENT, keyScope: 'api' })).toBe('fqIN2YQNxjupkpu7WpokZJp8ibM4xAzCfkLBLhvMLN0');
    expect(recordId({ ...PAYMENT, secret: 'pepper' })).toBe('TM8hW5NrwAOPQxWjNG25gAcNvs0eSQErLt5ozB_r-po');
  });

  test('F45: two different operations never share an id', () => {
    fc.assert(
      fc.property(input, input, (a, b) => {
        const entering = ({ method, route, ...rest }: RecordIdInput) =>
          JSON.stringify(rest.keyScope === 'route' ? [rest, method, route] : [rest]);
        expect(recordId(a) === recordId(b)).toBe(entering(a) === entering(b));
      }),
      { numRuns: 5000 },
    );
  });

  test.each<[string, Partial<RecordIdInput>]>([
    ['F50: the namespace', { namespace: 'Payments/Other' }],
    ['the tenant', { tenant: { kind: 'jwt', parts: ['https://issuer.example', 'user-2'] } }],
    ['the source that named the tenant', { tenant: { kind: 'lambda', parts: PAYMENT.tenant.parts } }],
    ['the split of a combined tenant', { tenant: { kind: 'jwt', parts: ['https://issuer.exampleuser-1'] } }],
    ['the method', { method: 'PUT' }],
    ['the route', { route: '/refunds/{id}' }],
    ['the key', { key: '8e03978e-40d5-43e8-bc93-6894a57f9325' }],
    ['the key scope', { keyScope: 'api' }],
    ['F51: a secret', { secret: 'pepper' }],
  ])('%s is part of it', (_name, change) => {
    expect(recordId({ ...PAYMENT, ...change })).not.toBe(recordId(PAYMENT));
  });

  test('F51: under another secret or another tenant no guessed key leads to the record', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (key, one, other) => {
        fc.pre(one !== other);
        expect(recordId({ ...PAYMENT, key, secret: one })).not.toBe(recordId({ ...PAYMENT, key, secret: other }));
        expect(recordId({ ...PAYMENT, key, secret: one })).not.toBe(recordId({ ...PAYMENT, key }));
        const of = (tenant: string) => recordId({ ...PAYMENT, key, tenant: { kind: 'jwt', parts: [tenant] } });
        expect(of(one)).not.toBe(of(other));
      }),
    );
  });

  test('in the scope of the API, method and route are not part of it', () => {
    const scoped: RecordIdInput = { ...PAYMENT, keyScope: 'api' };
    expect(recordId({ ...scoped, method: 'PUT', route: '/refunds' })).toBe(recordId(scoped));
  });

  test('F34: ids of consecutive keys spread evenly (chi-square, 255 degrees of freedom, p = 0.0001)', () => {
    const perByte = 80;
    const ids = Array.from({ length: 256 * perByte }, (_, n) => Buffer.from(recordId({ ...PAYMENT, key: `payment-${n}` }), 'base64url'));
    for (const at of [0, 15, 31]) {
      const counts = new Array<number>(256).fill(0);
      for (const id of ids) counts[id[at]!]!++;
      expect(counts.reduce((sum, count) => sum + (count - perByte) ** 2 / perByte, 0)).toBeLessThan(347.7);
    }
  });
});

describe('the derived key', () => {
  test('is a UUID of version 8', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (key, name) => {
        expect(derivedKey(recordId({ ...PAYMENT, key }), name)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  test('is equal on every attempt and differs by operation and by name', () => {
    fc.assert(
      fc.property(part, part, part, part, (key, otherKey, name, otherName) => {
        const id = recordId({ ...PAYMENT, key });
        const otherId = recordId({ ...PAYMENT, key: otherKey });
        expect(derivedKey(id, name) === derivedKey(otherId, otherName)).toBe(key === otherKey && name === otherName);
      }),
    );
  });

  test('stays what it is between releases, since a provider remembers it', () => {
    expect(derivedKey(recordId(PAYMENT), 'charge')).toBe('0dea3b76-df52-8001-ad7f-f2bf4b4db05d');
  });

  test('shows nothing of the record id', () => {
    const id = recordId(PAYMENT);
    const derived = derivedKey(id, 'charge').replaceAll('-', '');
    expect(Buffer.from(id, 'base64url').toString('hex')).not.toContain(derived.slice(0, 8));
    expect(id).not.toContain(derived.slice(0, 8));
  });
});
