import { longName } from '../construct-id';
import type { DeployedResource } from '../deployment';
import { forbidden, identityValue, unauthorized, type Authorizer } from './authorizer';
import type { FrontContext } from './front';
import { isRecord } from './http-response';

/**
 * A JWT authorizer whose tokens are read and not verified: neither signature
 * nor issuer, audience or times. A request without a readable token is still a
 * 401, and one without any of the route's scopes a 403, as on AWS.
 */
export function planJwtAuthorizer(authorizer: DeployedResource, route: DeployedResource, { notices }: FrontContext): Authorizer {
  notices.warn(
    `JWT authorizer ${longName(authorizer)}: tokens are NOT VERIFIED here; whatever claims a bearer token holds are believed`,
  );
  const [source = '$request.header.Authorization'] = (authorizer.property('IdentitySource') ?? []) as readonly string[];
  const scopes = (route.property('AuthorizationScopes') ?? []) as readonly string[];
  return {
    authorize: async (event) => {
      const claims = readClaims(identityValue(source, event));
      if (!claims) return unauthorized();
      const held = scopesOf(claims);
      if (scopes.length > 0 && !scopes.some((scope) => held.includes(scope))) return forbidden();
      const texts = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, asText(value)]));
      return { authorizer: { jwt: { claims: texts, scopes: scopes.length > 0 ? held.filter((scope) => scopes.includes(scope)) : null } } };
    },
  };
}

function readClaims(header: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature] = header?.replace(/^Bearer\s+/i, '').trim().split('.') ?? [];
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** `scope` is a list with spaces, `scp` either that or an array. */
function scopesOf({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] {
  const held = scope ?? scp ?? [];
  return Array.isArray(held) ? held.map(String) : String(held).split(' ');
}

/** API Gateway hands every claim on as a string; a list reads `[a b]`. */
const asText = (claim: unknown): string => {
  if (Array.isArray(claim)) return `[${claim.map(asText).join(' ')}]`;
  return typeof claim === 'object' && claim !== null ? JSON.stringify(claim) : String(claim);
};
