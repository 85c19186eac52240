import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { ResponseSealed } from '../errors';
import { FORMAT_VERSION } from '../protocol/record';
import type { TenantIdentity } from '../request/record-id';
import { encodeTuple } from '../request/tuple';

/** What is sealed by itself: the body may lie beside the record. */
export type SealedPart = 'headers' | 'body';

/** Seals what is recorded of one operation, and opens it again. */
export interface Seal {
  /** @param about what stands beside it in the clear, and is part of what is sealed */
  seal(part: SealedPart, about: string, bytes: Uint8Array): Uint8Array;
  /** @throws ResponseSealed where it was sealed for somebody else, or has been changed */
  open(part: SealedPart, about: string, sealed: Uint8Array): Uint8Array;
}

export interface SealFor {
  /** The client's key: the one thing that is nowhere on record. */
  readonly key: string;
  readonly tenant: TenantIdentity;
  /** The secret that keys the record's id. */
  readonly secret: string;
  readonly id: string;
}

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Bytes that a part is longer for being sealed. */
export const SEAL_LENGTH = NONCE_LENGTH + TAG_LENGTH;

/**
 * AES-256-GCM under HKDF-SHA-256 of the client's key and its tenant, salted with
 * the key secret: `nonce ‖ ciphertext ‖ tag`, a random nonce for each part. Bound
 * to the record's id and format version, so that nothing can be moved from one
 * record to another.
 */
export function sealFor({ key, tenant, secret, id }: SealFor): Seal {
  let derived: Buffer | undefined;
  // The label keeps the key apart from the record's id, which is an HMAC under the same secret.
  const cipherKey = (): Buffer => derived ??= Buffer.from(hkdfSync(
    'sha256', encodeTuple(['response-encryption', key, tenant.kind, String(tenant.parts.length), ...tenant.parts]), secret, 'cdk-idempotent-api', 32,
  ));
  const boundTo = (part: SealedPart, about: string): Buffer => encodeTuple([id, String(FORMAT_VERSION), part, about]);
  return {
    seal(part, about, bytes) {
      const nonce = randomBytes(NONCE_LENGTH);
      const cipher = createCipheriv(CIPHER, cipherKey(), nonce).setAAD(boundTo(part, about));
      return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    },
    open(part, about, sealed) {
      try {
        const decipher = createDecipheriv(CIPHER, cipherKey(), sealed.subarray(0, NONCE_LENGTH), { authTagLength: TAG_LENGTH })
          .setAAD(boundTo(part, about))
          .setAuthTag(sealed.subarray(-TAG_LENGTH));
        return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
      } catch (cause) {
        throw new ResponseSealed('The recorded response does not open with this key, tenant and secret', { cause });
      }
    },
  };
}
