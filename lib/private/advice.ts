import { Duration, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { WireSettings, WireTenant } from '../contract';
import { FunctionHandle } from './function-handle';
import { IdempotencySettings } from '../idempotency-settings';
import { RouteIdentity } from './route-identity';
import { inform, warn } from './warnings';

const LONG_TTL_DAYS = 7;

/** Warns of settings that work and yet are seldom meant. */
export function adviseOnSettings(site: IConstruct, settings: WireSettings): void {
  if (settings.ttlSeconds !== undefined && settings.ttlSeconds > Duration.days(LONG_TTL_DAYS).toSeconds()) {
    warn(site, 'longTtl', `ttl is longer than ${LONG_TTL_DAYS} days: records and the personal data in them are kept as long. `
      + 'Clients retry for minutes, seldom for days; 24 hours is the default.');
  }
  if (sources(settings.tenant).includes('untrustedHeader')) {
    warn(site, 'untrustedTenant', 'tenant comes from a request header, which any client can set to another tenant\'s. '
      + 'Use it only behind a proxy of your own that overwrites the header.');
  }
  if (settings.maxKeyAgeSeconds && (settings.keyTime ?? 'none') === 'none') {
    warn(site, 'maxKeyAgeUnused', 'maxKeyAge has no effect without keyTime, which says how old a key is. Set keyTime, or leave maxKeyAge out.');
  }
  if (settings.fingerprint !== undefined && !settings.includeRequestHash) {
    warn(site, 'fingerprintUnused', 'fingerprint has no effect while includeRequestHash is off. Set includeRequestHash to true.');
  }
}

/** Warns of a key secret whose current version is used: a rotation then changes the ids of live records sandbox by sandbox. */
export function adviseOnKeySecret(site: IConstruct, { keySecret, keySecretVersionId }: IdempotencySettings): void {
  if (keySecret === undefined || keySecretVersionId !== undefined) return;
  warn(site, 'keySecretUnpinned', 'keySecret is used in whatever version is current, so a rotation forgets live records and retries execute again. '
    + 'Give keySecretVersionId, or never rotate the secret in place.');
}

/** Says once per construct that bodies are not compared. */
export function adviseOnRequestHash(site: IConstruct, includeRequestHash: boolean | undefined): void {
  if (includeRequestHash) return;
  inform(site, 'requestHashOff', 'includeRequestHash is off, '
    + 'so a key that comes back with another body gets the first response. Set it to true to answer 422.');
}

/** Warns where authorizer and tenant do not fit together. */
export function adviseOnTenant(site: IConstruct, route: string, tenant: WireTenant | undefined, { authorizer, gives }: RouteIdentity): void {
  if (authorizer !== undefined && tenant === 'none') {
    warn(site, 'tenantIgnored', `route ${route} has an authorizer, but its tenant is none: one caller can replay the responses of another. `
      + 'Leave tenant out, or name its source.');
  }
  const missing = sources(tenant).filter((source) => source !== 'untrustedHeader' && !gives.some((given) => given === source));
  if (missing.length === 0) return;
  if (gives.length === 0) {
    warn(site, 'tenantWithoutAuthorizer', `route ${route} has no authorizer to give the tenant (${missing.join(', ')}): `
      + 'every request with a key is answered 403. Give the route or the API an authorizer.');
    return;
  }
  const usable = gives.map((source) => `TenantSource.${source}(${['jwtClaim', 'lambdaContext'].includes(source) ? 'name' : ''})`);
  warn(site, 'tenantNotGiven', `route ${route}: tenant is ${missing.join(' and ')}, which its authorizer (${authorizer ?? 'an API key alone'}) cannot give: `
    + `every request with a key is answered 403. Use ${usable.join(', ')} or TenantSource.auto(), or give the route another authorizer.`);
}

/** How long a gateway waits for a function, and what it answers then. */
export interface Gateway {
  readonly timeout: Duration;
  readonly status: number;
}

/** Warns where the gateway gives up before the function does. */
export function adviseOnTimeout(site: IConstruct, route: string, fn: FunctionHandle, { timeout, status }: Gateway): void {
  const longest = fn.timeoutSeconds;
  if (longest === undefined || timeout.isUnresolved() || longest <= timeout.toSeconds({ integral: false })) return;
  const runs = fn.relayTo === undefined
    ? `${fn.construct.node.path} may run for ${longest} seconds`
    : `${fn.relayTo.handler.node.path} may run for ${fn.relayTo.timeoutSeconds} seconds, and its relay for ${longest}`;
  warn(site, 'functionOutlivesGateway', `route ${route}: ${runs}, but the gateway answers `
    + `${status} after ${timeout.toSeconds({ integral: false })} while the work goes on. Retries get 409, then the response. Shorten the function's timeout.`);
}

/** Warns of a wait for another execution that the gateway does not sit through. */
export function adviseOnWait(site: IConstruct, route: string, { onConflict, waitSeconds }: WireSettings, { timeout, status }: Gateway): void {
  if (onConflict !== 'wait' || waitSeconds === undefined || Token.isUnresolved(waitSeconds) || timeout.isUnresolved()) return;
  const limit = timeout.toSeconds({ integral: false });
  if (waitSeconds < limit) return;
  warn(site, 'waitOutlivesGateway', `route ${route}: onConflict waits for ${waitSeconds} seconds, but the gateway answers ${status} after ${limit}: `
    + `a retry that waits is billed and never gets its answer. Wait for less than ${limit} seconds.`);
}

function sources(tenant: WireTenant | undefined): string[] {
  if (typeof tenant !== 'object') return [];
  return tenant.source === 'all' ? tenant.of.flatMap(sources) : [tenant.source];
}
