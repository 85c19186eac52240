import { longName } from '../construct-id';
import type { DeployedResource } from '../deployment';
import { forbidden, identityValue, unauthorized, type Authorizer } from './authorizer';
import type { FrontContext } from './front';
import { claimsAsText, readClaims, scopesOf } from './jwt-claims';

/**
 * A JWT authorizer whose tokens are read and not verified: neither signature
 * nor issuer, audience or times. A request without a readable token is still a
 * 401, and one without any of the route's scopes a 403, as on AWS.
 */
export function planJwtAuthorizer(authorizer: DeployedResource, route: DeployedResource, { notices }: FrontContext): Authorizer {
  notices.warn(`JWT authorizer ${longName(authorizer)}: tokens are NOT VERIFIED here; whatever claims a bearer token holds are believed`);
  const [source = '$request.header.Authorization'] = (authorizer.property('IdentitySource') ?? []) as readonly string[];
  const wanted = (route.property('AuthorizationScopes') ?? []) as readonly string[];
  return {
    authorize: async ({ event }) => {
      const claims = readClaims(identityValue(source, event));
      if (!claims) return unauthorized();
      const scopes = scopesOf(claims).filter((scope) => wanted.includes(scope));
      if (wanted.length > 0 && scopes.length === 0) return forbidden();
      return { allowed: { jwt: { claims: claimsAsText(claims), scopes: wanted.length > 0 ? scopes : null } } };
    },
  };
}
