import { createHmac, hash } from 'node:crypto';
import { encodeTuple } from './tuple';

/** Changes with what enters the id: records under the old ids are then forgotten. */
const ID_VERSION = '1';

const DERIVED_KEY_DOMAIN = 'derived-key';

/** Whose key it is: the source that named the tenant, and what it said. */
export interface TenantIdentity {
  /** `public`, `jwt`, `iam` ...: two sources that say the same are two tenants. */
  readonly kind: string;
  readonly parts: readonly string[];
}

export interface RecordIdInput {
  /** Keeps the APIs and stages that share a table apart. */
  readonly namespace: string;
  readonly tenant: TenantIdentity;
  readonly method: string;
  /** The route template, not the path. */
  readonly route: string;
  readonly key: string;
  /** `route`: method and route are part of the id. `api`: they are not, so the key on another route is a mismatch. */
  readonly keyScope: 'route' | 'api';
  /** Makes the id an HMAC: who reads the table cannot try keys against it. */
  readonly secret?: string;
}

/**
 * The id of the record that belongs to a key: base64url SHA-256, or HMAC-SHA-256
 * with a secret, so that the raw key is never stored and ids spread evenly over
 * the table's partitions. Always 43 characters.
 */
export function recordId(input: RecordIdInput): string {
  const { namespace, tenant, method, route, key, keyScope, secret } = input;
  const tuple = encodeTuple([
    ID_VERSION,
    keyScope,
    namespace,
    tenant.kind,
    String(tenant.parts.length),
    ...tenant.parts,
    ...(keyScope === 'route' ? [method, route] : []),
    key,
  ]);
  return secret === undefined ? hash('sha256', tuple, 'base64url') : createHmac('sha256', secret).update(tuple).digest('base64url');
}

/**
 * A key to hand downstream, to a payment provider say: equal on every attempt
 * of one operation, another one for each `name`. It tells nothing of the record
 * id. A UUID (RFC 9562 version 8, 36 characters), because some providers take
 * no other shape and many take no more than 40 characters.
 */
export function derivedKey(id: string, name: string): string {
  const digest = createHmac('sha256', id).update(encodeTuple([DERIVED_KEY_DOMAIN, name])).digest();
  digest[6] = 0x80 + (digest[6]! % 0x10);
  digest[8] = 0x80 + (digest[8]! % 0x40);
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
