import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { hmac, hmacHex, hmacKey, sha256, sha256Hex } from '../../../runtime/aws/digest';

const data = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }));

test('SHA-256 in one shot is what a stream of it makes', () => {
  fc.assert(fc.property(data, (of) => {
    const expected = createHash('sha256').update(of).digest();
    expect(sha256(of).equals(expected)).toBe(true);
    expect(sha256Hex(of)).toBe(expected.toString('hex'));
  }));
});

test('the HMAC of padded blocks is the HMAC, for keys shorter and longer than a block', () => {
  fc.assert(fc.property(data, data, (secret, message) => {
    const expected = createHmac('sha256', secret).update(message).digest();
    expect(hmac(hmacKey(secret), message).equals(expected)).toBe(true);
    expect(hmacHex(hmacKey(secret), message)).toBe(expected.toString('hex'));
  }), { examples: [['k'.repeat(64), 'm'], ['k'.repeat(65), 'm'], ['', '']] });
});
