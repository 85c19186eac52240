/**
 * The tenant of a request: whose keys they are. It enters the id of the record,
 * so that nobody meets another tenant's record, and it fails closed: somebody
 * authenticated whose tenant cannot be told is refused, never put among
 * `public`, which is only for events that no authorizer has seen.
 */

import type { HttpRequest, Identity } from './fronts/front';
import { field, filled } from './fronts/parts';
import type { WireTenant } from '../../lib/contract';

export interface KnownTenant {
  /** Where it comes from; two kinds never name the same tenant. */
  readonly kind: string;
  /** For hooks. The parts as JSON where there is not exactly one; not for use in an id. */
  readonly value: string;
  /** What the id of the record is made of, each part with its length. */
  readonly parts: readonly string[];
}

export interface TenantMissing {
  /** What was looked for, without any value. */
  readonly missing: string;
}

export type Tenant = KnownTenant | TenantMissing;

export const isTenantMissing = (tenant: Tenant): tenant is TenantMissing => 'missing' in tenant;

const known = (kind: string, ...parts: readonly string[]): KnownTenant => ({
  kind,
  parts,
  value: parts.length === 1 ? parts[0] : JSON.stringify(parts),
});

const missing = (what: string): TenantMissing => ({ missing: what });

/** An empty claim is as good as none, and an object or a list is nobody's identity. */
const claimText = (value: unknown): string | undefined =>
  filled(typeof value === 'number' || typeof value === 'boolean' ? String(value) : value);

const claimed = (kind: string, value: unknown, what: string): Tenant => {
  const text = claimText(value);
  return text === undefined ? missing(what) : known(kind, text);
};

/**
 * Account and role of an assumed role, without the session's name: another
 * task of the same service retries under another session. Otherwise account and
 * user id. Users of a Cognito identity pool share one role, so that their
 * identity id is a part as well.
 */
const iamPrincipal = (iam: Identity['iam']): Tenant => {
  const role = /^arn:[^:]*:sts::(\d+):(assumed-role\/[^/]+)\//.exec(iam?.userArn ?? '');
  const account = role?.[1] ?? filled(iam?.accountId);
  const principal = role?.[2] ?? filled(iam?.userId);
  if (account === undefined || principal === undefined) return missing('an IAM principal');
  const pooled = filled(iam?.cognitoIdentityId);
  return known('iam', account, principal, ...(pooled === undefined ? [] : [pooled]));
};

const jwtPrincipal = (claims: Readonly<Record<string, unknown>>): Tenant => {
  const issuer = claimText(field(claims, 'iss'));
  const subject = claimText(field(claims, 'sub'));
  return issuer === undefined || subject === undefined ? missing('the JWT claims "iss" and "sub"') : known('jwt', issuer, subject);
};

const apiKey = (identity: Identity): Tenant => claimed('apiKey', identity.apiKeyId, 'an API key');

/** The principal of whatever authorizer ran. An API key, which many may share, stands in for none. */
const principalOf = (identity: Identity): Tenant => {
  if (identity.jwt !== undefined) return jwtPrincipal(identity.jwt.claims);
  if (identity.iam !== undefined) return iamPrincipal(identity.iam);
  if (identity.lambda !== undefined) return claimed('lambda', identity.lambda.principalId, 'the authorizer\'s "principalId"');
  if (identity.authenticated) return missing('an identity from the authorizer');
  return identity.apiKeyId === undefined ? known('public') : apiKey(identity);
};

const ACCOUNT = 'account_id';

/** `account_id`, of a JWT or of a Lambda authorizer. */
export const accountOf = (identity: Identity): string | undefined =>
  claimText(field(identity.jwt?.claims, ACCOUNT)) ?? claimText(field(identity.lambda?.context, ACCOUNT));

const automatic = (identity: Identity): Tenant => {
  const account = accountOf(identity);
  return account === undefined ? principalOf(identity) : known(ACCOUNT, account);
};

/** Exactly one value. A comma is what gateways join two with. */
const untrustedHeader = (request: HttpRequest, name: string): Tenant => {
  const values = request.headers.get(name.toLowerCase()) ?? [];
  const value = values.length === 1 && !values[0].includes(',') ? values[0].trim() : undefined;
  return claimed(`header:${name.toLowerCase()}`, value, `one value in the header "${name}"`);
};

/** Every part is demanded. Kind and number of parts stand before the parts of each, so that no value can pose as two. */
const combined = (request: HttpRequest, sources: readonly WireTenant[]): Tenant => {
  if (sources.length === 0) return missing('any tenant source');
  const parts: string[] = [];
  for (const source of sources) {
    const tenant = tenantOf(request, source);
    if (isTenantMissing(tenant)) return tenant;
    parts.push(tenant.kind, String(tenant.parts.length), ...tenant.parts);
  }
  return known('all', ...parts);
};

/** The tenant of `request` by `source`, or what was missing: then the request is refused with 403. */
export function tenantOf(request: HttpRequest, source: WireTenant): Tenant {
  const { identity } = request;
  if (source === 'auto') return automatic(identity);
  if (source === 'none') return known('none');
  switch (source.source) {
    case 'jwtClaim':
      return claimed(`jwtClaim:${source.name}`, field(identity.jwt?.claims, source.name), `the JWT claim "${source.name}"`);
    case 'lambdaContext':
      return claimed(
        `lambdaContext:${source.name}`, field(identity.lambda?.context, source.name), `the authorizer's field "${source.name}"`,
      );
    case 'untrustedHeader':
      return untrustedHeader(request, source.name);
    case 'iamPrincipal':
      return iamPrincipal(identity.iam);
    case 'apiKeyId':
      return apiKey(identity);
    case 'all':
      return combined(request, source.of);
  }
}
