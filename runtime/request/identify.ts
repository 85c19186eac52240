import { recordId, type TenantIdentity } from './record-id';
import { tenantOf, type TenantMissing } from './tenant';
import type { IdempotencyOptions, SecretSource } from '../configuration/options';
import type { ResolvedSettings } from '../configuration/settings';
import { remainingTime, type Call } from '../execution/call';
import { ask, type Answer } from '../protocol/store-call';
import type { Problem } from '../response/answer';
import type { Clock, Millis } from '../time';

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
  const tenant = typeof settings.tenant === 'function' ? await named(settings.tenant, event, context) : tenantOf(request, settings.tenant);
  if ('error' in tenant) return { kind: 'threw', error: tenant.error };
  if ('missing' in tenant) return { kind: 'tenant-missing', missing: tenant.missing };
  const { namespace, keyScope } = settings;
  const { method, route } = request;
  const idUnder = (secret?: string): string => recordId({ namespace, tenant, method, route, key, keyScope, secret });
  const secrets = await secretsOf(settings, context, host.clock);
  if (!secrets.known) return { kind: 'unavailable', problem: { reason: 'the key secret is out of reach', cause: secrets.cause } };
  const [secret, previousSecret] = secrets.value;
  return { kind: 'ids', tenant, id: idUnder(secret), secret, ...(previousSecret === undefined ? {} : { previousId: idUnder(previousSecret), previousSecret }) };
}

/** Nearly always there is nothing to wait for. */
function secretsOf({ keySecret, previousKeySecret }: ResolvedSettings, context: object, clock: Clock): Answer<Secrets> | Promise<Answer<Secrets>> {
  if (typeof keySecret !== 'function' && typeof previousKeySecret !== 'function') return { known: true, value: [keySecret, previousKeySecret] };
  const limit = Math.min(SECRETS_LIMIT, remainingTime(context) / 2) as Millis;
  return ask(() => Promise.all([reveal(keySecret), reveal(previousKeySecret)]), limit, clock);
}

type Secrets = readonly [secret: string | undefined, previous: string | undefined];

/** A secret that is not there must not become an id without one. */
async function reveal(secret: SecretSource | undefined): Promise<string | undefined> {
  if (typeof secret !== 'function') return secret;
  const revealed: unknown = await secret();
  if (typeof revealed !== 'string' || revealed === '') throw new TypeError('The function of a key secret returned none.');
  return revealed;
}

type TenantFunction = Extract<IdempotencyOptions['tenant'], (...given: never[]) => unknown>;

async function named(tenant: TenantFunction, event: unknown, context: object): Promise<TenantIdentity | TenantMissing | { readonly error: unknown }> {
  try {
    const name: unknown = await tenant(event, context);
    return typeof name === 'string' && name.trim() !== '' ? { kind: 'custom', parts: [name] } : { missing: 'what the tenant function returns' };
  } catch (error) {
    return { error };
  }
}
