import { remainingTime, type Call } from '../execution/call';
import type { HttpRequest } from './fronts/front';
import { recordId, type TenantIdentity } from './record-id';
import { isTenantMissing, tenantOf } from './tenant';
import type { ResolvedSettings } from '../configuration/settings';
import { ask } from '../protocol/store-call';
import type { Problem } from '../response/answer';
import type { Millis } from '../time';

/** Where the record of a call lies. */
export interface RecordIds {
  readonly kind: 'ids';
  readonly tenant: TenantIdentity;
  readonly id: string;
  /** What `id` is keyed with. */
  readonly secret?: string;
  /** Where it would lie under the secret before the rotation. */
  readonly previousId?: string;
  readonly previousSecret?: string;
}

export type RecordIdsOrNone =
  | RecordIds
  | { readonly kind: 'tenant-missing'; readonly missing: string }
  /** The user's own tenant function did. */
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'unavailable'; readonly problem: Problem };

/** Longest wait for the key secrets, in milliseconds. */
const SECRETS_LIMIT = 3_000;

/** Tenant and secrets, put together into ids. */
export async function recordIds({ event, context, request, settings, key, host }: Call): Promise<RecordIdsOrNone> {
  const tenant = await identify(event, context, request, settings);
  if ('error' in tenant) return { kind: 'threw', error: tenant.error };
  if ('missing' in tenant) return { kind: 'tenant-missing', missing: tenant.missing };
  const { namespace, keyScope } = settings;
  const { method, route } = request;
  const idUnder = (secret?: string): string => recordId({ namespace, tenant, method, route, key, keyScope, secret });
  const limit = Math.min(SECRETS_LIMIT, remainingTime(context) / 2) as Millis;
  const secrets = await ask(() => Promise.all([reveal(settings.keySecret), reveal(settings.previousKeySecret)]), limit, host.clock);
  if (!secrets.known) return { kind: 'unavailable', problem: { reason: 'the key secret is out of reach', cause: secrets.cause } };
  const [secret, previousSecret] = secrets.value;
  return { kind: 'ids', tenant, id: idUnder(secret), secret, ...(previousSecret === undefined ? {} : { previousId: idUnder(previousSecret), previousSecret }) };
}

type Secret = string | (() => string | Promise<string>) | undefined;

/** A secret that is not there must not become an id without one. */
async function reveal(secret: Secret): Promise<string | undefined> {
  if (typeof secret !== 'function') return secret;
  const revealed: unknown = await secret();
  if (typeof revealed !== 'string' || revealed === '') throw new TypeError('The function of a key secret returned none.');
  return revealed;
}

async function identify(
  event: unknown,
  context: object,
  request: HttpRequest,
  { tenant }: ResolvedSettings,
): Promise<TenantIdentity | { readonly missing: string } | { readonly error: unknown }> {
  if (typeof tenant !== 'function') {
    const found = tenantOf(request, tenant);
    return isTenantMissing(found) ? { missing: found.missing } : found;
  }
  try {
    const named: unknown = await tenant(event, context);
    return typeof named === 'string' && named.trim() !== ''
      ? { kind: 'custom', parts: [named] }
      : { missing: 'what the tenant function returns' };
  } catch (error) {
    return { error };
  }
}
