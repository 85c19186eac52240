import { isReadable, type StoredRecord } from '../../../runtime/protocol/record';
import { isKeyed } from '../../../runtime/request/fingerprint';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import type { IdempotencyStore } from '../../../runtime/stores/store';
import { faultyStore } from '../../../runtime/testing/faulty-store';
import { MARKER, Shop } from '../../support/shop';

/** A store that keeps the fingerprints it is given, and shows another one where it is told to. */
function observed(memory = new MemoryStore()) {
  const fingerprints: Uint8Array[] = [];
  let shown: Uint8Array | undefined;
  const show = (record: StoredRecord | undefined): StoredRecord | undefined =>
    record !== undefined && isReadable(record) && shown !== undefined ? { ...record, fingerprint: shown } : record;
  const store: IdempotencyStore = {
    ...faultyStore(memory, () => 'pass'),
    async claim(claim) {
      fingerprints.push(claim.fingerprint);
      const reply = await memory.claim(claim);
      return reply.applied ? reply : { applied: false, current: show(reply.current) };
    },
  };
  return { store, fingerprints, show: (fingerprint: Uint8Array) => void (shown = fingerprint) };
}

describe('F112: with a key secret the fingerprint is keyed with it, as the record’s id is', () => {
  test('F112: another body is a mismatch, the same one a replay', async () => {
    const shop = new Shop({ options: { keySecret: 'pepper', includeRequestHash: true } });
    await shop.pay('payment-1');
    expect((await shop.pay('payment-1')).headers[MARKER]).toBe('true');
    expect((await shop.pay('payment-1', { body: 'amount=2' })).statusCode).toBe(422);
  });

  test('F112: two secrets, two fingerprints, and neither is the one without', async () => {
    const { store, fingerprints } = observed();
    for (const keySecret of [undefined, 'pepper', 'salt']) await new Shop({ options: { store, keySecret, includeRequestHash: true } }).pay('payment-1');
    expect(fingerprints.map(isKeyed)).toEqual([false, true, true]);
    expect(new Set(fingerprints.map((one) => Buffer.from(one.subarray(1)).toString('hex'))).size).toBe(3);
  });

  test('F79, F112: a record of a version that did not key its fingerprints is compared by that one', async () => {
    const { store, fingerprints, show } = observed();
    await new Shop({ options: { store, includeRequestHash: true } }).pay('payment-1');
    const keyed = new Shop({ options: { store, keySecret: 'pepper', includeRequestHash: true } });
    await keyed.pay('payment-1');
    show(fingerprints[0]!);
    expect((await keyed.pay('payment-1')).headers[MARKER]).toBe('true');
    expect((await keyed.pay('payment-1', { body: 'amount=2' })).statusCode).toBe(422);
  });

  test('F78, F112: after a rotation a record under the former secret is compared under that one', async () => {
    const store = new MemoryStore();
    await new Shop({ options: { store, keySecret: 'old pepper', includeRequestHash: true } }).pay('payment-1');
    const rotated = new Shop({ options: { store, keySecret: 'new pepper', previousKeySecret: 'old pepper', includeRequestHash: true } });
    expect((await rotated.pay('payment-1')).headers[MARKER]).toBe('true');
    expect((await rotated.pay('payment-1', { body: 'amount=2' })).statusCode).toBe(422);
  });
});
